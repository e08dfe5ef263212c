"""Made-up photographs, and what Pillow needs to prepare one for a network."""

import io
import statistics
import time

import numpy
from PIL import Image


def photograph(generator, width, height):
    """Something with the spectrum of a photograph: octaves of noise whose strength falls with frequency."""
    picture = numpy.zeros((height, width, 3), numpy.float32)
    for octave in range(2, 9):
        side = 2**octave
        noise = generator.normal(0, 256 / side**0.8, (side * 3 // 4, side, 3)).astype(numpy.float32)
        layers = [
            numpy.asarray(Image.fromarray(noise[:, :, channel]).resize((width, height), Image.BICUBIC))
            for channel in range(3)
        ]
        picture += numpy.stack(layers, 2)
    picture += generator.normal(0, 4, picture.shape)
    return Image.fromarray(numpy.clip(picture + 128, 0, 255).astype(numpy.uint8))


def write_photographs(folder, count, width, height):
    """`count` different JPEGs; crops of a few originals, since making noise takes longer than encoding it."""
    folder.mkdir(parents=True)
    generator = numpy.random.default_rng(5)
    originals = [photograph(generator, width + 256, height + 256) for _ in range(4)]
    for number in range(count):
        x, y = generator.integers(0, 256, 2)
        picture = originals[number % 4].crop((x, y, x + width, y + height))
        picture.save(folder / f"{number:06}.jpg", quality=88)
    return sorted(folder.iterdir())


def pillow_milliseconds(files, size=224, passes=3):
    """Draft mode and bicubic to `size`, padded: what a Python service does. Core time, median."""
    times = []
    for number in range(passes + 1):
        for file in files:
            data = file.read_bytes()
            start = time.thread_time()
            picture = Image.open(io.BytesIO(data))
            picture.draft("RGB", (size * 2, size * 2))
            picture = picture.convert("RGB")
            scale = size / max(picture.size)
            sides = [max(1, round(side * scale)) for side in picture.size]
            canvas = Image.new("RGB", (size, size), "white")
            canvas.paste(picture.resize(sides, Image.BICUBIC), ((size - sides[0]) // 2, (size - sides[1]) // 2))
            numpy.asarray(canvas)
            if number:
                times.append((time.thread_time() - start) * 1000)
    return statistics.median(times)
