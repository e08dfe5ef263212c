#!/usr/bin/env python3
"""Writes narrow transformers with random weights, and what the real libraries make of them. Development only.

The networks are the libraries' own (open_clip, transformers, timm), saved under the names they give; only the numbers
are random, drawn so that pictures and texts come out far apart: a network as it is initialised gives nearly one vector
for all.

Usage:  python3 -m venv venv && venv/bin/pip install torch open_clip_torch timm transformers safetensors
        venv/bin/python scripts/references/make_transformer_references.py

Written to Tests/SemblanceVisionTests/Fixtures/models, for each network NAME:
    NAME.safetensors   the weights, Float16; the references are computed from the rounded numbers
    NAME.f32           embeddings of the pictures, Float32 [8, dimension], of unit length
    NAME-text.f32      those of the token numbers in `rows`, which the tests make again
"""

import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from synthetic import FIXTURES, PICTURE_COUNT, normalised, write

CLIP = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
VOCABULARY, CONTEXT = 600, 12


def rows():
    """Token numbers: a start, words, an end, zeros; the last row is full, and one has the end twice."""
    table = torch.zeros(PICTURE_COUNT, CONTEXT, dtype=torch.long)
    for row in range(PICTURE_COUNT):
        length = row + 2 if row < PICTURE_COUNT - 1 else CONTEXT
        words = [(row * 131 + place * 57) % (VOCABULARY - 2) for place in range(length - 2)]
        table[row, :length] = torch.tensor([VOCABULARY - 2] + words + [VOCABULARY - 1])
    table[5, 3] = VOCABULARY - 1
    return table


def draw(network, seed):
    """Weights of a size at which every layer changes what flows through it, and nothing saturates."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(shape, low, high):
        return torch.rand(shape, generator=generator) * (high - low) + low

    def drawn(name, value):
        kind = name.split(".")[-1]
        if any(part in name for part in ("gamma", "lambda")):
            return uniform(value.shape, 0.3, 1.2)
        if value.ndim == 1 and kind == "weight":
            return uniform(value.shape, 0.6, 1.5)
        if kind == "bias":
            return uniform(value.shape, -0.3, 0.3)
        if any(part in name for part in ("token", "position", "class_embedding", "pos_embed")) or kind == "proj":
            return uniform(value.shape, -0.6, 0.6)
        inputs = value[0].numel() if value.ndim > 1 else 1
        # What tells pictures apart comes in with the patches.
        return uniform(value.shape, -1, 1) * (6 if value.ndim == 4 else 2.2) / inputs ** 0.5

    with torch.no_grad():
        for name, value in sorted(network.named_parameters()):
            if value.ndim > 0:
                value.copy_(drawn(name, value).half().float())
    return network.eval()


def save(name, network):
    tensors = network.state_dict()
    if hasattr(network, "save_pretrained"):
        # Not all names in a file of Hugging Face's are those in memory.
        with tempfile.TemporaryDirectory() as folder:
            network.save_pretrained(folder)
            tensors = load_file(f"{folder}/model.safetensors")
    tensors = {key: value.half() if value.is_floating_point() else value for key, value in tensors.items()}
    path = FIXTURES / f"{name}.safetensors"
    save_file({key: value.contiguous().clone() for key, value in tensors.items()}, path)
    path.chmod(0o644)
    print(name, path.stat().st_size, "bytes")


def open_clip():
    from open_clip.model import CLIP as Network

    for name, is_quick in [("narrow-clip", False), ("narrow-clip-quick", True)]:
        network = draw(Network(
            embed_dim=24, vision_cfg=dict(layers=2, width=32, head_width=8, patch_size=8, image_size=40),
            text_cfg=dict(layers=2, width=32, heads=4, context_length=CONTEXT, vocab_size=VOCABULARY),
            quick_gelu=is_quick), 7)
        write(name, network.encode_image(normalised(40, *CLIP)))
        # The weights are the same: only the nonlinearity differs, which no tensor reveals.
        if not is_quick:
            save(name, network)
            write(f"{name}-text", network.encode_text(rows()))


def hugging_face_clip():
    from transformers import CLIPConfig, CLIPModel

    config = CLIPConfig(
        text_config=dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                         num_attention_heads=4, max_position_embeddings=CONTEXT, hidden_act="quick_gelu",
                         bos_token_id=VOCABULARY - 2, eos_token_id=VOCABULARY - 1, pad_token_id=0),
        vision_config=dict(hidden_size=32, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
                           image_size=40, patch_size=8, hidden_act="quick_gelu"),
        projection_dim=24)
    network = draw(CLIPModel(config), 11)
    save("narrow-clip-hf", network)
    pooled = network.vision_model(pixel_values=normalised(40, *CLIP)).pooler_output
    write("narrow-clip-hf", network.visual_projection(pooled))
    write("narrow-clip-hf-text", network.text_projection(network.text_model(input_ids=rows()).pooler_output))


def dinov2():
    from transformers import Dinov2Config, Dinov2Model

    network = draw(Dinov2Model(Dinov2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=3, image_size=56, patch_size=8)), 13)
    save("narrow-dinov2", network)
    for size, suffix in [(56, ""), (40, "-40"), (72, "-72")]:
        write(f"narrow-dinov2{suffix}", network(normalised(size)).pooler_output)


def timm_vit():
    from timm.models.vision_transformer import VisionTransformer

    network = draw(VisionTransformer(
        img_size=40, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=5, reg_tokens=2, init_values=1.0,
        no_embed_class=True), 17)
    save("narrow-vit", network)
    tokens = network.forward_features(normalised(40))
    write("narrow-vit", tokens[:, 0])
    write("narrow-vit-mean", tokens[:, 3:].mean(dim=1))


def main():
    torch.set_num_threads(1)
    with torch.no_grad():
        for name in sys.argv[1:] or ["open_clip", "hugging_face_clip", "dinov2", "timm_vit"]:
            globals()[name]()


if __name__ == "__main__":
    main()
