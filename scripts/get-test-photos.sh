#!/usr/bin/env bash
# Gets the photographs that tests compare decoders on, from Debian's package lomiri-wallpapers-16.04 into .deps/photos,
# without installing it: 15 of many makers, most of them 2,500 to 5,300 pixels wide.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

package=lomiri-wallpapers-16.04
# Debian 12's file.
known_name=lomiri-wallpapers-16.04_20.04.0-2_all.deb
known_hash=a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab
photos="$deps/photos"
work="$deps/photos.work"

if [ -f "$photos/LICENCE.txt" ]; then
    note "the photographs are there already (.deps/photos)"
    exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    note "left out: they come from a Debian package and there is no apt-get here, so tests of photographs will not run"
    exit 0
fi

# Whether a package file is there and was not cut short or damaged.
is_whole() {
    if [ "$(basename "$1")" = "$known_name" ]; then
        has_hash "$1" "$known_hash"
    else
        dpkg-deb --fsys-tarfile "$1" >/dev/null 2>&1
    fi
}

mkdir -p "$downloads"
file="$(package_file "$package")"
if ! is_whole "$file"; then
    [ -z "$file" ] || note "$(basename "$file") is damaged or was cut short: it is downloaded again"
    note "downloading a Debian package of photographs, 16 MB"
    download_package "$package" || fail "apt-get could not download $package. Check the network and try again."
    file="$(package_file "$package")"
    is_whole "$file" || {
        rm -f -- "$file"
        fail "$package arrived damaged or cut short. Try again."
    }
fi

rm -rf -- "$work"
mkdir -p "$work/photos"
trap 'rm -rf -- "$work"' EXIT
dpkg-deb --extract "$file" "$work/unpacked" || fail "$(basename "$file") could not be unpacked. Is there room on the disk?"
find "$work/unpacked/usr/share/backgrounds" -name '*.jpg' -type f -exec mv -t "$work/photos" -- {} +
cp -- "$work/unpacked/usr/share/doc/$package/copyright" "$work/photos/LICENCE.txt"
rm -rf -- "$photos"
mv -- "$work/photos" "$photos"
note "$(find "$photos" -name '*.jpg' | wc -l) photographs are in .deps/photos"
