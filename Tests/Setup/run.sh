#!/usr/bin/env bash
# Tests of the set-up scripts. They change nothing outside temporary folders.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
exec "${SEMBLANCE_PYTHON:-../../.deps/venv/bin/python}" -m pytest -p no:cacheprovider .
