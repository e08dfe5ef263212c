"""What preprocessing and arithmetic cost, on real photographs: cosines between embeddings of the same picture.

    python measure_preprocessing.py PROGRAM JPEG…

Needs Pillow and numpy. Each JPEG is embedded by the program itself, and once more from pixels that Pillow prepared
(longest side 224, bicubic, centred on white), which the program takes unchanged because they fit already:

- same scale: Pillow decodes at the DCT scale that the program chooses. Decoders and resamplers must agree.
- whole: Pillow decodes every pixel. The difference is what DCT scaling costs.
- default precision: the program again, with the engine's own choice of arithmetic.
- both: that against Pillow's whole decode in f32, what the two liberties cost together.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from PIL import Image

SIZE = 224


def fitted(width, height):
    scale = SIZE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def reduction(width, height):
    """The largest of 8, 4, 2 that leaves both sides at least twice their target, else 1."""
    target = fitted(width, height)
    return next((r for r in (8, 4, 2) if width >= 2 * target[0] * r and height >= 2 * target[1] * r), 1)


def prepare(path, reduced):
    picture = Image.open(path)
    width, height = picture.size
    target = fitted(width, height)
    factor = reduction(width, height) if reduced else 1
    box = None
    if factor > 1:
        picture.draft("RGB", (width // factor, height // factor))
        # The reduced picture is rounded up to whole pixels; the whole one ends within its last.
        box = (0, 0, width / factor, height / factor)
    picture = picture.convert("RGB").resize(target, Image.BICUBIC, box=box)
    canvas = Image.new("RGB", (SIZE, SIZE), "white")
    canvas.paste(picture, ((SIZE - target[0]) // 2, (SIZE - target[1]) // 2))
    return canvas, factor


def embed(program, paths, precision):
    done = subprocess.run(
        [program, "embed", "--json", "--precision", precision, *map(str, paths)],
        check=True, capture_output=True, text=True)
    return numpy.array([item["vector"] for item in json.loads(done.stdout)["embeddings"]])


def main():
    program, paths = sys.argv[1], [pathlib.Path(path) for path in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as folder:
        reduced, whole, factors = [], [], []
        for number, path in enumerate(paths):
            for kind, files in (("reduced", reduced), ("whole", whole)):
                picture, factor = prepare(path, kind == "reduced")
                files.append(pathlib.Path(folder) / f"{number}-{kind}.png")
                picture.save(files[-1])
                if kind == "reduced":
                    factors.append(factor)
        ours = embed(program, paths, "f32")
        default = embed(program, paths, "default")
        whole_f32 = embed(program, whole, "f32")
        pairs = {
            "same scale": (ours, embed(program, reduced, "f32")),
            "whole": (ours, whole_f32),
            "default precision": (ours, default),
            "both": (default, whole_f32),
        }
    print("| photograph | DCT scale | " + " | ".join(pairs) + " |")
    print("| --- | --- |" + " --- |" * len(pairs))
    cosines = {name: (one * other).sum(1) for name, (one, other) in pairs.items()}
    for number, path in enumerate(paths):
        values = " | ".join(f"{cosines[name][number]:.6f}" for name in pairs)
        print(f"| {path.name} | 1/{factors[number]} | {values} |")
    print("| lowest | | " + " | ".join(f"{cosines[name].min():.6f}" for name in pairs) + " |")
    if cosines["same scale"].min() < 0.999:
        sys.exit("the same scale must give a cosine of at least 0.999")


if __name__ == "__main__":
    main()
