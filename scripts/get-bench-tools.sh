#!/usr/bin/env bash
# Makes .deps/bench-venv: ONNX Runtime and PyTorch, which the benchmark of model families compares with.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

list="$requirements/bench.txt"
venv="$deps/bench-venv"
mark="$venv/requirements.sha256"
wanted="$(sha256sum -- "$list" | cut -d' ' -f1)"

if [ -f "$mark" ] && [ "$(cat "$mark")" = "$wanted" ]; then exit 0; fi
note "installing ONNX Runtime and PyTorch into .deps/bench-venv (about 1 GB)"
rm -rf -- "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: --requirement "$list" ||
    fail "pip could not install what $(basename "$list") lists. Check the network, then run make again."
printf '%s\n' "$wanted" >"$mark"
