"""Data folders that are in use, read-only, full or damaged."""

import os
import shutil
import socket
import sqlite3
import subprocess

import pytest

from pictures import save_pictures
from program import Program


def test_a_port_in_use(program):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        message = program.run("serve", "--port", port, "--json", expect=1).error["message"]
    assert str(port) in message and "--port" in message


def test_another_address_needs_a_key(program):
    result = program.run("serve", "--host", "0.0.0.0", "--port", "0", "--json", expect=1)
    assert "keys create" in result.error["message"] and "--allow-anonymous" in result.error["message"]


def test_behind_a_proxy_everybody_needs_a_key(program, serve):
    result = program.run("serve", "--require-key", "--port", "0", "--json", expect=1)
    assert "keys create" in result.error["message"] and "--require-key" in result.error["message"]
    key = program.json("keys", "create", "proxy", "--scope", "read")["key"]
    server = serve("--require-key", of=program)
    assert server.request("GET", "/v1/models", expect=None).status_code == 401
    # A proxy hands on the name that it was called by, or none that means anything.
    headers = {"Host": "photos.example", "Authorization": f"Bearer {key}"}
    assert server.request("GET", "/v1/models", headers=headers, expect=None).status_code == 200


def test_a_backup_in_a_data_folder_whose_database_was_lost(program, few_pictures, tmp_path):
    """The index's files know images by number, and the restored ones have no gap where one was removed."""
    pictures = sorted(few_pictures.rglob("*.jpg"))
    program.json("index", *pictures)
    program.json("remove", program.json("search", pictures[5])["results"][0]["id"])
    program.run("backup", tmp_path / "backup", expect=0)
    for left in program.data.glob("semblance.sqlite*"):
        left.unlink()
    program.run("restore", tmp_path / "backup", expect=0)
    for picture in pictures[:5] + pictures[6:]:
        best = program.json("search", picture)["results"][0]
        assert best["path"] == str(picture) and best["score"] > 0.999, (picture, best)


def test_a_data_folder_in_use(indexed, few_pictures, serve):
    server = serve(of=indexed)
    indexed.fails("serve", "--port", "0", code="data-folder-in-use")
    indexed.fails("remove", "--all", code="data-folder-in-use")
    # Readers work beside it.
    path = few_pictures / "a/picture 000.jpg"
    assert indexed.json("search", path)["results"][0]["score"] > 0.999
    assert indexed.json("list")["catalogues"]
    assert indexed.json("embed", path)["dim"] == 1280
    assert indexed.json("stats")["catalogues"][0]["images"] == 12
    assert indexed.json("jobs", "list")["jobs"]
    assert indexed.json("keys", "list")["keys"] == []
    # No stale lock after a kill.
    server.kill()
    assert indexed.json("remove", "--all")["removed"] == 12


def test_a_read_only_data_folder(program, few_pictures, tmp_path, without_override):
    program.data.mkdir()
    program.data.chmod(0o500)
    message = program.fails("index", few_pictures, code="data-folder-not-writable", before=without_override)
    assert str(program.data) in message or "--data" in message
    program.data.chmod(0o700)


def test_a_read_only_disk(program, few_pictures, small_disk):
    disk = small_disk(64)
    program.data = disk / "data"
    program.json("index", few_pictures)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    program.fails("index", few_pictures, "--catalogue", "other", code="data-folder-not-writable")
    # Readers say so, too: a database in WAL mode needs a file beside it even to be read.
    program.fails("list", "--catalogue", "default", code="data-folder-not-writable")
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert program.json("list", "--catalogue", "default")["total"] == 12


def test_a_disk_that_fills_up(program, many_pictures, few_pictures, small_disk):
    disk = small_disk(3)
    program.data = disk / "data"
    program.json("index", few_pictures)
    with open(disk / "ballast", "wb") as ballast:
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        ballast.write(b"\0" * (free - 400_000))
    result = program.run("index", many_pictures, "--copy", "--json")
    assert result.code in (1, 2)
    text = result.out + result.err
    assert "disk" in text and "full" in text, text[-2000:]
    # With room again the next run completes, and nothing is there twice.
    os.unlink(disk / "ballast")
    subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
    report = program.json("index", many_pictures, "--copy")
    assert report["indexed"] + report["skipped"] == 240
    assert program.json("stats")["catalogues"][0]["images"] == 252
    assert len(program.json("search", few_pictures / "a/picture 000.jpg", "--k", "1000")["results"]) == 252


def test_a_damaged_database_header(indexed, few_pictures):
    for path in indexed.data.glob("semblance.sqlite-*"):
        path.unlink()
    with open(indexed.data / "semblance.sqlite", "r+b") as file:
        file.write(b"this is not a database" * 100)
    for command in [["list"], ["index", few_pictures], ["stats"], ["search", few_pictures / "a/picture 000.jpg"]]:
        message = indexed.fails(*command, code="database-damaged")
        assert "semblance.sqlite" in message or "database" in message
    assert indexed.json("doctor", expect=1)["healthy"] is False


def test_a_damaged_database_page(indexed):
    with sqlite3.connect(indexed.data / "semblance.sqlite") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    size = os.path.getsize(indexed.data / "semblance.sqlite")
    with open(indexed.data / "semblance.sqlite", "r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * (size - 4096))
    report = indexed.json("doctor", expect=1)
    assert report["healthy"] is False
    indexed.fails("list", "--catalogue", "default", code="database-damaged")


def index_files(program):
    return [path for path in (program.data / "indexes").rglob("*") if path.is_file()]


@pytest.mark.parametrize("damage", ["delete", "truncate", "garbage", "head", "tail", "empty"])
def test_damaged_index_files_are_rebuilt(indexed, few_pictures, damage):
    path = few_pictures / "a/picture 000.jpg"
    before = indexed.json("search", path, "--k", "100")["results"]
    assert len(before) == 12 and index_files(indexed)
    if damage == "delete":
        shutil.rmtree(indexed.data / "indexes")
    for file in index_files(indexed):
        content = file.read_bytes()
        damaged = {
            "truncate": content[: len(content) // 2], "garbage": os.urandom(len(content)),
            "head": b"\xff" * 64 + content[64:], "tail": content[:-100] + b"\xff" * 100, "empty": b"",
        }[damage]
        file.write_bytes(damaged)
    assert indexed.json("search", path, "--k", "100")["results"] == before
    # A writer mends the files for good.
    indexed.json("index", few_pictures)
    assert indexed.json("search", path, "--k", "100")["results"] == before


def rot_a_vector(program):
    """Flips a bit of the first vector. Codes are looked through when an index is opened, vectors when a search meets them."""
    [path] = [path for path in index_files(program) if path.name == "vectors"]
    content = bytearray(path.read_bytes())
    content[64 + 13] ^= 0x10
    path.write_bytes(content)


def finding(program, name, expect=0):
    return next(f for f in program.json("doctor", expect=expect)["checks"] if f["check"] == name)


def test_doctor_finds_and_mends_what_rotted(indexed, few_pictures):
    assert finding(indexed, "index of 'default'")["state"] == "fine"
    rot_a_vector(indexed)
    found = finding(indexed, "index of 'default'")
    assert found["state"] == "weak" and found["detail"].startswith("1 of 12 vectors")
    found = finding(indexed, "index of 'default'")
    assert (found["state"], found["detail"]) == ("fine", "12 vectors are in order")
    assert len(indexed.json("search", few_pictures / "a/picture 000.jpg", "--k", "100")["results"]) == 12


def test_doctor_beside_a_server_finds_what_rotted_and_leaves_it(indexed, serve):
    rot_a_vector(indexed)
    server = serve(of=indexed)
    for _ in range(2):
        found = finding(indexed, "index of 'default'", expect=1)
        assert found["state"] == "broken" and "run semblance doctor again" in found["remedy"]
    server.stop()
    assert finding(indexed, "index of 'default'")["state"] == "weak"
    assert finding(indexed, "index of 'default'")["state"] == "fine"


def test_a_data_folder_that_is_a_file(binary, few_pictures, tmp_path):
    (tmp_path / "data").write_text("in the way")
    result = Program(binary, data=tmp_path / "data").run("index", few_pictures, "--json", expect=1)
    assert "data" in result.error["message"]


def test_an_original_that_is_gone(binary, tmp_path, serve):
    program = Program(binary, data=tmp_path / "data")
    paths = save_pictures(tmp_path / "p", count=2, seed=30)
    program.json("index", tmp_path / "p")
    paths[0].unlink()
    server = serve(of=program)
    images = {i["name"]: i for i in server.get("/v1/catalogues/default/images").json()["images"]}
    gone = server.get(images[paths[0].name]["original_url"], expect=404)
    assert gone.json()["code"] == "file-missing"
    assert server.get(images[paths[1].name]["original_url"]).content == paths[1].read_bytes()
