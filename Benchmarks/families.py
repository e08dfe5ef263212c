"""Random weights of each family under its publishers' names, as safetensors, and the entries that name them.

Speed does not depend on the values; the shapes are the published models'.
"""

import json
import pathlib

import numpy


def convolution(shapes, name, normalisation, outputs, inputs, kernel):
    shapes[f"{name}.weight"] = (outputs, inputs, kernel, kernel)
    for tensor in ["weight", "bias", "running_mean", "running_var"]:
        shapes[f"{normalisation}.{tensor}"] = (outputs,)


def resnet50():
    shapes = {}
    convolution(shapes, "conv1", "bn1", 64, 3, 7)
    inputs = 64
    for stage, (width, depth) in enumerate(zip([64, 128, 256, 512], [3, 4, 6, 3]), 1):
        for block in range(depth):
            prefix = f"layer{stage}.{block}"
            convolution(shapes, f"{prefix}.conv1", f"{prefix}.bn1", width, inputs, 1)
            convolution(shapes, f"{prefix}.conv2", f"{prefix}.bn2", width, width, 3)
            convolution(shapes, f"{prefix}.conv3", f"{prefix}.bn3", 4 * width, width, 1)
            if block == 0:
                convolution(shapes, f"{prefix}.downsample.0", f"{prefix}.downsample.1", 4 * width, inputs, 1)
            inputs = 4 * width
    shapes["fc.weight"], shapes["fc.bias"] = (1000, inputs), (1000,)
    return shapes


def vgg16():
    shapes, inputs, place = {}, 3, 0
    for outputs in [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]:
        if outputs == 0:
            place += 1
            continue
        shapes[f"features.{place}.weight"], shapes[f"features.{place}.bias"] = (outputs, inputs, 3, 3), (outputs,)
        inputs, place = outputs, place + 2
    for place, (outputs, inputs) in {0: (4096, 25088), 3: (4096, 4096), 6: (1000, 4096)}.items():
        shapes[f"classifier.{place}.weight"], shapes[f"classifier.{place}.bias"] = (outputs, inputs), (outputs,)
    return shapes


def transformer(shapes, prefix, width, depth):
    for layer in range(depth):
        block = f"{prefix}transformer.resblocks.{layer}"
        for name in ["ln_1", "ln_2"]:
            shapes[f"{block}.{name}.weight"] = shapes[f"{block}.{name}.bias"] = (width,)
        shapes[f"{block}.attn.in_proj_weight"], shapes[f"{block}.attn.in_proj_bias"] = (3 * width, width), (3 * width,)
        for name, outputs, inputs in [
                ("attn.out_proj", width, width), ("mlp.c_fc", 4 * width, width), ("mlp.c_proj", width, 4 * width)]:
            shapes[f"{block}.{name}.weight"], shapes[f"{block}.{name}.bias"] = (outputs, inputs), (outputs,)


def vit_b_32():
    shapes = {
        "visual.class_embedding": (768,), "visual.positional_embedding": (50, 768), "visual.proj": (768, 512),
        "visual.conv1.weight": (768, 3, 32, 32), "positional_embedding": (77, 512), "text_projection": (512, 512),
        "token_embedding.weight": (49408, 512), "logit_scale": (),
    }
    for name in ["visual.ln_pre", "visual.ln_post"]:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (768,)
    shapes["ln_final.weight"] = shapes["ln_final.bias"] = (512,)
    transformer(shapes, "visual.", 768, 12)
    transformer(shapes, "", 512, 12)
    return shapes


def dinov2_small():
    width, shapes = 384, {}
    shapes["embeddings.cls_token"], shapes["embeddings.mask_token"] = (1, 1, width), (1, width)
    shapes["embeddings.position_embeddings"] = (1, 1 + 37 * 37, width)
    shapes["embeddings.patch_embeddings.projection.weight"] = (width, 3, 14, 14)
    shapes["embeddings.patch_embeddings.projection.bias"] = (width,)
    for layer in range(12):
        block = f"encoder.layer.{layer}"
        for name in ["norm1", "norm2"]:
            shapes[f"{block}.{name}.weight"] = shapes[f"{block}.{name}.bias"] = (width,)
        for name in ["layer_scale1", "layer_scale2"]:
            shapes[f"{block}.{name}.lambda1"] = (width,)
        attention = f"{block}.attention"
        for name, outputs, inputs in [
                (f"{attention}.attention.query", width, width), (f"{attention}.attention.key", width, width),
                (f"{attention}.attention.value", width, width), (f"{attention}.output.dense", width, width),
                (f"{block}.mlp.fc1", 4 * width, width), (f"{block}.mlp.fc2", width, 4 * width)]:
            shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs), (outputs,)
    shapes["layernorm.weight"] = shapes["layernorm.bias"] = (width,)
    return shapes


# What the program calls the family, the size of its embedding, and its tensors; all read 224 pixels.
FAMILIES = {
    "resnet50": ("resnet", 2048, resnet50),
    "vgg16": ("vgg", 4096, vgg16),
    "vit-b-32": ("openclip", 512, vit_b_32),
    "dinov2-small": ("vit", 384, dinov2_small),
}


def write_safetensors(path, shapes):
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 4 * int(numpy.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}
    generator = numpy.random.default_rng(3)
    with open(path, "wb") as file:
        text = json.dumps(header).encode()
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes.items():
            deviation = (2 / numpy.prod(shape[1:])) ** 0.5 if len(shape) > 1 else 0.05
            numbers = generator.normal(0, deviation, shape).astype("<f4")
            centred = name.endswith((
                "running_var", "ln_1.weight", "ln_2.weight", "ln_pre.weight", "ln_post.weight", "norm1.weight",
                "norm2.weight", "layernorm.weight"))
            file.write((abs(numbers) + 1 if centred else numbers).tobytes())


def write(folder: pathlib.Path, names):
    """Writes the weights of families and a `model_config.json` that names them; returns its path."""
    entries = []
    for name in names:
        if name not in FAMILIES:
            continue
        family, dimension, tensors = FAMILIES[name]
        write_safetensors(folder / f"{name}.safetensors", tensors())
        entries.append({
            "model_id": f"bench-{name}", "model_type": family, "model_dim": dimension,
            "model_path": f"{name}.safetensors",
        })
    path = folder / "model_config.json"
    path.write_text(json.dumps(entries))
    return path
