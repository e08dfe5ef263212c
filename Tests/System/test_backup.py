"""Backups, restoring them, and moving between the embedded size and server mode."""

import hashlib
import json
import os
import shutil
import signal

import pytest

from pictures import jpeg, save_pictures
from program import Program, wait_for


@pytest.fixture(scope="module")
def filled_data(binary, few_pictures, tmp_path_factory):
    """Stored and in-place images, metadata, keys: not to be changed."""
    folder = tmp_path_factory.mktemp("filled")
    program = Program(binary, data=folder / "data")
    (folder / "list.jsonl").write_text(json.dumps(
        {"path": f"{few_pictures}/a/picture 001.jpg", "metadata": {"größe": [1, 2.5, "x"], "n": {"deep": True}}}))
    program.run("index", few_pictures, "--metadata", folder / "list.jsonl", expect=0)
    program.run("index", few_pictures / "a", "--copy", "--catalogue", "Möbel", expect=0)
    program.run("keys", "create", "phone", "--scope", "write", expect=0)
    return program.data


@pytest.fixture
def filled(binary, filled_data, tmp_path):
    shutil.copytree(filled_data, tmp_path / "filled")
    return Program(binary, data=tmp_path / "filled")


def holdings(program):
    """Everything that users see."""
    found = {"keys": program.json("keys", "list")["keys"]}
    for catalogue in program.json("list")["catalogues"]:
        images = program.json("list", "--catalogue", catalogue["name"])["images"]
        found[catalogue["name"]] = (catalogue["model"], sorted(images, key=lambda image: image["id"]))
    return found


def nearest(program, path, catalogue):
    results = program.json("search", path, "--catalogue", catalogue, "--k", "100")["results"]
    return [(result["id"], round(result["score"], 3)) for result in results]


def originals(program):
    files = [path for path in (program.data / "files").glob("??/*") if path.is_file()]
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in files)
    return sorted(path.name for path in files)


@pytest.mark.parametrize("way", ["embedded", "server"])
def test_backup_and_restore(filled, few_pictures, tmp_path, request, way):
    report = filled.json("backup", tmp_path / "backup")
    assert (report["images"], report["originals"], report["keys"], report["catalogues"]) == (18, 6, 1, 2)
    if way == "embedded":
        other = Program(filled.binary, data=tmp_path / "other")
    else:
        other = request.getfixturevalue("installation").program
    assert other.json("restore", tmp_path / "backup")["images"] == 18
    assert holdings(other) == holdings(filled)
    assert originals(other) == originals(filled)
    path = few_pictures / "a/picture 003.jpg"
    for catalogue in ("default", "Möbel"):
        assert nearest(other, path, catalogue) == nearest(filled, path, catalogue)
    # Files are recognised unread.
    if way == "server":
        request.getfixturevalue("installation").worker()
    assert other.json("index", few_pictures)["skipped"] == 12
    message = other.fails("restore", tmp_path / "backup", code="catalogue-not-empty")
    assert "--continue" in message and "12 images" in message
    # And back again, out of what was restored.
    other.json("backup", tmp_path / "second")
    third = Program(filled.binary, data=tmp_path / "third")
    third.json("restore", tmp_path / "second")
    assert holdings(third) == holdings(filled)


def test_migrate_there_and_back(filled, few_pictures, installation, tmp_path):
    expected = holdings(filled)
    filled.environment["SEMBLANCE_TO"] = installation.database
    report = filled.json("migrate", "--to-files", installation.program.data)
    assert report["images"] == 18 and report["keys"] == 1
    assert holdings(installation.program) == expected and originals(installation.program) == originals(filled)
    installation.worker()
    path = few_pictures / "a/picture 003.jpg"
    assert nearest(installation.program, path, "Möbel") == nearest(filled, path, "Möbel")
    # Something new in server mode comes along.
    save_pictures(tmp_path / "new", count=3, seed=77)
    assert installation.program.json("index", tmp_path / "new", "--copy", "--catalogue", "Möbel")["indexed"] == 3
    back = tmp_path / "back"
    assert installation.program.json("migrate", "--to", back)["images"] == 21
    returned = Program(filled.binary, data=back)
    assert holdings(returned) == holdings(installation.program)
    assert len(originals(returned)) == 9
    message = installation.program.fails("migrate", "--to", back, code="catalogue-not-empty")
    assert "--continue" in message
    assert installation.program.json("migrate", "--to", back, "--continue")["images"] == 21


def test_migrate_leaves_no_job_behind(installation, few_pictures, tmp_path):
    process = installation.program.start("index", few_pictures)
    wait_for(lambda: installation.program.json("jobs", "list")["jobs"], "the job")
    message = installation.program.fails("migrate", "--to", tmp_path / "to", code="jobs-unfinished")
    assert "jobs cancel" in message
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def test_a_backup_beside_a_running_server(filled, serve, tmp_path):
    server = serve(of=filled)
    files = [("files", (f"{n}.jpg", jpeg(81_000 + n))) for n in range(30)]
    task = server.post("/v1/catalogues/shop/images", files=files, expect=202).json()["job"]["id"]
    filled.json("backup", tmp_path / "backup")
    server.wait_for_job(task)
    assert filled.json("backup", tmp_path / "backup")["images"] == 48
    server.stop()
    other = Program(filled.binary, data=tmp_path / "other")
    other.json("restore", tmp_path / "backup")
    assert holdings(other) == holdings(filled)


@pytest.mark.parametrize("victim, damage", [
    ("backup.json", "change"), ("1.jsonl", "change"), ("1.vectors", "cut"), ("keys.jsonl", "remove"),
    ("files", "change"), ("files", "remove")])
def test_a_damaged_backup_is_refused_by_name(filled, tmp_path, victim, damage):
    backup = tmp_path / "backup"
    filled.json("backup", backup)
    assert filled.json("restore", backup, "--check")["whole"] is True
    [path, *_] = sorted(
        path for path in backup.rglob("*") if path.is_file()
        and (path.name == victim or (victim == "files" and len(path.name) == 64)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(content if damage == "change" else content[:-1])
    other = Program(filled.binary, data=tmp_path / "other")
    message = other.fails("restore", backup, code="backup-damaged")
    assert path.name in message
    assert other.json("list")["catalogues"] == [] and originals(other) == []


def test_what_is_no_backup(program, filled, tmp_path):
    program.fails("restore", tmp_path, code="backup-unknown")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("mine")
    assert "thesis.txt" in filled.fails("backup", tmp_path / "mine", code="backup-folder-taken")
    manifest = '{"format":99}'
    (tmp_path / "newer").mkdir()
    digest = hashlib.sha256(manifest.encode()).hexdigest()
    (tmp_path / "newer/backup.json").write_text(f"{manifest}\n{digest}\n")
    program.fails("restore", tmp_path / "newer", code="backup-newer-format")


def test_a_backup_that_fails_leaves_the_one_before(filled, few_pictures, small_disk):
    backup = small_disk(4) / "backup"
    filled.json("backup", backup)
    with open(backup.parent / "ballast", "wb") as ballast:
        ballast.write(b"\0" * (os.statvfs(backup).f_bavail * os.statvfs(backup).f_frsize - 30_000))
    save = filled.data.parent / "more"
    save_pictures(save, count=20, seed=5)
    filled.run("index", save, "--copy", expect=0)
    assert "full" in filled.fails("backup", backup, code="disk-full")
    assert filled.json("restore", backup, "--check")["whole"] is True
    os.unlink(backup.parent / "ballast")
    assert filled.json("backup", backup)["images"] == 38
    assert len([path for path in backup.iterdir() if path.name.startswith("parts-")]) == 1
