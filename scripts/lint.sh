#!/usr/bin/env bash
# Checks the format of the Swift sources (`make format` mends most of it) and the syntax of the scripts.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$root"
code=0
mapfile -t sources < <(git ls-files --cached --others --exclude-standard -- '*.swift' | grep -v '\.pb\.swift$')
if [ "${1:-}" = --format ]; then
    swift format format --in-place --parallel "${sources[@]}"
    exit 0
fi
swift format lint --strict --parallel "${sources[@]}" || code=1
while read -r script; do
    bash -n "$script" || code=1
done < <(git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run)
exit $code
