#!/usr/bin/env python3
"""Writes what the tests of the classical models compare with. Development only.

Pictures are prepared by Pillow. dHash is computed by NumPy from sums over 8 × 9 pixels; pHash by ImageHash, whose
definition agrees once the picture has 32 pixels a side; the colour histogram by NumPy from scikit-image's CIELAB.

Usage:  python3 -m venv venv && venv/bin/pip install pillow==13.0.0 numpy scipy scikit-image==0.26.0 ImageHash==4.3.2
        venv/bin/python scripts/references/make_classical_references.py

Written to Tests/SemblanceVisionTests/Fixtures/classical.json. Bits are written row by row, most significant first.
"""

import json
import pathlib

import imagehash
import numpy as np
from PIL import Image
from skimage.color import rgb2lab

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/SemblanceVisionTests/Fixtures"
PICTURES = ["rgb.png", "grey.png", "interlaced.png", "palette.png", "bilevel.png", "lossless.webp"]
BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC


def hexadecimal(bits: np.ndarray) -> str:
    return "".join(f"{int(''.join('01'[bit] for bit in row), 2):02x}" for row in bits.astype(int))


def difference_hash(picture: Image.Image) -> str:
    grey = np.asarray(picture.resize((72, 72), BILINEAR).convert("L"), dtype=np.int64)
    sums = grey.reshape(8, 9, 9, 8).sum(axis=(1, 3))
    return hexadecimal(sums[:, 1:] > sums[:, :-1])


def perceptual_hash(picture: Image.Image) -> str:
    prepared = picture.resize((32, 32), BICUBIC)
    return hexadecimal(imagehash.phash(prepared, hash_size=8, highfreq_factor=4).hash)


def shares(values: np.ndarray, count: int, lowest: float, step: float) -> np.ndarray:
    """Each value's share of each bin: 1 in the middle of a bin, falling to 0 in the middle of the next."""
    middles = lowest + step * np.arange(count)
    clamped = np.clip(values, middles[0], middles[-1])
    return np.clip(1 - np.abs(clamped[:, None] - middles) / step, 0, None)


def colour_histogram(picture: Image.Image) -> list[float]:
    pixels = np.asarray(picture.resize((64, 64), BILINEAR)).reshape(-1, 3)
    lab = rgb2lab(pixels[None].astype(np.float64) / 255)[0]
    lightness, a, b = shares(lab[:, 0], 6, 0, 20), shares(lab[:, 1], 7, -90, 30), shares(lab[:, 2], 7, -90, 30)
    bins = np.einsum("nl,na,nb->lab", lightness, a, b) / len(pixels)
    return [round(float(value), 7) for value in np.sqrt(bins).ravel()]


def case(name: str) -> dict:
    picture = Image.open(FIXTURES / "images" / name).convert("RGB")
    histogram = colour_histogram(picture)
    return {
        "file": name,
        "dhash": difference_hash(picture),
        "phash": perceptual_hash(picture),
        # Bins that are not empty.
        "colour-histogram": {str(bin): value for bin, value in enumerate(histogram) if value},
    }


lines = ",\n".join(json.dumps(case(name)) for name in PICTURES)
(FIXTURES / "classical.json").write_text(f"[\n{lines}\n]\n")
