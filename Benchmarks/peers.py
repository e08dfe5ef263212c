"""Runs an ONNX graph in ONNX Runtime or, node by node, in PyTorch, and prints images a second as JSON.

Usage: peers.py ENGINE GRAPH SIZE [--seconds S] [--pictures FOLDER]
ENGINE is `onnxruntime` or `torch`. Float32 on all cores; several batch sizes are tried first, and the best is measured.
With a folder, its pictures are read, decoded with Pillow ahead of the engine on as many threads as cores, and embedded.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import time

import numpy

CORES = len(os.sched_getaffinity(0))


def onnxruntime_runner(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = CORES
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda pixels: session.run(None, {name: pixels})[0]


def torch_runner(path):
    """The graph's nodes as calls of PyTorch, in channels-last memory, which its convolutions prefer."""
    import onnx
    import torch
    from onnx import numpy_helper
    from torch.nn import functional

    torch.set_num_threads(CORES)
    graph = onnx.load(path).graph
    constants = {}
    for tensor in graph.initializer:
        value = torch.from_numpy(numpy_helper.to_array(tensor).copy())
        constants[tensor.name] = value.contiguous(memory_format=torch.channels_last) if value.dim() == 4 else value
    attributes = [{a.name: onnx.helper.get_attribute_value(a) for a in node.attribute} for node in graph.node]

    def padded(value, given, kernel, fill=0.0):
        if given.get("auto_pad", b"NOTSET") in (b"SAME_UPPER", "SAME_UPPER"):
            strides = given.get("strides", [1, 1])
            pads = []
            for size, extent, stride in zip(value.shape[:1:-1], kernel[::-1], strides[::-1]):
                total = max((-(-size // stride) - 1) * stride + extent - size, 0)
                pads += [total // 2, total - total // 2]
        else:
            top, left, bottom, right = given.get("pads", [0, 0, 0, 0])
            pads = [left, right, top, bottom]
        symmetric = pads[0] == pads[1] and pads[2] == pads[3]
        if symmetric:
            return value, (pads[2], pads[0])
        return functional.pad(value, pads, value=fill), (0, 0)

    def convolve(given, value, weight, bias=None):
        value, padding = padded(value, given, weight.shape[2:])
        return functional.conv2d(
            value, weight, bias, given.get("strides", [1, 1]), padding, 1, given.get("group", 1))

    def pool(given, value):
        value, padding = padded(value, given, given["kernel_shape"], float("-inf"))
        return functional.max_pool2d(value, given["kernel_shape"], given.get("strides", [1, 1]), padding)

    def gemm(given, value, weight, bias=None):
        weight = weight if given.get("transB") else weight.T
        return functional.linear(value, weight, bias)

    def normalise(given, value, scale, offset=None):
        return functional.layer_norm(value, scale.shape, scale, offset, given.get("epsilon", 1e-5))

    def mean(given, value, axes=None):
        axes = given.get("axes", axes.tolist() if axes is not None else None)
        return value.mean(dim=axes, keepdim=bool(given.get("keepdims", 1)))

    def reshape(given, value, shape):
        return value.reshape([value.shape[i] if size == 0 else size for i, size in enumerate(shape.tolist())])

    def split(given, value, sizes=None):
        axis = given.get("axis", 0)
        return torch.split(value, sizes.tolist() if sizes is not None else value.shape[axis] // 3, axis)

    def slice_(given, value, starts, ends, axes, steps=None):
        for start, end, axis in zip(starts.tolist(), ends.tolist(), axes.tolist()):
            value = value.narrow(axis, start, min(end, value.shape[axis]) - start)
        return value

    def pad(given, value, pads, fill=None):
        pads = pads.tolist()
        count = len(pads) // 2
        pairs = [(pads[axis], pads[axis + count]) for axis in reversed(range(count))]
        return functional.pad(value, [size for pair in pairs for size in pair], value=0.0 if fill is None else fill.item())

    operations = {
        "Conv": convolve, "MaxPool": pool, "Gemm": gemm, "LayerNormalization": normalise, "ReduceMean": mean,
        "Reshape": reshape, "Split": split, "Slice": slice_, "Pad": pad,
        "Relu": lambda given, value: functional.relu(value),
        "Clip": lambda given, value, low, high: value.clamp(low.item(), high.item()),
        "Add": lambda given, left, right: left + right, "Sub": lambda given, left, right: left - right,
        "Mul": lambda given, left, right: left * right, "Div": lambda given, left, right: left / right,
        "Pow": lambda given, left, right: left**right, "Sqrt": lambda given, value: value.sqrt(),
        "Erf": lambda given, value: value.erf(), "Sigmoid": lambda given, value: value.sigmoid(),
        "MatMul": lambda given, left, right: left @ right,
        "Softmax": lambda given, value: value.softmax(given.get("axis", -1)),
        "Gelu": lambda given, value: functional.gelu(value),
        "Transpose": lambda given, value: value.permute(given["perm"]),
        "GlobalAveragePool": lambda given, value: value.mean(dim=(2, 3), keepdim=True),
        "AveragePool": lambda given, value: functional.avg_pool2d(
            value, given["kernel_shape"], given.get("strides", [1, 1])),
        "Flatten": lambda given, value: value.flatten(given.get("axis", 1)),
        "Concat": lambda given, *values: torch.cat(values, given["axis"]),
        "Gather": lambda given, value, index: value.index_select(given.get("axis", 0), index.reshape(-1)).reshape(
            value.shape[:given.get("axis", 0)] + index.shape + value.shape[given.get("axis", 0) + 1:]),
        "Expand": lambda given, value, shape: value.expand(
            torch.broadcast_shapes(value.shape, tuple(shape.tolist()))),
        "Shape": lambda given, value: torch.tensor(value.shape),
        "Squeeze": lambda given, value, axes=None: value.squeeze(axes.tolist()),
        "Unsqueeze": lambda given, value, axes: value.unsqueeze(axes.tolist()[0]),
        "Identity": lambda given, value: value,
        "Constant": lambda given: torch.from_numpy(numpy_helper.to_array(given["value"]).copy()),
    }

    def run(pixels):
        with torch.inference_mode():
            values = dict(constants)
            image = torch.from_numpy(pixels)
            values[graph.input[0].name] = image.contiguous(memory_format=torch.channels_last)
            for node, given in zip(graph.node, attributes):
                result = operations[node.op_type](given, *[values[name] for name in node.input if name])
                for name, value in zip(node.output, result if isinstance(result, (tuple, list)) else [result]):
                    values[name] = value
            return values[graph.output[0].name].numpy()

    return run


def rate(run, pixels, seconds):
    run(pixels)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        run(pixels)
        done += len(pixels)
    return done / (time.perf_counter() - start)


def decode(path, size):
    """What a Python service does with a picture: draft, shorter side to size, centre."""
    from PIL import Image

    picture = Image.open(path)
    picture.draft("RGB", (size * 2, size * 2))
    picture = picture.convert("RGB")
    scale = size / min(picture.size)
    picture = picture.resize([max(size, round(side * scale)) for side in picture.size], Image.BICUBIC)
    left, top = ((side - size) // 2 for side in picture.size)
    pixels = numpy.asarray(picture.crop((left, top, left + size, top + size)), numpy.float32)
    return ((pixels - 127) / 128).transpose(2, 0, 1)


def rate_of_pictures(run, folder, size, batch):
    """From files to embeddings, which are kept in memory. The last ones that fill no batch are left out."""
    paths = sorted(pathlib.Path(folder).iterdir())
    chunks = [paths[start:start + batch] for start in range(0, len(paths) - batch + 1, batch)]
    embeddings, start = [], time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        ahead = [[pool.submit(decode, path, size) for path in chunk] for chunk in chunks]
        for chunk in ahead:
            pixels = numpy.ascontiguousarray(numpy.stack([future.result() for future in chunk]))
            embeddings.append(run(pixels))
            chunk.clear()
    return len(chunks) * batch / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", choices=["onnxruntime", "torch"])
    parser.add_argument("graph")
    parser.add_argument("size", type=int)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--pictures")
    options = parser.parse_args()
    run = {"onnxruntime": onnxruntime_runner, "torch": torch_runner}[options.engine](options.graph)
    generator = numpy.random.default_rng(1)
    pixels = generator.normal(0, 1, (8, 3, options.size, options.size)).astype(numpy.float32)
    tried = {count: rate(run, pixels[:count], options.seconds / 8) for count in (1, 4, 8)}
    best = max(tried, key=tried.get)
    measured = (
        rate_of_pictures(run, options.pictures, options.size, best) if options.pictures
        else rate(run, pixels[:best], options.seconds))
    result = {
        "engine": options.engine, "batch": best, "images_per_second": measured,
        "fingerprint": [float(x) for x in run(pixels[:1]).reshape(-1)[:4]],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
