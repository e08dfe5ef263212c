#!/usr/bin/env bash
# Builds and runs the benchmarks. Arguments go to Benchmarks/bench.py; --help lists them.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$root"
load_environment_file
SEMBLANCE_CACHE="$(cache_folder)"
export SEMBLANCE_CACHE
export SEMBLANCE_BINARY="$root/.build/release/semblance"
export SEMBLANCE_BENCH="$root/.build/release/semblance-bench"
step "Building the program and the benchmarks" swift_build --build-tests -c release
exec "$deps/venv/bin/python" Benchmarks/bench.py "$@"
