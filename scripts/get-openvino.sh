#!/usr/bin/env bash
# Unpacks OpenVINO's C headers and shared libraries into .deps/openvino, and writes its pkg-config file.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

list="$requirements/openvino.txt"
target="$deps/openvino"
mark="$target/wheel.sha256"

# The wheel is tagged for Python 3.11; its C libraries do not care which Python downloads it.
case "$(uname -m)" in
x86_64) platform=manylinux_2_28_x86_64 ;;
aarch64) platform=manylinux_2_35_aarch64 ;;
*) fail "There is no OpenVINO wheel for $(uname -m)." ;;
esac

is_unpacked() {
    [ -f "$mark" ] && grep -q "sha256:$(cat "$mark")" "$list" && [ -e "$target/libs/libopenvino_c.so" ]
}

unpack() {
    local wheel="$1" stage="$deps/openvino.new" library
    rm -rf -- "$stage"
    mkdir -p "$stage"
    unzip -q "$wheel" 'openvino/include/openvino/c/*' 'openvino/libs/*' 'openvino-*.dist-info/licenses/*' -d "$stage"
    mv "$stage"/openvino/include "$stage"/openvino/libs "$stage"/openvino-*.dist-info/licenses "$stage"
    rm -rf -- "$stage"/openvino "$stage"/openvino-*.dist-info
    # The wheel holds only versioned names; the linker looks for these.
    for library in libopenvino libopenvino_c; do
        (cd "$stage/libs" && ln -s "$library".so.* "$library.so")
    done
    sha256sum -- "$wheel" | cut -d' ' -f1 >"$stage/wheel.sha256"
    rm -rf -- "$target"
    mv "$stage" "$target"
}

write_pkg_config() {
    mkdir -p "$deps/pkgconfig"
    cat >"$deps/pkgconfig/openvino-c.pc" <<'END'
prefix=${pcfiledir}/../openvino
libdir=${prefix}/libs
includedir=${prefix}/include

Name: OpenVINO C
Description: C API of the OpenVINO runtime, unpacked by make setup
Version: 2026.4.1
Cflags: -I${includedir}
Libs: -L${libdir} -lopenvino_c
END
}

if is_unpacked; then
    note "OpenVINO is there already"
else
    if ! wheel="$(find_wheel "$list" "openvino-*$platform.whl")"; then
        note "downloading OpenVINO (60 MB)"
        download_wheel "$list" --python-version 3.11 --platform "$platform"
        wheel="$(find_wheel "$list" "openvino-*$platform.whl")" || fail "pip downloaded no OpenVINO wheel for $platform."
    fi
    unpack "$wheel"
    note "OpenVINO unpacked into .deps/openvino"
fi
write_pkg_config
