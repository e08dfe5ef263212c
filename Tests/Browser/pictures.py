"""Pictures that differ plainly: discs, squares and triangles, each kind in one colour."""

import io
import random

from PIL import Image, ImageDraw

COLOURS = {"disc": (200, 30, 40), "square": (30, 60, 190), "triangle": (30, 150, 70)}
GROUNDS = [(255, 255, 255), (238, 238, 232), (225, 230, 240), (245, 236, 220)]
SIZE = 320


def draw(shape, variant=0):
    """One picture; variants differ in ground, size and place."""
    image = Image.new("RGB", (SIZE, SIZE), GROUNDS[variant % len(GROUNDS)])
    pen = ImageDraw.Draw(image)
    side = 200 - 12 * variant
    left, top = 60 + 5 * variant, 55 + 4 * variant
    box = (left, top, left + side, top + side)
    if shape == "disc":
        pen.ellipse(box, fill=COLOURS[shape])
    elif shape == "square":
        pen.rectangle(box, fill=COLOURS[shape])
    else:
        pen.polygon([(left + side / 2, top), (left, top + side), (left + side, top + side)], fill=COLOURS[shape])
    return image


def encoded(image, format="PNG"):
    output = io.BytesIO()
    image.save(output, format)
    return output.getvalue()


def group(shape, count=4):
    """File names and bytes of one kind."""
    return {f"{shape}-{variant}.png": encoded(draw(shape, variant)) for variant in range(count)}


def side_by_side(left, right):
    """Two kinds in one picture, each in its half."""
    image = Image.new("RGB", (2 * SIZE, SIZE))
    image.paste(draw(left), (0, 0))
    image.paste(draw(right), (SIZE, 0))
    return image


def noise(seed, side=900):
    """A picture that does not compress."""
    return Image.frombytes("RGB", (side, side), random.Random(seed).randbytes(side * side * 3))
