#!/usr/bin/env bash
# Builds and runs the benchmarks. Arguments go to semblance-bench.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$root"
load_environment_file
SEMBLANCE_CACHE="$(cache_folder)"
export SEMBLANCE_CACHE
export SEMBLANCE_PYTHON="$deps/venv/bin/python"
export SEMBLANCE_BINARY="$root/.build/release/semblance"
step "Building the benchmarks" swift build -c release
exec swift run -c release --skip-build semblance-bench "$@"
