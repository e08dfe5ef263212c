"""Bad files and names: each is refused with a reason, and nothing else is lost."""

import os
import re
import shutil

import pytest

from pictures import BAD_FILES, jpeg, save_pictures


def by_name(report) -> dict[str, dict]:
    return {failure["path"].rsplit("/", 1)[-1]: failure for failure in report["failures"]}


def test_bad_files_are_named_and_good_ones_indexed(program, tmp_path):
    folder = tmp_path / "mixed"
    good = save_pictures(folder, count=4, seed=20)
    for name, (content, _) in BAD_FILES.items():
        (folder / name).write_bytes(content)
    # `script.svg` does not have an image's ending that the walk takes: named outright it is refused.
    report = program.json("index", folder, folder / "script.svg", expect=2)
    assert report["indexed"] == 4 and report["failed"] == len(report["failures"])
    failures = by_name(report)
    for name, (_, codes) in BAD_FILES.items():
        assert name in failures, f"{name} is not among {sorted(failures)}"
        assert failures[name]["code"] in codes, failures[name]
        # What is wrong, and what to do.
        assert re.search("copy of it|convert it|scale it down", failures[name]["message"]), failures[name]
    listed = {image["name"] for image in program.json("list", "--catalogue", "default")["images"]}
    assert listed == {path.name for path in good}
    [job] = program.json("jobs", "list")["jobs"]
    kept = program.json("jobs", "show", job["id"])["failures"]
    assert {f["path"].rsplit("/", 1)[-1] for f in kept} == set(BAD_FILES)


@pytest.mark.parametrize("name", sorted(BAD_FILES))
def test_search_refuses_a_bad_image(indexed, tmp_path, name):
    content, codes = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    result = indexed.run("search", tmp_path / name, "--json", expect=1)
    assert result.error["code"] in codes


def test_a_file_above_the_limit_is_refused_unread(program, tmp_path):
    path = tmp_path / "large.jpg"
    path.write_bytes(jpeg(1))
    os.truncate(path, 200_000_000)
    report = program.json("index", path, expect=2)
    assert report["failures"][0]["code"] == "image-too-many-bytes"
    small = tmp_path / "small.jpg"
    small.write_bytes(jpeg(1))
    limited = program.json("index", small, "--max-bytes", "1000", expect=2)
    assert limited["failures"][0]["code"] == "image-too-many-bytes"
    limited = program.json("index", small, "--max-pixels", "1000", expect=2)
    assert limited["failures"][0]["code"] == "image-too-many-pixels"


def test_unreadable_files_and_folders(program, tmp_path, without_override):
    good = save_pictures(tmp_path / "p", count=2, seed=21)
    (tmp_path / "p/closed").mkdir()
    (tmp_path / "p/closed/x.jpg").write_bytes(jpeg(2))
    (tmp_path / "p/secret.jpg").write_bytes(jpeg(3))
    (tmp_path / "p/secret.jpg").chmod(0)
    (tmp_path / "p/closed").chmod(0)
    # Its names can be read, but nothing can be told of them.
    (tmp_path / "p/listed/below").mkdir(parents=True)
    (tmp_path / "p/listed/notes.txt").write_text("no image")
    (tmp_path / "p/listed").chmod(0o444)
    try:
        report = program.json("index", tmp_path / "p", expect=2, before=without_override)
    finally:
        (tmp_path / "p/closed").chmod(0o700)
        (tmp_path / "p/listed").chmod(0o700)
    failures = by_name(report)
    assert report["indexed"] == len(good)
    assert set(failures) == {"closed", "secret.jpg", "below"}
    assert all("the right to read it" in failure["message"] for failure in failures.values())
    assert {failure["code"] for failure in failures.values()} == {"image-unreadable"}


def test_links_that_lead_nowhere_or_in_circles(program, tmp_path):
    folder = tmp_path / "p"
    save_pictures(folder, count=2, seed=22)
    (folder / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")
    (folder / "itself.jpg").symlink_to(folder / "itself.jpg")
    (folder / "album").symlink_to(tmp_path / "unmounted")
    (folder / "deeper").mkdir()
    (folder / "deeper/back").symlink_to(folder)
    (folder / "alias.jpg").symlink_to(folder / "picture 000.jpg")
    report = program.json("index", folder, expect=2)
    failures = by_name(report)
    assert set(failures) == {"gone.jpg", "itself.jpg", "album", "back"}
    assert all("delete it" in failure["message"] for failure in failures.values())
    assert report["indexed"] == 2
    assert program.json("list", "--catalogue", "default")["total"] == 2


def test_says_how_many_files_of_a_folder_it_leaves_out(program, tmp_path):
    save_pictures(tmp_path / "p", count=1, seed=24)
    (tmp_path / "p/drawing.svg").write_text("<svg/>")
    assert program.json("index", tmp_path / "p")["left_out"] == 1
    (tmp_path / "p/deeper").mkdir()
    (tmp_path / "p/deeper/scan.bmp").write_bytes(b"BM")
    lines = program.run("index", tmp_path / "p").out.splitlines()
    assert lines == [
        "0 indexed, 1 skipped, 0 failed · catalogue 'default'",
        "2 other files left out: their names do not end as an image's",
    ]
    # One that is named is tried.
    [failure] = program.json("index", tmp_path / "p/drawing.svg", expect=2)["failures"]
    assert failure["code"] == "image-unsupported-format"


def test_a_name_that_is_not_utf8(program, tmp_path):
    folder = tmp_path / "p"
    save_pictures(folder, count=1, seed=23)
    (tmp_path / "p" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(jpeg(4))
    report = program.json("index", folder, expect=2)
    assert (report["indexed"], report["failed"]) == (1, 1)
    [failure] = report["failures"]
    assert "caf" in failure["path"] and "UTF-8" in failure["message"]


def test_unusual_names_are_taken_as_they_are(program, tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    names = ["-rf.jpg", "ünï 🦆.jpg", "a\nb.jpg", "'quoted\" $(x).jpg", "%2e%2e.jpg", "x" * 240 + ".jpg"]
    for number, name in enumerate(names):
        (folder / name).write_bytes(jpeg(500 + number))
    assert program.json("index", folder)["indexed"] == len(names)
    assert {i["name"] for i in program.json("list", "--catalogue", "default")["images"]} == set(names)


def test_paths_that_do_not_exist(program, few_pictures, tmp_path):
    report = program.json("index", tmp_path / "nowhere", few_pictures / "a", expect=2)
    assert report["indexed"] == 6
    [failure] = report["failures"]
    assert failure["path"] == str(tmp_path / "nowhere") and failure["code"] == "image-unreadable"


def test_devices_and_pipes_are_no_images(program, tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    report = program.json("index", tmp_path / "pipe.jpg", "/dev/zero", expect=2)
    assert report["failed"] == 2


def test_a_region_outside_the_image(indexed, few_pictures):
    path = few_pictures / "a/picture 000.jpg"
    for region in ["0.5,0.5,0.6,0.5", "-0.1,0,1,1", "0,0,0,1", "nan,0,1,1", "0,0,1"]:
        assert indexed.run("search", path, f"--region={region}").code in (1, 64)


def test_unknown_models_catalogues_and_jobs(indexed, few_pictures):
    path = few_pictures / "a/picture 000.jpg"
    assert "resnet-9000" in indexed.fails("embed", path, "--model", "resnet-9000", code="model-unknown")
    indexed.fails("index", path, "--model", "resnet-9000", code="model-unknown")
    indexed.fails("search", path, "--model", "resnet-9000", code="model-unknown")
    indexed.fails("models", "show", "resnet-9000", code="model-unknown")
    assert "nowhere" in indexed.fails("search", path, "--catalogue", "nowhere", code="catalogue-unknown")
    indexed.fails("list", "--catalogue", "nowhere", code="catalogue-unknown")
    indexed.fails("remove", "--all", "--catalogue", "nowhere", code="catalogue-unknown")
    indexed.fails("jobs", "show", "nothing", code="job-unknown")
    indexed.fails("jobs", "cancel", "nothing", code="job-unknown")
    indexed.fails("index", path, "--catalogue", "../x", code="invalid-name")


def test_weights_that_were_changed_are_not_used(program, few_pictures, tmp_path):
    cache = tmp_path / "cache"
    shutil.copytree(model_folder(program), cache / "models" / "efficientnet-lite0", symlinks=False)
    program.environment["SEMBLANCE_CACHE"] = str(cache)
    [weights] = [path for path in (cache / "models").rglob("*.pth")]
    with open(weights, "r+b") as file:
        file.seek(1_000_000)
        file.write(b"\xff\xfe\xfd")
    message = program.fails("embed", few_pictures / "a/picture 000.jpg", code="model-hash-mismatch")
    assert "models pull" in message
    weights.unlink()
    message = program.fails("embed", few_pictures / "a/picture 000.jpg", code="model-weights-missing")
    assert "models pull" in message
    assert program.json("doctor", expect=1)["healthy"] is False


def model_folder(program):
    path = program.json("models", "show", "efficientnet-lite0")["path"]
    return os.path.dirname(path)
