"""What the reference scripts share: pictures, random networks that tell pictures apart, and files of embeddings.

The pictures are made of whole numbers, and `ModelFixture.swift` draws the same ones again, so that both sides see
identical pixels.
"""

import pathlib

import numpy
import torch
from torch import nn
from torch.nn import functional

PICTURE_COUNT = 8
FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/SemblanceVisionTests/Fixtures/models"

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def picture(seed: int, size: int) -> numpy.ndarray:
    """Smooth waves, edges and a little noise, all from whole numbers: uint8 [size, size, 3]."""
    y, x, c = numpy.meshgrid(
        numpy.arange(size), numpy.arange(size), numpy.arange(3), indexing="ij")

    def wave(value, period):
        phase = value % period
        return numpy.minimum(phase, period - phase) * 510 // period

    waves = wave(x * (seed + 1) + y * (3 - seed % 4) + c * 20 + 500, 40 + 11 * seed)
    checks = ((x // (8 + seed) + y // (12 + 2 * seed)) % 2) * (60 + 30 * c)
    noise = (x * 7919 + y * 104729 + c * 1299709 + seed * 15485863) % 8191 % 32
    gradient = (x * (seed % 3) + y * (2 - seed % 3)) * 90 // size
    return ((waves * (3 + (seed + c) % 3) // 6 + checks + noise + gradient) % 256).astype(numpy.uint8)


def pixels(size: int) -> torch.Tensor:
    """All pictures, 0 to 255: float32 [N, 3, size, size]."""
    stack = numpy.stack([picture(seed, size) for seed in range(PICTURE_COUNT)])
    return torch.from_numpy(stack).float().permute(0, 3, 1, 2).contiguous()


def normalised(size: int, mean=IMAGENET_MEAN, deviation=IMAGENET_DEVIATION) -> torch.Tensor:
    """All pictures as torchvision's transforms hand them over: from 0 to 1, mean and deviation taken off."""
    shape = (1, 3, 1, 1)
    return (pixels(size) / 255 - torch.tensor(mean).view(shape)) / torch.tensor(deviation).view(shape)


def calibrate_norms(network: nn.Module, batches, seed: int = 5):
    """Random weights give nearly one vector for all pictures unless the batch norms fit what flows through."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.7, 1.5, generator=generator)
            nn.init.uniform_(module.bias, -0.3, 0.6, generator=generator)
            module.momentum = None
            module.reset_running_stats()
    network.train()
    with torch.no_grad():
        for batch in batches:
            network(batch)
    network.eval()


def calibrate_layers(network: nn.Module, batch: torch.Tensor, seed: int = 5):
    """The same for a network without batch norms: each layer's outputs get a mean near 0 and a deviation near 1."""
    generator = torch.Generator().manual_seed(seed)

    def fit(module, _, output):
        over = [0] + list(range(2, output.dim()))
        shape = [1, -1] + [1] * (output.dim() - 2)
        mean, deviation = output.mean(over), output.std(over).clamp_min(1e-6)
        shift = torch.rand(mean.shape, generator=generator) * 0.9 - 0.3
        module.weight.div_(deviation.view([-1] + [1] * (module.weight.dim() - 1)))
        module.bias.copy_((module.bias - mean) / deviation + shift)
        return (output - mean.view(shape)) / deviation.view(shape) + shift.view(shape)

    layers = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    handles = [layer.register_forward_hook(fit) for layer in layers]
    network.eval()
    with torch.no_grad():
        network(batch)
    for handle in handles:
        handle.remove()


def unit(embeddings: torch.Tensor) -> torch.Tensor:
    return functional.normalize(embeddings.double(), dim=1)


def likeness(embeddings: torch.Tensor) -> str:
    """How alike the vectors of different pictures are, plain and after their mean is taken off: far from 1 is good."""
    def largest(vectors):
        vectors = functional.normalize(vectors, dim=1)
        return float((vectors @ vectors.T - 2 * torch.eye(len(vectors))).max())

    return f"largest cosine between two pictures {largest(embeddings):.4f}, centred " \
        f"{largest(embeddings - embeddings.mean(dim=0)):.4f}"


def write(name: str, embeddings: torch.Tensor):
    """Float32 [pictures, dimension], little-endian, of unit length."""
    embeddings = unit(embeddings)
    (FIXTURES / f"{name}.f32").write_bytes(embeddings.float().numpy().astype("<f4").tobytes())
    print(name, tuple(embeddings.shape), "first values", [round(v, 6) for v in embeddings[0, :4].tolist()],
          likeness(embeddings))
