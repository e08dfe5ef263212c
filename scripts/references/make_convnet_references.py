#!/usr/bin/env python3
"""Writes narrow ResNets and VGGs with random weights, and what torchvision makes of them. Development only.

The networks are torchvision's own classes with fewer channels. Each is saved in another way that checkpoints are
published in; the embeddings are those of the pictures of `synthetic.py`, normalised as torchvision does.

Usage:  python3 -m venv venv && venv/bin/pip install torch torchvision safetensors numpy
        venv/bin/python scripts/references/make_convnet_references.py

Written to Tests/SemblanceVisionTests/Fixtures/models, embeddings as Float32 [pictures, dimension] in `.f32`:
    narrow-resnet-basic.pth               ResNet of two convolutions a block, in PyTorch's zip format
    narrow-resnet-bottleneck.safetensors  of three, the middle one in two groups
    narrow-vgg.pth                        VGG as a training program saves it: `state_dict`, names with `module.`
    narrow-vgg-bn.safetensors             VGG with batch norms, in half precision
    narrow-*-gem.f32                      the generalised mean over the last features
    narrow-vgg-96.f32                     pictures of 96 pixels, where torchvision's adaptive pool has work to do
"""

import torch
from safetensors.torch import save_file
from synthetic import FIXTURES, calibrate_layers, calibrate_norms, normalised, write
from torch import nn
from torchvision.models import resnet, vgg

RESNET_SIZE = 64
VGG_SIZE = 224
VGG_LAYERS = [4, "M", 6, "M", 8, 8, "M", 10, 10, "M", 12, 12, "M"]
HIDDEN = 32


class NarrowResNet(resnet.ResNet):
    """A sixteenth of the channels after the first convolution."""

    def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
        return super()._make_layer(block, planes // 16, blocks, stride, dilate)


def generalised_mean(features, exponent=3.0, floor=1e-6):
    return features.clamp(min=floor).pow(exponent).mean(dim=(2, 3)).pow(1 / exponent)


def resnet_features(network, value):
    """Everything before the pool."""
    value = network.maxpool(network.relu(network.bn1(network.conv1(value))))
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        value = stage(value)
    return value


def narrow_resnet(block, depths, **options):
    torch.manual_seed(7)
    network = NarrowResNet(block, depths, **options)
    network.fc = nn.Linear(512 // 16 * block.expansion, 10)
    calibrate_norms(network, [normalised(size) for size in (64, 72, 96)])
    return network


def write_resnet(name, network):
    """The embedding is what torchvision gives to the classifier."""
    network.fc = nn.Identity()
    write(name, network(normalised(RESNET_SIZE)))
    write(f"{name}-gem", generalised_mean(resnet_features(network, normalised(RESNET_SIZE))))


def narrow_vgg(batch_norm):
    torch.manual_seed(11)
    network = vgg.VGG(vgg.make_layers(VGG_LAYERS, batch_norm), num_classes=10, init_weights=True)
    features = [width for width in VGG_LAYERS if width != "M"][-1]
    network.classifier[0] = nn.Linear(features * 7 * 7, HIDDEN)
    network.classifier[3] = nn.Linear(HIDDEN, HIDDEN)
    network.classifier[6] = nn.Linear(HIDDEN, 10)
    if batch_norm:
        calibrate_norms(network, [normalised(VGG_SIZE)])
    # Fits the fully connected layers, which have no batch norms; in the other network the convolutions, too.
    calibrate_layers(network.classifier if batch_norm else network,
                     network.avgpool(network.features(normalised(VGG_SIZE))).flatten(1) if batch_norm
                     else normalised(VGG_SIZE))
    return network.eval()


def write_vgg(name, network):
    """The embedding is the second fully connected layer after its activation, before the second dropout."""
    network.classifier = network.classifier[:5]
    write(name, network(normalised(VGG_SIZE)))
    write(f"{name}-gem", generalised_mean(network.features[:-1](normalised(VGG_SIZE))))


def main():
    torch.set_num_threads(2)
    basic = narrow_resnet(resnet.BasicBlock, [2, 1, 2, 1])
    torch.save(basic.state_dict(), FIXTURES / "narrow-resnet-basic.pth")
    write_resnet("narrow-resnet-basic", basic)

    bottleneck = narrow_resnet(resnet.Bottleneck, [1, 2, 1, 1], groups=2)
    save_file(bottleneck.state_dict(), FIXTURES / "narrow-resnet-bottleneck.safetensors", {"format": "pt"})
    write_resnet("narrow-resnet-bottleneck", bottleneck)

    plain = narrow_vgg(batch_norm=False)
    state = {f"module.{name}": tensor for name, tensor in plain.state_dict().items()}
    torch.save({"epoch": 3, "best_acc1": torch.tensor(71.5), "state_dict": state}, FIXTURES / "narrow-vgg.pth")
    write_vgg("narrow-vgg", plain)
    write("narrow-vgg-96", plain(normalised(96)))

    normed = narrow_vgg(batch_norm=True).half()
    save_file(normed.state_dict(), FIXTURES / "narrow-vgg-bn.safetensors", {"format": "pt"})
    write_vgg("narrow-vgg-bn", normed.float())


if __name__ == "__main__":
    with torch.no_grad():
        main()
