#!/usr/bin/env bash
# Tests the web page in a real Chromium against a real server. Prints pytest's closing line.
#
#   SEMBLANCE_BINARY   the program to test; by default the release build
#   PYTHON             an interpreter with pytest, selenium and pillow; by default `make setup`'s
#
# Arguments go to pytest: Tests/Browser/run.sh -k region
set -euo pipefail

folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$folder/../.." && pwd)"
export SEMBLANCE_BINARY="${SEMBLANCE_BINARY:-$root/.build/release/semblance}"
python="${PYTHON:-${SEMBLANCE_PYTHON:-$root/.deps/venv/bin/python}}"

for program in chromium chromedriver; do
    if ! command -v "$program" >/dev/null; then
        echo "error: expected $program on the PATH; Debian's packages are chromium and chromium-driver" >&2
        exit 1
    fi
done
if [ ! -x "$SEMBLANCE_BINARY" ]; then
    echo "error: expected a program at $SEMBLANCE_BINARY; run make build first" >&2
    exit 1
fi
exec "$python" -m pytest "$folder" -p no:cacheprovider "$@"
