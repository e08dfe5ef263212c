#!/usr/bin/env bash
# Puts the vocabulary of CLIP's tokenizer into the cache that all data folders share.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

file=bpe_simple_vocab_16e6.txt.gz
get_cached clip-tokenizer "$file" 924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a \
    "$requirements/clip-tokenizer.txt" 'open_clip_torch-*.whl' "open_clip/$file" '2 MB'
