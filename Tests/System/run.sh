#!/usr/bin/env bash
# Tests of the finished program from the outside: its commands, its server, and what happens when things go wrong.
#
# SEMBLANCE_BINARY: the program; default: this project's release build.
# SEMBLANCE_PYTHON (or PYTHON): a Python with what scripts/requirements/test.txt lists.
# SEMBLANCE_CACHE: a cache that holds the default model's weights.
# Arguments go to pytest, such as: -k kill
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export SEMBLANCE_BINARY="${SEMBLANCE_BINARY:-$(cd ../.. && pwd)/.build/release/semblance}"
python="${SEMBLANCE_PYTHON:-${PYTHON:-../../.deps/venv/bin/python}}"
if [ ! -x "$SEMBLANCE_BINARY" ]; then
    echo "error: there is no program at $SEMBLANCE_BINARY; run make build, or set SEMBLANCE_BINARY" >&2
    exit 1
fi
exec "$python" -m pytest -p no:cacheprovider -p no:schemathesis -q --durations=10 "$@"
