"""Pictures made for the tests, good and bad. The same seed gives the same bytes."""

import io
import random
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw


def picture(seed: int, size=(320, 240)) -> Image.Image:
    """Shapes in colours: no two seeds alike."""
    generator = random.Random(seed)
    image = Image.new("RGB", size, tuple(generator.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = generator.randrange(size[0]), generator.randrange(size[1])
        width, height = generator.randrange(10, size[0] // 2), generator.randrange(10, size[1] // 2)
        colour = tuple(generator.randrange(256) for _ in range(3))
        shape = generator.choice([draw.ellipse, draw.rectangle])
        shape([x, y, x + width, y + height], fill=colour)
    return image


def encoded(image: Image.Image, form: str = "JPEG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def jpeg(seed: int, size=(320, 240)) -> bytes:
    return encoded(picture(seed, size), quality=90)


def save_pictures(folder: Path, count: int, seed: int) -> list[Path]:
    folder.mkdir(parents=True)
    paths = []
    for number in range(count):
        path = folder / f"picture {number:03}.jpg"
        path.write_bytes(jpeg(seed * 10_000 + number))
        paths.append(path)
    return paths


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, rows: bytes) -> bytes:
    """A grey one-bit PNG whose header may promise more than its data holds."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header) + _png_chunk(b"IDAT", zlib.compress(rows, 9))
        + _png_chunk(b"IEND", b""))


def png_bomb() -> bytes:
    """30,000 by 30,000 pixels in about a kilobyte: 900 megapixels once decoded."""
    compressor = zlib.compressobj(9)
    # One row is a filter byte and 3,750 bytes of pixels. A tenth of them is enough to be a bomb, and small.
    data = b"".join(compressor.compress(b"\0" * 3751) for _ in range(250)) + compressor.flush()
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header) + _png_chunk(b"IDAT", data) + _png_chunk(b"IEND", b""))


SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">
<script>fetch("http://127.0.0.1/")</script><rect width="64" height="64"/></svg>"""

#: Name of a file, its bytes, and the codes that may be given as the reason for refusing it.
BAD_FILES = {
    "empty.jpg": (b"", {"image-empty"}),
    "text.jpg": (b"Dear diary, this is not a picture.\n" * 50, {"image-unsupported-format"}),
    "truncated.jpg": (jpeg(7)[:2000], {"image-damaged"}),
    "truncated.png": (encoded(picture(8), "PNG")[:900], {"image-damaged"}),
    "bomb.png": (png_bomb(), {"image-too-many-pixels"}),
    "no pixels.png": (png(0, 0, b""), {"image-no-pixels", "image-damaged"}),
    "script.svg": (SVG, {"image-unsupported-format"}),
    "svg.png": (SVG, {"image-unsupported-format"}),
    "document.jpg": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", {"image-unsupported-format"}),
    "archive.jpg": (b"PK\x03\x04" + b"\0" * 200, {"image-unsupported-format"}),
}
