#!/usr/bin/env python3
"""Compares the built program with torchvision and timm on networks of full size. Development only.

For each network: random weights, calibrated so that pictures differ; a checkpoint as its publisher saves it;
`semblance models add`, which recognises it by its tensors; `semblance embed --precision f32` on PNG files, decoded,
resized and cropped by the program; and the library's own embeddings of the same files through torchvision's own
transform. Printed are the smallest cosines of a picture's two embeddings, plain and after the references' mean is taken
off both: for pictures that are cropped only, and for those that are resized as well. A network marked `-gem` is added
with `--pool gem`.

Usage:  python3 -m venv venv && venv/bin/pip install torch torchvision timm safetensors numpy pillow
        venv/bin/python scripts/references/check_full_size.py [--only NAME]… [--program .build/release/semblance]

Needs 8 GB of memory and 3 GB of disk for the largest; all of them take about ten minutes on two idle cores.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy
import timm
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file
from synthetic import IMAGENET_DEVIATION, IMAGENET_MEAN, calibrate_layers, calibrate_norms, picture, unit
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Width and height. In the first half the shorter side is 256 already, so that nothing is resized.
SIZES = [(256, 256), (340, 256), (256, 300), (401, 256), (256, 448), (300, 256),
         (448, 300), (320, 440), (448, 448), (200, 150), (430, 287), (440, 260)]
CROPPED = slice(0, 6)
RESIZED = slice(6, 12)
TRANSFORM = torchvision.transforms.Compose([
    torchvision.transforms.Resize(256), torchvision.transforms.CenterCrop(224), torchvision.transforms.ToTensor(),
    torchvision.transforms.Normalize(IMAGENET_MEAN, IMAGENET_DEVIATION)])


def resnet(network):
    """The network up to its classifier."""
    network.fc = nn.Identity()
    return network


def vgg(network):
    """Up to the second fully connected layer's activation."""
    network.classifier = network.classifier[:5]
    return network


def generalised_mean(features, exponent=3.0, floor=1e-6):
    return features.clamp(min=floor).pow(exponent).mean(dim=(2, 3)).pow(1 / exponent)


class Published:
    """A network of torchvision's, or timm's with the same names."""

    def __init__(self, name, family, make=None):
        self.name, self.family, self.make = name, family, make
        self.is_pooled = name.endswith("-gem")

    def network(self):
        return self.make() if self.make else getattr(torchvision.models, self.name.removesuffix("-gem"))(weights=None)

    def state(self, network):
        return network.state_dict()

    def embedder(self, network):
        if self.is_pooled:
            features = network.features[:-1] if self.family == "vgg" else nn.Sequential(*list(network.children())[:-2])
            return lambda value: generalised_mean(features(value))
        return {"resnet": resnet, "vgg": vgg}[self.family](network)

    def files(self, folder):
        for number, (width, height) in enumerate(SIZES):
            path = folder / f"{number:02}.png"
            Image.fromarray(picture(number, max(width, height))[:height, :width]).save(path)
            yield path

    def tensors(self, files):
        return torch.stack([TRANSFORM(Image.open(path)) for path in files])


class Lite(Published):
    """timm's EfficientNet-Lite, renamed to the names of the port that Semblance reads."""

    def __init__(self, variant, size):
        super().__init__(f"efficientnet-{variant}", "efficientnet-lite")
        self.variant, self.size = variant, size

    def network(self):
        return timm.create_model(f"tf_efficientnet_{self.variant}", pretrained=False)

    def state(self, network):
        state = network.state_dict()
        renamed, number = {}, 0

        def move(old, new):
            for key in [key for key in state if key.startswith(old + ".")]:
                renamed[new + key[len(old):]] = state[key]

        move("conv_stem", "_conv_stem")
        move("bn1", "_bn0")
        for stage, blocks in enumerate(network.blocks):
            for place in range(len(blocks)):
                old, new = f"blocks.{stage}.{place}", f"_blocks.{number}"
                parts = [("conv_dw", "_depthwise_conv"), ("bn1", "_bn1"), ("conv_pw", "_project_conv"), ("bn2", "_bn2")]
                if stage > 0:
                    parts = [("conv_pw", "_expand_conv"), ("bn1", "_bn0"), ("conv_dw", "_depthwise_conv"),
                             ("bn2", "_bn1"), ("conv_pwl", "_project_conv"), ("bn3", "_bn2")]
                for part, name in parts:
                    move(f"{old}.{part}", f"{new}.{name}")
                number += 1
        move("conv_head", "_conv_head")
        move("bn2", "_bn1")
        move("classifier", "_fc")
        assert len(renamed) == len(state)
        return renamed

    def embedder(self, network):
        return lambda value: network.forward_head(network.forward_features(value), pre_logits=True)

    def files(self, folder):
        """Of exactly the network's size: the transform is Semblance's own, and is tested elsewhere."""
        for number in range(len(SIZES)):
            path = folder / f"{number:02}.png"
            Image.fromarray(picture(number, self.size)).save(path)
            yield path

    def tensors(self, files):
        stack = numpy.stack([numpy.asarray(Image.open(path)) for path in files]).astype(numpy.float32)
        return torch.from_numpy((stack - 127) / 128).permute(0, 3, 1, 2).contiguous()


NETWORKS = (
    [Published(f"resnet{depth}", "resnet") for depth in (18, 34, 50, 101, 152)]
    + [Published(name, "resnet") for name in ("wide_resnet50_2", "resnext50_32x4d", "resnet50-gem")]
    + [Published(f"timm-resnet{depth}", "resnet", lambda depth=depth: timm.create_model(f"resnet{depth}"))
       for depth in (34, 50)]
    + [Published(f"vgg{depth}{norm}", "vgg") for depth in (11, 13, 16, 19) for norm in ("", "_bn")]
    + [Published("vgg16-gem", "vgg")]
    + [Lite(variant, size) for variant, size in (("lite0", 224), ("lite3", 280), ("lite4", 300))])


def save(state, path):
    if path.suffix == ".safetensors":
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path, {"format": "pt"})
    else:
        torch.save(state, path)


def embeddings(program, published, path, files, folder):
    """What the built program gives, and the seconds that it took with adding, loading and compiling."""
    output = folder / "embeddings.npy"
    environment = dict(os.environ, SEMBLANCE_CACHE=str(folder / "cache"), SEMBLANCE_DATA=str(folder / "data"))

    def run(*arguments):
        subprocess.run([program, *map(str, arguments)], check=True, env=environment, stdout=subprocess.DEVNULL)

    start = time.perf_counter()
    run("models", "add", path, "--id", "checked", *(["--pool", "gem"] if published.is_pooled else []))
    run("embed", "--model", "checked", "--precision", "f32", "--output", output, *files)
    return torch.from_numpy(numpy.load(output)).double(), time.perf_counter() - start


def agreement(found, references):
    """The smallest cosines: plain, and after the mean is taken off."""
    mean = references.mean(dim=0)

    def smallest(left, right):
        return float(nn.functional.cosine_similarity(left, right, dim=1).min())

    return [(smallest(found[part], references[part]), smallest(found[part] - mean, references[part] - mean))
            for part in (CROPPED, RESIZED)]


def check(program, number, published):
    torch.manual_seed(number)
    with tempfile.TemporaryDirectory(prefix="semblance-full-size-") as folder, torch.no_grad():
        folder = pathlib.Path(folder)
        files = list(published.files(folder))
        tensors = published.tensors(files)
        network = published.network()
        calibrate_norms(network, [tensors])
        if published.family == "vgg":
            has_norms = published.name.endswith("_bn")
            calibrate_layers(network.classifier if has_norms else network,
                             network.features(tensors).flatten(1) if has_norms else tensors)
        network.eval()
        path = folder / ("weights.pth" if number % 2 == 0 else "weights.safetensors")
        save(published.state(network), path)
        references = unit(torch.cat([published.embedder(network)(part) for part in tensors.split(4)]))
        found, seconds = embeddings(program, published, path, files, folder)
        cropped, resized = agreement(found, references)
        centred = unit(references - references.mean(dim=0))
        others = float((centred @ centred.T - 2 * torch.eye(len(centred))).max())
        print(f"{published.name:18} {path.suffix:12} {path.stat().st_size / 1e6:6.0f} MB  cropped {cropped[0]:.7f} "
              f"{cropped[1]:.7f}  resized {resized[0]:.7f} {resized[1]:.7f}  other pictures {others:.3f}  "
              f"{seconds:.1f} s", flush=True)
        return min(cropped) >= 0.9999


def main(description, networks, check):
    """Runs `check(program, number, network)` on each network that is asked for; 0 if all agree."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--only", action="append", choices=[network.name for network in networks])
    parser.add_argument("--program", default=str(ROOT / ".build/release/semblance"))
    options = parser.parse_args()
    torch.set_num_threads(2)
    print("smallest cosine of a picture's two embeddings, plain and centred; 'other pictures' is the largest centred "
          "cosine of two different ones")
    agreed = [check(options.program, number, network) for number, network in enumerate(networks)
              if not options.only or network.name in options.only]
    return 0 if all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main(__doc__, NETWORKS, check))
