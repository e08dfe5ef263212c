#!/usr/bin/env python3
"""Makes the pictures in Tests/SemblanceVisionTests/Fixtures/images and what Pillow makes of them.

Needs Python 3.11, Pillow 13, pillow-heif 1.8 and numpy 2 (pip, in an environment of its own):

    python3 scripts/references/make_image_references.py Tests/SemblanceVisionTests/Fixtures/images

references.json holds, for each case, the pixels of a model's input as Pillow computes them: the independent
reference for decoding, orientation, composition over white, cutting, resizing and placing. Every picture is made
here out of numbers; none is anybody's work.
"""
import base64
import io
import json
import math
import pathlib
import struct
import sys
import zlib

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps

pillow_heif.register_heif_opener()

WIDTH, HEIGHT = 96, 64
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
ORIENTATION_TAG = 0x0112


# Pictures ------------------------------------------------------------------------------------------------------------

def scene(width=WIDTH, height=HEIGHT):
    """Gradients, edges and ripples, with no symmetry: every orientation looks different."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    u, v = x / width, y / height
    red = 255 * u
    green = 255 * v * (0.6 + 0.4 * np.cos(9 * u))
    blue = 128 + 100 * np.sin(11 * u * u + 5 * v)
    picture = np.stack([red, green, blue], axis=-1)
    picture[(u < 0.3) & (v < 0.25)] = (250, 240, 20)
    picture[(u - 0.7) ** 2 + (v - 0.6) ** 2 < 0.03] = (20, 60, 200)
    return Image.fromarray(picture.clip(0, 255).round().astype(np.uint8))


def alpha_mask(width=WIDTH, height=HEIGHT):
    x = np.mgrid[0:height, 0:width][1]
    return Image.fromarray((255 * x / (width - 1)).round().astype(np.uint8))


def with_alpha():
    picture = scene()
    picture.putalpha(alpha_mask())
    return picture


def stored_as(picture, orientation):
    """The rows and columns that a camera stores so that `orientation` makes them upright again."""
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return picture.transpose(inverse[orientation]) if orientation in inverse else picture


def exif(orientation):
    tags = Image.Exif()
    tags[ORIENTATION_TAG] = orientation
    return tags


def png(color_type, bit_depth, rows, width, height, interlaced=False):
    """A PNG out of raw rows, for the kinds that Pillow does not write."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bit_depth, color_type, 0, 0, int(interlaced))
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def png_rows(array):
    return b"".join(b"\0" + row.tobytes() for row in array)


def deep_png(channels):
    """16 bits a channel; the low bytes differ from the high ones, so that cutting them off shows."""
    base = np.asarray(with_alpha() if channels == 4 else scene()).astype(np.uint16)
    low = (base * 7 + 31) % 256
    array = (base * 256 + low).astype(">u2")
    return png({3: 2, 4: 6}[channels], 16, png_rows(array), WIDTH, HEIGHT)


def deep_grey_png():
    base = np.asarray(scene().convert("L")).astype(np.uint16)
    return png(0, 16, png_rows((base * 256 + (base * 5) % 256).astype(">u2")), WIDTH, HEIGHT)


def interlaced_png():
    array = np.asarray(scene())
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b"".join(png_rows(array[top::down, left::right]) for top, left, down, right in passes)
    return png(2, 8, rows, WIDTH, HEIGHT, interlaced=True)


def matrix_profile(primaries, gamma):
    """A small ICC 2.4 matrix profile: what cameras embed, without their texts."""
    def xyz(values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"text\0\0\0\0test\0\0\0\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    description += b"\0" * (-len(description) % 4)
    tags = [(b"desc", description), (b"cprt", text), (b"wtpt", xyz((0.9642, 1.0, 0.8249)))]
    tags += [(name, xyz(values)) for name, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries)]
    tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags:
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    header = struct.pack(">I4sI4s4s4s", offset + len(body), b"test", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28
    header += struct.pack(">3i", round(0.9642 * 65536), 65536, round(0.8249 * 65536))
    return header.ljust(128, b"\0") + table + body


# Adobe RGB (1998), adapted to D50.
ADOBE_RGB = matrix_profile(
    [(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)], 563 / 256)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Bytes 24 to 35 are the time at which the profile was made: the same for every run.
SRGB = SRGB[:24] + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + SRGB[36:]


def make_pictures(folder):
    def save(name, picture, **options):
        picture.save(folder / name, **options)

    upright = scene()
    for orientation in range(1, 9):
        save(f"orientation-{orientation}.jpg", stored_as(upright, orientation), quality=90, exif=exif(orientation))
    save("photo.jpg", scene(330, 245), quality=85)
    save("photo-sideways.jpg", stored_as(scene(330, 245), 6), quality=85, exif=exif(6))
    save("progressive.jpg", upright, quality=90, progressive=True)
    save("full-chroma.jpg", scene(97, 61), quality=90, subsampling="4:4:4")
    save("half-chroma.jpg", scene(97, 61), quality=90, subsampling="4:2:2")
    save("grey.jpg", upright.convert("L"), quality=90)
    save("cmyk.jpg", upright.convert("CMYK"), quality=90)
    save("rgb-components.jpg", upright, quality=90, keep_rgb=True)
    save("srgb-profile.jpg", upright, quality=90, icc_profile=SRGB)
    save("adobe-rgb.jpg", upright, quality=90, icc_profile=ADOBE_RGB)
    save("adobe-rgb-sideways.jpg", stored_as(upright, 8), quality=90, icc_profile=ADOBE_RGB, exif=exif(8))

    save("rgb.png", upright)
    save("palette.png", upright.quantize(16))
    transparent = upright.quantize(15)
    save("palette-transparent.png", transparent, transparency=3)
    save("bilevel.png", upright.convert("1"))
    save("grey.png", upright.convert("L"))
    grey_alpha = upright.convert("LA")
    grey_alpha.putalpha(alpha_mask())
    save("grey-alpha.png", grey_alpha)
    save("alpha.png", with_alpha())
    save("sideways.png", stored_as(upright, 6), exif=exif(6))
    save("adobe-rgb.png", upright, icc_profile=ADOBE_RGB)
    (folder / "deep.png").write_bytes(deep_png(3))
    (folder / "deep-alpha.png").write_bytes(deep_png(4))
    (folder / "deep-grey.png").write_bytes(deep_grey_png())
    (folder / "interlaced.png").write_bytes(interlaced_png())

    save("lossless.webp", upright, lossless=True)
    save("lossy.webp", upright, quality=80)
    save("alpha.webp", with_alpha(), lossless=True, exact=True)
    save("sideways.webp", stored_as(upright, 6), lossless=True, exif=exif(6))
    frames = [upright, ImageOps.invert(upright), ImageOps.mirror(upright)]
    save("animated.webp", frames[0], save_all=True, append_images=frames[1:], duration=50, lossless=True)
    palettes = [frame.quantize(32) for frame in frames]
    save("animated.gif", palettes[0], save_all=True, append_images=palettes[1:], duration=50)
    save("transparent.gif", transparent, transparency=3)

    save("rgb.tiff", upright, compression="tiff_lzw")
    save("deflate.tiff", upright, compression="tiff_adobe_deflate")
    save("sideways.tiff", stored_as(upright, 6), compression="tiff_lzw", exif=exif(6))
    save("alpha.tiff", with_alpha(), compression="tiff_lzw")
    save("palette.tiff", upright.quantize(16), compression="tiff_lzw")
    save("grey.tiff", upright.convert("L"), compression="tiff_lzw")
    save("cmyk.tiff", upright.convert("CMYK"), compression="tiff_lzw")

    save("rgb.heic", upright, quality=90)
    save("sideways.heic", stored_as(upright, 6), quality=90, exif=exif(6))
    save("rgb.avif", upright, quality=90, subsampling="4:4:4")
    save("sideways.avif", stored_as(upright, 6), quality=90, subsampling="4:4:4", exif=exif(6))


# References ----------------------------------------------------------------------------------------------------------

def resized_size(width, height, fit, size, resize_to):
    longer, shorter = max(width, height), min(width, height)
    if fit == "pad":
        other = max(1, round(size * shorter / longer))
        return (size, other) if width >= height else (other, size)
    if fit == "crop":
        side = resize_to or size
        other = int(side * longer / shorter)
        return (side, other) if width <= height else (other, side)
    return size, size


def place(picture, fit, size):
    if fit == "crop":
        left, top = round((picture.width - size) / 2), round((picture.height - size) / 2)
        return picture.crop((left, top, left + size, top + size))
    canvas = Image.new("RGB", (size, size), "white")
    canvas.paste(picture, ((size - picture.width) // 2, (size - picture.height) // 2))
    return canvas


def to_srgb(picture):
    if picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    profile = picture.info.get("icc_profile")
    if profile and profile != SRGB:
        picture = ImageCms.profileToProfile(
            picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB")
    if picture.mode == "P" or "transparency" in picture.info or "A" in picture.getbands():
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("RGB")


def reduction_of(picture, used, target):
    """How far a JPEG may shrink within the DCT: by 8, 4 or 2, while twice the target is left."""
    if picture.format != "JPEG":
        return 1
    enough = (r for r in (8, 4, 2) if all(side >= 2 * goal * r for side, goal in zip(used, target)))
    return next(enough, 1)


def reference(path, fit, size, filter, resize_to, region):
    picture = Image.open(path)
    if picture.format == "TIFF":
        # Pillow turns a TIFF upright as it loads.
        picture.load()
    full = picture.size
    orientation = picture.getexif().get(ORIENTATION_TAG, 1)
    sideways = orientation >= 5
    width, height = (full[1], full[0]) if sideways else full
    x, y, w, h = region or (0, 0, 1, 1)
    left, top = round(x * width), round(y * height)
    right, bottom = round((x + w) * width), round((y + h) * height)
    target = resized_size(right - left, bottom - top, fit, size, resize_to)
    reduction = reduction_of(picture, (right - left, bottom - top), target)
    if reduction > 1:
        picture.draft(picture.mode, tuple(side // reduction for side in full))
        assert picture.size == tuple(math.ceil(side / reduction) for side in full), picture.size
    picture = to_srgb(ImageOps.exif_transpose(picture))
    # A reduced pixel covers exactly `reduction` full ones; the last of the file's may reach beyond the image, and is the
    # first where the picture is turned round.
    x0 = picture.width - width / reduction if orientation in (2, 3, 6, 7) else 0
    y0 = picture.height - height / reduction if orientation in (3, 4, 7, 8) else 0
    box = (x0 + left / reduction, y0 + top / reduction, x0 + right / reduction, y0 + bottom / reduction)
    # Cut first: pixels outside the region must have no influence.
    cut = (math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]), math.ceil(box[3]))
    inner = (box[0] - cut[0], box[1] - cut[1], box[2] - cut[0], box[3] - cut[1])
    resized = picture.crop(cut).resize(target, FILTERS[filter], box=inner)
    return (width, height), reduction, place(resized, fit, size).tobytes()


def case(folder, file, fit="pad", size=24, filter="bicubic", resize_to=None, region=None, tolerance=1):
    (width, height), reduction, pixels = reference(folder / file, fit, size, filter, resize_to, region)
    return {
        "file": file, "fit": fit, "size": size, "filter": filter, "resize_to": resize_to, "region": region,
        "reduction": reduction, "tolerance": tolerance, "width": width, "height": height,
        "pixels": base64.b64encode(pixels).decode(),
    }


# Codecs of other versions may round otherwise; a colour engine of another version may too.
TOLERANCES = {"adobe-rgb": 3, "lossy": 3, "heic": 6, "avif": 6}
# CMYK has no one meaning without a profile: Pillow's simple formula is no reference for it.
WITHOUT_REFERENCE = {"cmyk.jpg", "cmyk.tiff"}


def make_cases(folder):
    cases = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".json" or path.name in WITHOUT_REFERENCE:
            continue
        tolerance = next((value for word, value in TOLERANCES.items() if word in path.name), 1)
        cases.append(case(folder, path.name, tolerance=tolerance))
    for filter in FILTERS:
        for fit in ("pad", "crop", "stretch"):
            cases.append(case(folder, "rgb.png", fit, 20, filter, 23 if fit == "crop" else None))
            cases.append(case(folder, "sideways.png", fit, 21, filter, 30 if fit == "crop" else None))
            cases.append(case(folder, "photo.jpg", fit, 16, filter))
    for region in ([0, 0, 1, 1], [0.25, 0.125, 0.5, 0.5], [0.613, 0.37, 0.2, 0.61], [0.1, 0.05, 0.25, 0.9]):
        # The last one is tall: Pillow 13 begins with the columns there.
        cases.append(case(folder, "rgb.png", region=region))
        cases.append(case(folder, "sideways.png", "stretch", region=region))
        cases.append(case(folder, "orientation-5.jpg", "crop", 15, region=region))
    cases.append(case(folder, "photo.jpg", size=16, region=[0.21, 0.13, 0.55, 0.6]))
    cases.append(case(folder, "photo-sideways.jpg", size=16, region=[0.21, 0.13, 0.55, 0.6]))
    cases.append(case(folder, "photo-sideways.jpg", size=32))
    cases.append(case(folder, "rgb.png", size=150))
    cases.append(case(folder, "rgb.png", size=96))
    return cases


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    make_pictures(folder)
    cases = make_cases(folder)
    lines = ",\n".join(json.dumps(entry) for entry in cases)
    (folder / "references.json").write_text('{"cases": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()
