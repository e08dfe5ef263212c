#!/usr/bin/env python3
"""Compares the built program with OpenCLIP and `transformers` on networks of full size. Development only.

As check_full_size.py does for convolutional networks: random weights, a checkpoint as its publisher saves it,
`semblance embed --precision f32` on PNG files that the program decodes, resizes and crops, and the library's own
embeddings of the same files through the library's own transform.

Usage:  python3 -m venv venv && venv/bin/pip install torch torchvision timm open_clip_torch transformers safetensors
        venv/bin/python scripts/references/check_full_size_transformers.py [--only NAME]… [--program PROGRAM]

Needs 6 GB of memory and 2 GB of disk for the largest.
"""

import pathlib
import sys
import tempfile

import torch
from check_full_size import CROPPED, RESIZED, SIZES, embeddings, main
from make_transformer_references import draw
from PIL import Image
from safetensors.torch import load_file, save_file
from synthetic import IMAGENET_DEVIATION, IMAGENET_MEAN, picture, unit
from torch import nn
from torchvision import transforms


class OpenCLIP:
    is_pooled = False

    def __init__(self, name, resize=224):
        self.name, self.resize = name, resize

    def make(self):
        import open_clip

        network, _, self.transform = open_clip.create_model_and_transforms(self.name, pretrained=None)
        return network

    def save(self, network, path):
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, path)

    def embed(self, network, tensors):
        return network.encode_image(tensors)


class DINOv2:
    """Trained at 518 pixels, used at 224: the places' embeddings are resampled."""

    is_pooled, resize = False, 256

    def __init__(self, name, width, depth):
        self.name, self.width, self.depth = name, width, depth

    def make(self):
        from transformers import Dinov2Config, Dinov2Model

        self.transform = transforms.Compose([
            transforms.Resize(256, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(224),
            transforms.ToTensor(), transforms.Normalize(IMAGENET_MEAN, IMAGENET_DEVIATION)])
        return Dinov2Model(Dinov2Config(
            hidden_size=self.width, num_hidden_layers=self.depth, num_attention_heads=self.width // 64,
            image_size=518, patch_size=14))

    def save(self, network, path):
        # The names in a file of Hugging Face's are not all those in memory.
        network.save_pretrained(path.parent / "saved")
        save_file(load_file(path.parent / "saved/model.safetensors"), path)

    def embed(self, network, tensors):
        return network(tensors).pooler_output


NETWORKS = [OpenCLIP("ViT-B-32"), OpenCLIP("ViT-B-16"), OpenCLIP("ViT-L-14"), DINOv2("dinov2-small", 384, 12),
            DINOv2("dinov2-base", 768, 12)]


def files(folder, shorter):
    """In the first half the shorter side is what the transform makes it already, so that nothing is resized."""
    for number, (width, height) in enumerate(SIZES):
        if number < CROPPED.stop:
            width, height = width * shorter // 256, height * shorter // 256
        path = folder / f"{number:02}.png"
        Image.fromarray(picture(number, max(width, height))[:height, :width].copy()).save(path)
        yield path


def smallest(found, references, part):
    def cosine(left, right):
        return float(nn.functional.cosine_similarity(left[part], right[part], dim=1).min())

    mean = references.mean(dim=0)
    return cosine(found, references), cosine(found - mean, references - mean)


def check(program, number, published):
    with tempfile.TemporaryDirectory(prefix="semblance-full-size-") as folder, torch.no_grad():
        folder = pathlib.Path(folder)
        network = draw(published.make(), number)
        pictures = list(files(folder, published.resize))
        tensors = torch.stack([published.transform(Image.open(path)) for path in pictures])
        references = unit(torch.cat([published.embed(network, part) for part in tensors.split(4)]))
        path = folder / "weights.safetensors"
        published.save(network, path)
        del network
        found, seconds = embeddings(program, published, path, pictures, folder)
        cropped, resized = (smallest(found, references, part) for part in (CROPPED, RESIZED))
        centred = unit(references - references.mean(dim=0))
        others = float((centred @ centred.T - 2 * torch.eye(len(centred))).max())
        print(f"{published.name:14} {path.stat().st_size / 1e6:6.0f} MB  cropped {cropped[0]:.7f} {cropped[1]:.7f}  "
              f"resized {resized[0]:.7f} {resized[1]:.7f}  other pictures {others:.3f}  {seconds:.1f} s", flush=True)
        return min(cropped) >= 0.9999


if __name__ == "__main__":
    sys.exit(main(__doc__, NETWORKS, check))
