#!/usr/bin/env bash
# Makes the demo catalogue's pictures and metadata in .deps/demo out of two Debian packages, without installing them.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(sweethome3d-furniture tuxpaint-stamps-default)
# Debian 12's files, and the numbers of pictures that come out of them. Of other versions dpkg-deb and the packages' own
# lists of files tell whether they are whole.
known_hashes="3ccb90c63f9525e887a767b9cd5c8b6933b8b6b2973a615a5359ee68a2118668  sweethome3d-furniture_1.8-1_all.deb
6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34  tuxpaint-stamps-default_2022.06.04-1_all.deb"
known_counts=(820 588)
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

is_known() { grep -qF "  $(basename "$1")" <<<"$known_hashes"; }

# Whether a package file is there and was not cut short or damaged. Reading the whole archive checks its compression's
# checksums; `dpkg-deb --info` would read its beginning only.
is_whole() {
    [ -f "$1" ] || return 1
    if is_known "$1"; then
        has_hash "$1" "$(grep -F "  $(basename "$1")" <<<"$known_hashes" | cut -d' ' -f1)"
    else
        dpkg-deb --fsys-tarfile "$1" >/dev/null 2>&1
    fi
}

# unpack PACKAGE FOLDER: each file is compared with the package's own list.
unpack() {
    local file="$1" control
    control="$(mktemp -d "$work/control.XXXXXX")"
    { dpkg-deb --control "$file" "$control" && dpkg-deb --extract "$file" "$2"; } ||
        fail "$(basename "$file") could not be unpacked. Is there room on the disk?"
    [ -s "$control/md5sums" ] || fail "$(basename "$file") has no list of its files, so they cannot be checked."
    (cd "$2" && md5sum --check --quiet --strict "$control/md5sums" >&2) ||
        fail "what $(basename "$file") holds is not what it lists. Remove .deps/downloads/$(basename "$file") and try again."
}

mkdir -p "$downloads"
files=()
for package in "${packages[@]}"; do
    file="$(package_file "$package")"
    if ! is_whole "$file"; then
        [ -z "$file" ] || note "$(basename "$file") is damaged or was cut short: it is downloaded again"
        if [ -z "${announced:-}" ]; then
            note "downloading two Debian packages of pictures, about 280 MB (DEMO=none leaves them out)"
            announced=yes
        fi
        download_package "$package" ||
            fail "apt-get could not download $package. Check the network, or leave the demo out with DEMO=none."
        file="$(package_file "$package")"
        is_whole "$file" || {
            rm -f -- "$file"
            fail "$package arrived damaged or cut short. Try again, or leave the demo out with DEMO=none."
        }
    fi
    files+=("$file")
    is_known "$file" || known_counts=()
done

rm -rf -- "$work"
mkdir -p "$work/unpacked" "$work/demo"
trap 'rm -rf -- "$work"' EXIT
for file in "${files[@]}"; do unpack "$file" "$work/unpacked"; done
"$python" "$root/scripts/make_demo.py" "$work/unpacked" "$work/demo" "${known_counts[@]}" ||
    fail "the demo could not be made; DEMO=none leaves it out."
printf '%s\n' "$maker" >"$work/demo/.made-by"
rm -rf -- "$demo"
mv -- "$work/demo" "$demo"
note "pictures and metadata are in .deps/demo; who made them is told in .deps/demo/ATTRIBUTION.txt"
