"""Preprocessing against Pillow: the same picture, decoded at the same DCT scale, gives the same embedding in f32."""

import importlib.util
from pathlib import Path

import pytest
from PIL import Image

from conftest import missing
from pictures import encoded

ROOT = Path(__file__).resolve().parents[2]
#: A drawing, whatever its name says: smooth, so that it can be enlarged.
DRAWING = ROOT / "Tests/SemblanceVisionTests/Fixtures/images/photo.jpg"
PHOTOS = ROOT / ".deps/photos"
#: Widths at which the decoder halves the drawing not at all, once, twice and three times.
WIDTHS = {400: 1, 1000: 2, 2000: 4, 4000: 8}


@pytest.fixture(scope="module")
def measuring():
    """The script that measures what preprocessing costs."""
    spec = importlib.util.spec_from_file_location("measuring", ROOT / "scripts/references/measure_preprocessing.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cosines(measuring, binary, folder: Path, paths, prepared) -> list[float]:
    """Between the program's own embeddings of the JPEGs and those of pixels that Pillow prepared, in f32."""
    files = [folder / f"prepared {number}.png" for number in range(len(paths))]
    for file, picture in zip(files, prepared):
        picture.save(file)
    ours, theirs = (measuring.embed(binary, some, "f32") for some in (paths, files))
    return (ours * theirs).sum(1).tolist()


def save_jpeg(picture: Image.Image, width: int, path: Path) -> Path:
    """The picture at this width."""
    height = max(1, round(width * picture.height / picture.width))
    path.write_bytes(encoded(picture.resize((width, height), Image.LANCZOS), quality=90))
    return path


@pytest.fixture(scope="module")
def drawings(tmp_path_factory) -> list[Path]:
    """The committed drawing as it is, and at widths that are decoded at each DCT scale."""
    folder = tmp_path_factory.mktemp("drawings")
    with Image.open(DRAWING) as drawing:
        return [DRAWING] + [save_jpeg(drawing, width, folder / f"{width}.jpg") for width in WIDTHS]


@pytest.fixture(scope="module")
def photographs() -> list[Path]:
    """Photographs of many makers as they published them."""
    paths = sorted(PHOTOS.glob("*.jpg"))
    if not paths:
        missing("the photographs are not there: make setup-test")
    return paths


def test_a_drawing_at_each_dct_scale(measuring, binary, drawings, tmp_path):
    prepared = [measuring.prepare(path, True) for path in drawings]
    assert [factor for _, factor in prepared] == [1, *WIDTHS.values()]
    found = cosines(measuring, binary, tmp_path, drawings, [picture for picture, _ in prepared])
    assert min(found) >= 0.999, found


def test_sides_that_no_dct_scale_divides(measuring, binary, tmp_path):
    """The last reduced row and column hold less than a whole one: what they show must not be moved."""
    with Image.open(DRAWING) as drawing:
        sizes = [(899, 601), (1793, 1193), (3585, 2385)]
        paths = [save_jpeg(drawing.resize(size, Image.LANCZOS), size[0], tmp_path / f"{size[0]}.jpg") for size in sizes]
    prepared = [measuring.prepare(path, True) for path in paths]
    assert [factor for _, factor in prepared] == [2, 4, 8]
    found = cosines(measuring, binary, tmp_path, paths, [picture for picture, _ in prepared])
    assert min(found) >= 0.999, found


def test_photographs(measuring, binary, photographs, tmp_path):
    prepared = [measuring.prepare(path, True) for path in photographs]
    assert {factor for _, factor in prepared} == {2, 4, 8}
    found = cosines(measuring, binary, tmp_path, photographs, [picture for picture, _ in prepared])
    low = {path.name: cosine for path, cosine in zip(photographs, found) if cosine < 0.999}
    assert len(found) >= 10 and not low, low


def stretched(picture: Image.Image, size: int) -> Image.Image:
    return picture.resize((size, size), Image.BICUBIC)


def moved(picture: Image.Image, size: int) -> Image.Image:
    """Fitted as it should be, but for being a pixel too far to the right."""
    fitted = Image.new("RGB", (size, size), "white")
    picture.thumbnail((size, size), Image.BICUBIC)
    fitted.paste(picture, ((size - picture.width) // 2 + 1, (size - picture.height) // 2))
    return fitted


@pytest.mark.parametrize("otherwise", [stretched, moved])
def test_other_preprocessing_would_be_noticed(measuring, binary, photographs, tmp_path, otherwise):
    """The bound is tight enough to tell what is right from what is nearly so."""
    prepared = []
    for path in photographs:
        with Image.open(path) as photograph:
            prepared.append(otherwise(photograph.convert("RGB"), measuring.SIZE))
    found = cosines(measuring, binary, tmp_path, photographs, prepared)
    assert max(found) < 0.999, found
