#!/usr/bin/env python3
"""Writes the reference embeddings that the tests of Semblance's models compare with. Development only.

An independent implementation: EfficientNet-Lite in PyTorch, batch norms not folded, TensorFlow's padding spelt out.
Its input are the pictures of `synthetic.py`.

Usage:  python3 -m venv venv && venv/bin/pip install torch numpy
        venv/bin/python scripts/references/make_model_references.py [MODEL_CACHE]

MODEL_CACHE holds `efficientnet-lite0/*.pth` and so on (default: ~/.cache/semblance/models). Written to
Tests/SemblanceVisionTests/Fixtures/models:
    efficientnet-lite{0,1,2}.f32   Float32 [pictures, 1280], little-endian, of unit length
    narrow-lite.pth                a narrow network with random weights, in PyTorch's legacy format
    narrow-lite.f32                its embeddings, Float32 [pictures, 64]
"""

import pathlib
import sys

import torch
from synthetic import FIXTURES, pixels, write
from torch import nn
from torch.nn import functional


def tensors(size: int) -> torch.Tensor:
    """The pictures as the publisher normalises them: (x - 127) / 128, float32 [N, 3, size, size]."""
    return (pixels(size) - 127) / 128


class SameConvolution(nn.Conv2d):
    """TensorFlow's SAME: ceil(input / stride) places, the odd one of padding at the end."""

    def forward(self, value):
        pads = []
        for size, kernel, stride in zip(value.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1]):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return functional.conv2d(
            functional.pad(value, pads), self.weight, self.bias, self.stride, 0, 1, self.groups)


def convolution(inputs, outputs, kernel=1, stride=1, groups=1):
    return SameConvolution(inputs, outputs, kernel, stride, groups=groups, bias=False)


def normalisation(channels):
    return nn.BatchNorm2d(channels, eps=1e-3)


class Block(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, expansion):
        super().__init__()
        inner = inputs * expansion
        self.is_expanded = expansion != 1
        self.is_residual = stride == 1 and inputs == outputs
        if self.is_expanded:
            self._expand_conv = convolution(inputs, inner)
            self._bn0 = normalisation(inner)
        self._depthwise_conv = convolution(inner, inner, kernel, stride, groups=inner)
        self._bn1 = normalisation(inner)
        self._project_conv = convolution(inner, outputs)
        self._bn2 = normalisation(outputs)

    def forward(self, value):
        inner = value
        if self.is_expanded:
            inner = functional.relu6(self._bn0(self._expand_conv(inner)))
        inner = functional.relu6(self._bn1(self._depthwise_conv(inner)))
        inner = self._bn2(self._project_conv(inner))
        return value + inner if self.is_residual else inner


class Lite(nn.Module):
    def __init__(self, stages, stem=32, head=1280):
        super().__init__()
        self._conv_stem = convolution(3, stem, 3, 2)
        self._bn0 = normalisation(stem)
        self._blocks = nn.ModuleList()
        width = stem
        for repeats, kernel, stride, expansion, outputs in stages:
            for repetition in range(repeats):
                self._blocks.append(
                    Block(width, outputs, kernel, stride if repetition == 0 else 1, expansion))
                width = outputs
        self._conv_head = convolution(width, head)
        self._bn1 = normalisation(head)

    def forward(self, value):
        value = functional.relu6(self._bn0(self._conv_stem(value)))
        for block in self._blocks:
            value = block(value)
        value = functional.relu6(self._bn1(self._conv_head(value)))
        return functional.normalize(value.mean(dim=(2, 3)), dim=1)


# repeats, kernel, stride, expansion, width
LITE0 = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
         (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]
LITE1 = [(1, 3, 1, 1, 16), (3, 3, 2, 6, 24), (3, 5, 2, 6, 40), (4, 3, 2, 6, 80), (4, 5, 1, 6, 112),
         (5, 5, 2, 6, 192), (1, 3, 1, 6, 320)]
LITE2 = [(1, 3, 1, 1, 16), (3, 3, 2, 6, 24), (3, 5, 2, 6, 48), (4, 3, 2, 6, 88), (4, 5, 1, 6, 120),
         (5, 5, 2, 6, 208), (1, 3, 1, 6, 352)]
NARROW = [(1, 3, 1, 1, 4), (2, 3, 2, 6, 6), (1, 5, 2, 6, 8), (2, 3, 2, 6, 10), (1, 5, 1, 6, 12),
          (2, 5, 2, 6, 14), (1, 3, 1, 6, 16)]


def embed(name, network, size):
    network.eval()
    with torch.no_grad():
        write(name, network(tensors(size)))


def published(cache, variant, stages, size):
    path = next((cache / f"efficientnet-{variant}").glob("*.pth"))
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network = Lite(stages)
    network.load_state_dict({k: v for k, v in weights.items() if not k.startswith("_fc.")}, strict=True)
    embed(f"efficientnet-{variant}", network, size)


def narrow():
    """Random weights give nearly one vector for all pictures unless the batch norms fit what flows through."""
    torch.manual_seed(5)
    network = Lite(NARROW, stem=8, head=64)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.7, 1.5)
            nn.init.uniform_(module.bias, -0.3, 0.6)
            module.momentum = None
    network.train()
    with torch.no_grad():
        for size in (33, 40, 50):
            network(tensors(size))
    torch.save(network.state_dict(), FIXTURES / "narrow-lite.pth", _use_new_zipfile_serialization=False)
    embed("narrow-lite", network, 50)


def main():
    torch.set_num_threads(2)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    cache = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "~/.cache/semblance/models").expanduser()
    narrow()
    published(cache, "lite0", LITE0, 224)
    published(cache, "lite1", LITE1, 240)
    published(cache, "lite2", LITE2, 260)


if __name__ == "__main__":
    main()
