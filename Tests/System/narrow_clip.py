"""A CLIP of the narrowest kind, with random weights, as OpenCLIP names its tensors: its neighbours mean nothing, but its
vectors are exact, and texts and images meet in one space."""

import json
from pathlib import Path

import numpy

#: Attention heads are 64 wide, so this is the least that there is.
WIDTH = 64
SIZE, PATCH, DIMENSION, CONTEXT, VOCABULARY = 64, 32, 48, 16, 49_408


def save_narrow_clip(path: Path) -> Path:
    """Writes the checkpoint as safetensors, 13 MB; the same bytes each time."""
    generator = numpy.random.default_rng(7)
    tensors = {name: array(generator, shape) for name, (array, shape) in layout().items()}
    header, data = {}, b""
    for name, values in tensors.items():
        content = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def layout() -> dict:
    places = (SIZE // PATCH) ** 2 + 1
    return {
        "logit_scale": (constant(4.6052), ()),
        "visual.class_embedding": (normal(1), (WIDTH,)),
        "visual.positional_embedding": (normal(0.5), (places, WIDTH)),
        "visual.conv1.weight": (normal(0.05), (WIDTH, 3, PATCH, PATCH)),
        "visual.proj": (normal(0.2), (WIDTH, DIMENSION)),
        **norm("visual.ln_pre"), **norm("visual.ln_post"), **block("visual.transformer.resblocks.0"),
        "token_embedding.weight": (normal(1), (VOCABULARY, WIDTH)),
        "positional_embedding": (normal(0.5), (CONTEXT, WIDTH)),
        "text_projection": (normal(0.2), (WIDTH, DIMENSION)),
        **norm("ln_final"), **block("transformer.resblocks.0"),
    }


def block(name: str) -> dict:
    return {
        **norm(f"{name}.ln_1"), **norm(f"{name}.ln_2"),
        f"{name}.attn.in_proj_weight": (normal(0.15), (3 * WIDTH, WIDTH)),
        f"{name}.attn.in_proj_bias": (normal(0.1), (3 * WIDTH,)),
        **linear(f"{name}.attn.out_proj", WIDTH, WIDTH),
        **linear(f"{name}.mlp.c_fc", 4 * WIDTH, WIDTH), **linear(f"{name}.mlp.c_proj", WIDTH, 4 * WIDTH),
    }


def norm(name: str) -> dict:
    return {f"{name}.weight": (constant(1), (WIDTH,)), f"{name}.bias": (constant(0), (WIDTH,))}


def linear(name: str, outputs: int, inputs: int) -> dict:
    return {f"{name}.weight": (normal(0.15), (outputs, inputs)), f"{name}.bias": (normal(0.1), (outputs,))}


def normal(deviation: float):
    return lambda generator, shape: generator.normal(0, deviation, shape)


def constant(value: float):
    return lambda generator, shape: numpy.full(shape, value)
