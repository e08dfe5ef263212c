"""Limits on files, threads and time, and what `index` keeps when it cannot see everything."""

import json
import signal

import numpy
import pytest
from PIL import Image

from pictures import jpeg, save_pictures
from program import PATIENCE, wait_for


def total(program) -> int:
    return program.json("list", "--catalogue", "default", "--limit", "1")["total"]


def visible(program) -> int:
    result = program.run("list", "--catalogue", "default", "--json", "--limit", "1")
    return result.json["total"] if result.code == 0 else 0


def test_a_picture_that_takes_too_long(program, tmp_path):
    path = tmp_path / "large.png"
    Image.new("RGB", (9900, 9900), "teal").save(path, compress_level=1)
    result = program.run("embed", path, "--max-seconds", "0.1", "--json", expect=2)
    [failure] = result.json["failures"]
    assert (failure["path"], failure["code"]) == (str(path), "image-took-too-long")
    assert "0.1" in failure["message"] or "--max-seconds" in failure["message"]
    assert program.json("embed", path)["embeddings"][0]["path"] == str(path)


def test_one_thread_is_enough(program, few_pictures):
    report = program.json("index", few_pictures, "--threads", "1")
    assert (report["indexed"], report["failed"]) == (12, 0)
    path = few_pictures / "a/picture 001.jpg"
    assert program.json("search", path, "--threads", "1")["results"][0]["score"] > 0.999


@pytest.mark.parametrize("option", [
    "--threads=-1", "--threads=257", "--max-bytes=999", "--max-bytes=4000000001",
    "--max-pixels=0", "--max-pixels=1000000001",
    "--max-seconds=0", "--max-seconds=0.05", "--max-seconds=-1", "--max-seconds=3601", "--max-seconds=inf", "--max-seconds=nan",
])
@pytest.mark.parametrize("command", ["index", "embed"])
def test_a_limit_out_of_range_is_misuse(program, few_pictures, command, option):
    result = program.run(command, few_pictures / "a/picture 000.jpg", option, expect=64)
    assert not result.out and result.err.startswith("Error:")
    assert not program.data.exists()


@pytest.fixture
def folder(tmp_path):
    """Three pictures in each of two subfolders."""
    save_pictures(tmp_path / "p/a", count=3, seed=61)
    save_pictures(tmp_path / "p/b", count=3, seed=62)
    return tmp_path / "p"


def test_prune_keeps_what_lies_in_a_folder_that_cannot_be_read(program, folder, without_override):
    program.json("index", folder)
    (folder / "a/picture 000.jpg").unlink()
    (folder / "b").chmod(0)
    try:
        report = program.json("index", folder, "--prune", expect=2, before=without_override)
    finally:
        (folder / "b").chmod(0o755)
    assert [failure["path"] for failure in report["failures"]] == [str(folder / "b")]
    images = program.json("list", "--catalogue", "default")["images"]
    assert len(images) == 5 and sum("/b/" in image["path"] for image in images) == 3
    assert program.json("index", folder, "--prune")["skipped"] == 5


def test_prune_keeps_everything_when_the_folder_is_empty(program, folder):
    program.json("index", folder)
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    program.json("index", folder, "--prune")
    assert total(program) == 6, "an empty folder is a disk that is not mounted, rather than six deletions"
    folder.rmdir()
    folder.with_name("elsewhere").rename(folder)
    assert program.json("index", folder, "--prune")["skipped"] == 6


def test_prune_keeps_everything_when_the_folder_is_missing(program, folder):
    program.json("index", folder)
    folder.rename(folder.with_name("elsewhere"))
    assert program.run("index", folder, "--prune").code in (1, 2)
    assert total(program) == 6


def test_a_failed_index_tells_why(program, few_pictures, tmp_path):
    result = program.run("index", few_pictures, "--metadata", tmp_path / "gone.jsonl", "--json", expect=1)
    assert result.error["code"] not in ("job-cancelled", "internal-error"), result
    assert "gone.jsonl" in result.error["message"]
    assert result.error["message"] in result.err
    [job] = program.json("jobs", "list")["jobs"]
    assert (job["state"], job["code"], job["reason"]) == ("failed", result.error["code"], result.error["message"])


def test_embed_lists_what_is_in_the_array_and_what_is_not(program, tmp_path):
    names = ["first.jpg", "bad.jpg", "last.jpg"]
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(b"no picture" if name == "bad.jpg" else jpeg(80 + number))
    answer = program.json("embed", *names, "--output", "vectors.npy", expect=2, cwd=tmp_path)
    assert (answer["paths"], answer["dim"]) == (["first.jpg", "last.jpg"], 1280)
    [failure] = answer["failures"]
    assert (failure["path"], failure["code"]) == ("bad.jpg", "image-unsupported-format")
    rows = numpy.load(tmp_path / "vectors.npy")
    alone = program.json("embed", tmp_path / "last.jpg")["embeddings"][0]["vector"]
    assert rows.shape == (2, 1280) and numpy.allclose(rows[1], alone, atol=1e-6)


def test_ctrl_c_cancels_a_job_that_was_handed_to_a_server(program, many_pictures, serve):
    server = serve()
    process = program.start("index", many_pictures, "--json")
    wait_for(lambda: visible(program) > 0, "the first images")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert out == b"" or "error" in json.loads(out), "no report of a run that did not end"
    [job] = program.json("jobs", "list")["jobs"]
    assert server.wait_for_job(job["id"])["state"] == "cancelled"
    assert 0 < total(program) < 240
    assert server.get("/readyz").status_code == 200
