#!/usr/bin/env bash
# Makes .deps/venv, the private Python environment of the tests, with pinned and hashed packages.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

list="$requirements/test.txt"
venv="$deps/venv"
mark="$venv/requirements.sha256"
wanted="$(sha256sum -- "$list" | cut -d' ' -f1) $("$python" -c 'import sys; print(sys.version.split()[0])')"

if [ -f "$mark" ] && [ "$(cat "$mark")" = "$wanted" ] && "$venv/bin/python" -c 'import selenium' 2>/dev/null; then
    note "the test tools are there already"
    exit 0
fi
note "installing Python packages into .deps/venv (90 MB)"
rm -rf -- "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
    --cache-dir "$downloads/pip" --requirement "$list" ||
    fail "pip could not install the test tools. Check the network (and PIP_INDEX_URL, if set), then run make again."
printf '%s\n' "$wanted" >"$mark"
