#!/usr/bin/env python3
"""Writes a small 8-bit network in OpenVINO's format, and the embeddings of the float network it was made from.
Development only.

Usage:  python3 -m venv venv && venv/bin/pip install numpy onnx onnxruntime nncf==3.4.0 openvino==2026.4.1
        NNCF_CI=1 venv/bin/python scripts/references/make_openvino_fixture.py

Written to Tests/SemblanceVisionTests/Fixtures/models:
    narrow-int8.xml, narrow-int8.bin   three convolutions, 32 pixels, 24 components
    narrow-float.f32                   what the float network gives by ONNX Runtime, Float32 [pictures, 24]
"""

import pathlib

import nncf
import numpy
import onnx
import onnxruntime
import openvino
from onnx import helper, numpy_helper

from make_onnx_references import FIXTURES, PICTURE_COUNT, picture

SIZE = 32
MEAN, DEVIATION = 120.0, 60.0


def network() -> bytes:
    generator = numpy.random.default_rng(3)
    nodes, constants, value, width = [], [], "picture", 3
    for index, outputs in enumerate([16, 24, 24]):
        weights = generator.normal(0, (2 / (9 * width)) ** 0.5, (outputs, width, 3, 3)).astype(numpy.float32)
        constants.append(numpy_helper.from_array(weights, f"w{index}"))
        nodes.append(helper.make_node(
            "Conv", [value, f"w{index}"], [f"c{index}"], pads=[1] * 4, strides=[2, 2] if index < 2 else [1, 1]))
        nodes.append(helper.make_node("Relu", [f"c{index}"], [f"r{index}"]))
        value, width = f"r{index}", outputs
    nodes.append(helper.make_node("GlobalAveragePool", [value], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["vector"]))
    graph = helper.make_graph(
        nodes, "narrow", [helper.make_tensor_value_info("picture", 1, ["n", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("vector", 1, ["n", 24])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


def main() -> None:
    model = network()
    pixels = numpy.stack([picture(seed, SIZE) for seed in range(PICTURE_COUNT)]).astype(numpy.float32)
    inputs = numpy.ascontiguousarray(((pixels - MEAN) / DEVIATION).transpose(0, 3, 1, 2))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    rows = session.run(["vector"], {"picture": inputs})[0]
    rows /= numpy.linalg.norm(rows, axis=1, keepdims=True)
    rows.astype("<f4").tofile(FIXTURES / "narrow-float.f32")
    quantised = nncf.quantize(
        openvino.Core().read_model(model), nncf.Dataset(list(inputs), lambda row: row[numpy.newaxis]),
        subset_size=len(inputs))
    openvino.save_model(quantised, FIXTURES / "narrow-int8.xml", compress_to_fp16=False)


if __name__ == "__main__":
    main()
