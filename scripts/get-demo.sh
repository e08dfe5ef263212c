#!/usr/bin/env bash
# Makes the demo catalogue's pictures and metadata in .deps/demo out of two Debian packages, without installing them.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(sweethome3d-furniture tuxpaint-stamps-default)
demo="$deps/demo"
mark="$demo/.made-by"
maker="$(sha256sum -- "$root/scripts/make_demo.py" | cut -d' ' -f1)"
work="$deps/demo.work"

load_environment_file
if [ "${DEMO:-}" = none ]; then
    note "left out (DEMO=none)"
    exit 0
fi
if [ -f "$mark" ] && [ "$(cat "$mark")" = "$maker" ]; then
    note "the demo pictures are there already (.deps/demo)"
    exit 0
fi
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "The demo pictures come from Debian packages and there is no apt-get here. Leave them out with DEMO=none."

downloaded_package() {
    local found
    found="$(find "$downloads" -maxdepth 1 -name "$1_*.deb" 2>/dev/null | sort -V | tail -n 1)"
    [ -n "$found" ] && dpkg-deb --info "$found" >/dev/null 2>&1 && printf '%s\n' "$found"
}

# apt-get checks each package against its signed lists. A fresh system has no lists, and only root may fetch the
# system's: then private ones are fetched.
download() {
    local options=(-o Acquire::Retries=3 -o APT::Sandbox::User=root)
    if ! apt-cache show "$1" >/dev/null 2>&1; then
        mkdir -p "$deps/apt/lists/partial" "$deps/apt/cache/archives/partial"
        options+=(-o "Dir::State::Lists=$deps/apt/lists" -o "Dir::Cache=$deps/apt/cache")
        [ -n "$(find "$deps/apt/lists" -maxdepth 1 -name '*Packages*' -print -quit)" ] ||
            apt-get "${options[@]}" -qq update || fail "apt-get could not get the lists of packages."
    fi
    (cd "$downloads" && apt-get "${options[@]}" -qq download "$1") ||
        fail "apt-get could not download $1. Check the network, or leave the demo out with DEMO=none."
}

mkdir -p "$downloads"
for package in "${packages[@]}"; do
    if ! downloaded_package "$package" >/dev/null; then
        if [ -z "${announced:-}" ]; then
            note "downloading two Debian packages of pictures, about 280 MB (DEMO=none leaves them out)"
            announced=yes
        fi
        rm -f -- "$downloads/${package}"_*.deb
        download "$package"
    fi
done

rm -rf -- "$work"
mkdir -p "$work/unpacked" "$work/demo"
trap 'rm -rf -- "$work"' EXIT
for package in "${packages[@]}"; do
    dpkg-deb -x "$(downloaded_package "$package")" "$work/unpacked"
done
"$python" "$root/scripts/make_demo.py" "$work/unpacked" "$work/demo"
printf '%s\n' "$maker" >"$work/demo/.made-by"
rm -rf -- "$demo"
mv -- "$work/demo" "$demo"
note "pictures and metadata are in .deps/demo; who made them is told in .deps/demo/ATTRIBUTION.txt"
