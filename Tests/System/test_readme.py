"""What the README shows is what the program prints."""

import re
from pathlib import Path

from pictures import jpeg

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def shown(beginning: str) -> str:
    """The line of an example that begins so."""
    return next(line for line in README.splitlines() if line.startswith(beginning))


def members(text: str) -> list[str]:
    return re.findall(r'"(\w+)":', text)


def test_a_search_over_http(serve):
    server = serve()
    for catalogue in ["shop", "demo"]:
        answer = server.post(
            f"/v1/catalogues/{catalogue}/images", files={"files": ("lantern.png", jpeg(1))}, expect=202)
        server.wait_for_job(answer.json()["job"]["id"])
    answer = server.post("/v1/catalogues/demo/search", files={"image": jpeg(1)}, data={"k": "10"}).json()
    example = shown('{"model":"efficientnet-lite0","catalogue":"demo"')
    head, result = example.split('"results":')
    assert [*members(head), "results"] == list(answer)
    [first] = answer["results"]
    first["metadata"] = {"category": "Lights"}
    real = iter(members(str(first).replace("'", '"').replace(": ", ":")))
    assert all(name in real for name in members(result)), "in this order, some left out"


def test_an_upload_its_job_and_its_failures(serve):
    server = serve()
    files = [("files", ("lantern.png", jpeg(1))), ("files", ("notes.jpg", b"some text, no image\n" * 20))]
    upload = server.post("/v1/catalogues/shop/images", files=files, expect=202)
    job = server.wait_for_job(upload.json()["job"]["id"])
    failures = server.get(f"/v1/jobs/{job['id']}/failures").text
    for example, real in [(shown('{"job":'), upload.text), (shown('{"id":"eb39'), server.get(f"/v1/jobs/{job['id']}").text)]:
        names = iter(members(real))
        assert all(name in names for name in members(example)), real
    assert '"total":2,"done":1,"failed":1,"skipped":0' in shown('{"id":"eb39')
    assert (job["state"], job["total"], job["done"], job["failed"], job["skipped"]) == ("succeeded", 2, 1, 1, 0)
    assert shown('{"failures":') == failures.strip()
