#!/usr/bin/env bash
# Gets Open Clip Art's pictures from Debian's package openclipart-png into .deps/clipart, without installing it: a folder
# for each topic. They are PNGs that the package's makers rasterised; all are in the public domain.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

package=openclipart-png
# Debian 12's file.
known_hash="f07f1545a2970c2cf3fa339bc2405da1a95cf2b1827bfa05bf73eb1c20291c02"
clipart="$deps/clipart"
work="$deps/clipart.work"

if [ -f "$clipart/LICENCE.txt" ]; then
    note "the clip art is there already (.deps/clipart)"
    exit 0
fi
mkdir -p "$downloads"
file="$(package_file "$package")"
if [ -z "$file" ] || ! dpkg-deb --fsys-tarfile "$file" >/dev/null 2>&1; then
    note "downloading a Debian package of clip art, 131 MB"
    download_package "$package" || fail "apt-get could not download $package. Check the network and try again."
    file="$(package_file "$package")"
fi
# apt-get has checked it against its signed lists; a file that lay here is checked by what is known of it.
case "$(basename "$file")" in
*0.18+dfsg-19_all.deb) has_hash "$file" "$known_hash" || fail "$(basename "$file") is damaged: remove it and try again." ;;
esac

rm -rf -- "$work"
mkdir -p "$work"
trap 'rm -rf -- "$work"' EXIT
dpkg-deb --extract "$file" "$work/unpacked" || fail "$(basename "$file") could not be unpacked. Is there room on the disk?"
mv -- "$work/unpacked/usr/share/openclipart/png" "$work/clipart"
# Pages of icons and of stars of a few designs, gradients and patterns are no pictures of a thing; what nobody sorted has
# no class.
rm -rf -- "$work/clipart"/{computer/icons,shapes,special,unsorted}
cp -- "$work/unpacked/usr/share/doc/$package/copyright" "$work/clipart/LICENCE.txt"
rm -rf -- "$clipart"
mv -- "$work/clipart" "$clipart"
note "$(find "$clipart" -name '*.png' | wc -l) pictures are in .deps/clipart"
