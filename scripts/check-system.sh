#!/usr/bin/env bash
# Checks that this machine has what Semblance needs; as root, installs what Debian packages provide.
# Usage: check-system.sh [test|server]     `test` and `server` ask for what the tests and make run-server need, too.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

group="${1:-build}"
minimum_swift="6.2"

# package, how to see that it is there (by use rather than by name), what for.
needs() {
    cat <<'END'
make             command make
git              command git
unzip            command unzip
pkg-config       command pkg-config
g++              command g++
ca-certificates  file /etc/ssl/certs/ca-certificates.crt
python3          command python3
python3-pip      module pip
zlib1g-dev       library zlib
libssl-dev       library libcrypto
libsqlite3-dev   library sqlite3
libturbojpeg0-dev library libturbojpeg
libvips-dev      library vips
libpq-dev        library libpq
libhiredis-dev   library hiredis
END
    # From libheif 1.16 on, Debian ships the decoders that libvips needs for HEIC and AVIF as plugins;
    # before (Debian 12) they are in the library, which libvips depends on.
    if has_heif_plugins; then
        echo "libheif-plugin-libde265 package libheif-plugin-libde265"
        echo "libheif-plugin-dav1d    package libheif-plugin-dav1d"
    fi
    if [ "$group" != build ]; then echo "redis-server     command redis-server"; fi
    if [ "$group" = test ]; then
        echo "python3-venv     module ensurepip"
        echo "chromium         command chromium"
        echo "chromium-driver  command chromedriver"
        echo "fonts-dejavu-core file /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    fi
}

has_heif_plugins() {
    local version
    command -v dpkg-query >/dev/null || return 1
    version="$(dpkg-query -W -f '${Version}' libheif1 2>/dev/null)" || return 1
    [ -n "$version" ] && dpkg --compare-versions "$version" ge 1.16
}

is_there() {
    case "$1" in
    command) command -v "$2" >/dev/null ;;
    file) [ -e "$2" ] ;;
    module) "$python" -c "import $2" >/dev/null 2>&1 ;;
    library) pkg-config --exists "$2" >/dev/null 2>&1 ;;
    package) [ "$(dpkg-query -W -f '${db:Status-Status}' "$2" 2>/dev/null)" = installed ] ;;
    esac
}

missing_packages() {
    local package kind name
    needs | while read -r package kind name; do
        is_there "$kind" "$name" || printf '%s ' "$package"
    done
}

install_packages() {
    note "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o Acquire::Retries=3 -qq update
    apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -qq install --yes --no-install-recommends "$@" \
        </dev/null >"$deps/apt-install.log" 2>&1 || {
        tail -n 20 "$deps/apt-install.log" >&2
        fail "apt-get could not install: $*. The whole log is in .deps/apt-install.log."
    }
}

check_packages() {
    local missing
    missing="$(missing_packages)"
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        say "Semblance needs Debian packages that are missing here. As root, run this line, then make again:"
        say ""
        say "    apt-get update && apt-get install --yes --no-install-recommends ${missing% }"
        say ""
        exit 1
    fi
    mkdir -p "$deps"
    # Twice: what one package brings (libheif) may tell that another is needed (its plugins).
    # shellcheck disable=SC2086
    install_packages $missing
    missing="$(missing_packages)"
    # shellcheck disable=SC2086
    if [ -n "$missing" ]; then install_packages $missing; fi
    missing="$(missing_packages)"
    [ -z "$missing" ] || fail "These are still missing after installing them: ${missing% }. If $python is not Debian's Python, set PYTHON=/usr/bin/python3."
}

check_swift() {
    local found
    command -v swift >/dev/null ||
        fail "Swift $minimum_swift or later is needed and there is no swift on the PATH. See https://www.swift.org/install/linux/."
    found="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)"
    [ -n "$found" ] || fail "swift --version says nothing that can be understood; check the installation of Swift."
    if [ "$(printf '%s\n' "$minimum_swift" "$found" | sort -V | head -n 1)" != "$minimum_swift" ]; then
        fail "Swift $minimum_swift or later is needed, not $found. See https://www.swift.org/install/linux/."
    fi
    note "Swift $found"
}

case "$(uname -sm)" in
"Linux x86_64" | "Linux aarch64") ;;
*) fail "Semblance builds on Linux on x86_64 or aarch64, not on $(uname -sm): there is no OpenVINO wheel that was tried for it." ;;
esac
check_packages
check_swift
