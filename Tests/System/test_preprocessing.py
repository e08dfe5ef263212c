"""Preprocessing against Pillow: the same picture, decoded at the same DCT scale, gives the same embedding in f32."""

import importlib.util
from pathlib import Path

import pytest
from PIL import Image

from pictures import encoded

ROOT = Path(__file__).resolve().parents[2]
PHOTO = ROOT / "Tests/SemblanceVisionTests/Fixtures/images/photo.jpg"
DEMO = ROOT / ".deps/demo/stamps"
#: Widths at which the decoder halves the photograph not at all, once, twice and three times.
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
    """The picture on white, at this width."""
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    flat = Image.alpha_composite(white, picture).convert("RGB")
    height = max(1, round(width * flat.height / flat.width))
    path.write_bytes(encoded(flat.resize((width, height), Image.LANCZOS), quality=90))
    return path


@pytest.fixture(scope="module")
def photographs(tmp_path_factory) -> list[Path]:
    """The committed photograph as it is, and at widths that are decoded at each DCT scale."""
    folder = tmp_path_factory.mktemp("photographs")
    with Image.open(PHOTO) as photo:
        return [PHOTO] + [save_jpeg(photo, width, folder / f"{width}.jpg") for width in WIDTHS]


def test_a_photograph_at_each_dct_scale(measuring, binary, photographs, tmp_path):
    prepared = [measuring.prepare(path, True) for path in photographs]
    assert [factor for _, factor in prepared] == [1, *WIDTHS.values()]
    found = cosines(measuring, binary, tmp_path, photographs, [picture for picture, _ in prepared])
    assert min(found) >= 0.999, found


def test_sides_that_no_dct_scale_divides(measuring, binary, tmp_path):
    """The last reduced row and column hold less than a whole one: what they show must not be moved."""
    with Image.open(PHOTO) as photo:
        sizes = [(899, 601), (1793, 1193), (3585, 2385)]
        paths = [save_jpeg(photo.resize(size, Image.LANCZOS), size[0], tmp_path / f"{size[0]}.jpg") for size in sizes]
    prepared = [measuring.prepare(path, True) for path in paths]
    assert [factor for _, factor in prepared] == [2, 4, 8]
    found = cosines(measuring, binary, tmp_path, paths, [picture for picture, _ in prepared])
    assert min(found) >= 0.999, found


def test_other_preprocessing_would_be_noticed(measuring, binary, photographs, tmp_path):
    """The bound is tight enough to tell padding from stretching."""
    with Image.open(photographs[1]) as photo:
        stretched = photo.convert("RGB").resize((measuring.SIZE, measuring.SIZE), Image.BICUBIC)
    [found] = cosines(measuring, binary, tmp_path, photographs[1:2], [stretched])
    assert found < 0.999


def demo_pictures(count: int) -> list[Path]:
    """Some of the demo's pictures, spread over its folders."""
    found = sorted(DEMO.rglob("*.png"))
    return found[:: max(1, len(found) // count)][:count]


@pytest.mark.skipif(not DEMO.is_dir(), reason="the demo pictures are not there: make demo")
def test_pictures_of_the_demo(measuring, binary, tmp_path):
    paths = []
    for number, path in enumerate(demo_pictures(24)):
        with Image.open(path) as picture:
            paths.append(save_jpeg(picture, 1600, tmp_path / f"{number}.jpg"))
    assert len(paths) == 24
    prepared = [measuring.prepare(path, True) for path in paths]
    assert max(factor for _, factor in prepared) > 1
    found = cosines(measuring, binary, tmp_path, paths, [picture for picture, _ in prepared])
    names = {path.name: cosine for path, cosine in zip(demo_pictures(24), found) if cosine < 0.999}
    assert not names, names
