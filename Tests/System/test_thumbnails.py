"""The small pictures that the page shows, as the server makes them."""

import io
from pathlib import Path

import numpy
import pytest
from PIL import Image

from pictures import encoded, picture


def thumbnail_url(server, content: bytes, name: str) -> str:
    """Uploads an image and returns where its thumbnail is."""
    job = server.post("/v1/catalogues/default/images", files={"files": (name, content)}, expect=202).json()["job"]
    assert server.wait_for_job(job["id"])["done"] == 1
    [image] = server.get("/v1/catalogues/default/images").json()["images"]
    return image["thumbnail_url"]


@pytest.mark.parametrize("size, expected", [((640, 480), (320, 240)), ((480, 640), (240, 320)), ((200, 100), (200, 100))])
def test_a_thumbnail_is_a_webp_of_320_pixels_at_most(serve, size, expected):
    server = serve()
    original = picture(5, size)
    response = server.get(thumbnail_url(server, encoded(original, quality=95), "a.jpg"))
    assert response.headers["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(response.content)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", expected)
        difference = numpy.asarray(thumbnail.convert("RGB"), float) - numpy.asarray(original.resize(expected), float)
    assert numpy.abs(difference).mean() < 8, "it shows the picture"


def test_a_thumbnail_is_made_once(serve):
    server = serve()
    url = thumbnail_url(server, encoded(picture(6, (640, 480))), "a.jpg")

    def files() -> dict[Path, tuple[int, int]]:
        found = [path for path in server.program.data.rglob("*") if path.is_file() and path.read_bytes()[8:12] == b"WEBP"]
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}

    first = server.get(url).content
    made = files()
    assert len(made) == 1
    assert server.get(url).content == first and files() == made
