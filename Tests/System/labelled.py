"""Labelled sets of drawn pictures, and the measures of a ranking worked out again, in NumPy.

The browser's tests use it, too, and have a module `pictures` of their own: this one draws for itself.
"""

import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw


def drawing(generator: random.Random, width: int, height: int) -> Image.Image:
    """Shapes in a few colours."""
    colours = [tuple(generator.randrange(256) for _ in range(3)) for _ in range(5)]
    image = Image.new("RGB", (width, height), colours[0])
    pen = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = generator.randrange(width), generator.randrange(height)
        box = [x, y, x + generator.randrange(20, width // 2), y + generator.randrange(20, height // 2)]
        generator.choice([pen.ellipse, pen.rectangle])(box, fill=generator.choice(colours))
    return image


def save_classes(folder: Path, classes: int, each: int) -> Path:
    """A folder for each class: parts of one drawing, here and there, so that a model finds them alike but not the same."""
    for number in range(classes):
        generator = random.Random(number)
        whole = drawing(generator, 480, 360)
        target = folder / f"class {number}"
        target.mkdir(parents=True)
        for copy in range(each):
            width, height = generator.randrange(150, 330), generator.randrange(120, 250)
            x, y = generator.randrange(480 - width), generator.randrange(360 - height)
            whole.crop((x, y, x + width, y + height)).save(target / f"part {copy:02}.jpg", quality=88)
    return folder


def measures(vectors: np.ndarray, names: list[str], labels: list[str], k: int = 10) -> dict[str, float]:
    """Leave-one-out means over all queries that have something to find."""
    scores = vectors @ vectors.T
    order = sorted(range(len(names)), key=lambda index: names[index].encode())
    rows = []
    for query in range(len(names)):
        relevant = {i for i in range(len(names)) if i != query and labels[i] == labels[query]}
        if not relevant:
            continue
        # Score, then id, both descending.
        ranking = sorted(
            (i for i in order if i != query), key=lambda i: (scores[query, i], names[i].encode()), reverse=True)
        hits = np.array([i in relevant for i in ranking], dtype=float)
        ranks = np.arange(1, len(ranking) + 1)
        gains = hits / np.log2(ranks + 1)
        ideal = sum(1 / np.log2(rank + 1) for rank in range(1, min(k, len(relevant)) + 1))
        rows.append({
            "mAP": float((np.cumsum(hits) / ranks * hits).sum() / len(relevant)),
            f"P@{k}": float(hits[:k].sum() / k),
            f"R@{k}": float(hits[:k].sum() / len(relevant)),
            f"nDCG@{k}": float(gains[:k].sum() / ideal),
            "MRR": float(1 / ranks[hits > 0][0]),
            "P@1": float(hits[0]),
        })
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
