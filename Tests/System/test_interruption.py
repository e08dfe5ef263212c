"""Ingestion that is interrupted: by SIGKILL at any moment, by Ctrl-C, or handed to a server."""

import hashlib
import os
import random
import shutil
import signal
import time

import pytest

from pictures import jpeg
from program import PATIENCE, Program, Server, wait_for


def accounts_for_every_file_once(program: Program, folder, *options, catalogue="default"):
    """After a final run, rows, originals, index and search agree with the files on disk.

    `options`: as given to `index`; with `--copy` the originals are in the data folder.
    """
    paths = sorted(path.resolve() for path in folder.rglob("*.jpg"))
    report = program.json("index", folder, "--catalogue", catalogue, *options)
    assert report["indexed"] + report["skipped"] == len(paths) and report["failed"] == 0
    listing = program.json("list", "--catalogue", catalogue, "--limit", "100000")
    assert listing["total"] == len(paths)
    hashes = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    assert sorted(image["id"] for image in listing["images"]) == hashes
    if "--copy" in options:
        assert all(image["path"] is None for image in listing["images"])
        assert stored_originals(program) == hashes
        assert not list((program.data / "files/partial").iterdir()), "what was half copied is cleared up"
    else:
        assert sorted(image["path"] for image in listing["images"]) == [str(path) for path in paths]
        assert stored_originals(program) == []
    found = program.json("search", paths[0], "--k", "1000000", "--catalogue", catalogue)["results"]
    assert sorted(result["id"] for result in found) == hashes
    for path in random.Random(len(paths)).sample(paths, 3):
        first = program.json("search", path, "--k", "1", "--catalogue", catalogue)["results"][0]
        assert first["id"] == hashlib.sha256(path.read_bytes()).hexdigest() and first["score"] > 0.999
    return report


def stored_originals(program: Program) -> list[str]:
    """Hashes of the originals in the data folder, each of which holds what its name says."""
    files = [path for path in (program.data / "files").glob("??/*") if path.is_file()]
    for path in files:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    return sorted(path.name for path in files)


@pytest.mark.parametrize("options, least, least_while_indexing", [((), 24, 10), (("--copy",), 12, 5)])
def test_sigkill_at_any_moment_of_an_ingestion(
        binary, many_pictures, tmp_path, options, least, least_while_indexing):
    generator = random.Random(20_261_122 + least)
    kills, rounds, kills_while_indexing = 0, 0, 0
    start = time.monotonic()
    while kills < least or kills_while_indexing < least_while_indexing:
        assert time.monotonic() - start < 600, f"{kills} kills, {kills_while_indexing} of them while indexing"
        rounds += 1
        program = Program(binary, data=tmp_path / f"data {rounds}")
        while True:
            process = program.start("index", many_pictures, *options, "--json")
            moment = time.monotonic() + generator.uniform(0.02, 1.5)
            while time.monotonic() < moment and process.poll() is None:
                time.sleep(0.002)
            if process.poll() is not None:
                assert process.returncode == 0, process.stderr.read()
                break
            process.kill()
            process.wait()
            kills += 1
            # What had been made visible is whole and stays readable without a writer.
            listing = program.run("list", "--catalogue", "default", "--json", "--limit", "100000")
            if listing.code == 0 and 0 < listing.json["total"] < 240:
                kills_while_indexing += 1
                ids = {image["id"] for image in listing.json["images"]}
                if options:
                    assert ids <= set(stored_originals(program)), "a row never comes before its original"
                path = next(many_pictures.rglob("*.jpg"))
                found = program.json("search", path, "--k", "1000000")["results"]
                assert {result["id"] for result in found} == ids
        report = accounts_for_every_file_once(program, many_pictures, *options)
        assert report["skipped"] == 240
        shutil.rmtree(program.data)


def test_a_killed_server_goes_on_with_its_job(program, serve):
    contents = [jpeg(70_000 + number) for number in range(120)]
    server = serve()
    answer = server.post(
        "/upload_catalogue",
        files=[("files", (f"picture {n}.jpg", content, "image/jpeg")) for n, content in enumerate(contents)])
    job = answer.json()["task_id"]
    generator = random.Random(7)
    for _ in range(5):
        time.sleep(generator.uniform(0, 0.6))
        server.kill()
        server = serve()
    assert server.wait_for_job(job)["state"] == "succeeded"
    listing = server.get("/v1/catalogues/default/images?limit=1000").json()
    assert listing["total"] == 120
    assert {i["id"] for i in listing["images"]} == {hashlib.sha256(content).hexdigest() for content in contents}
    for image in listing["images"][:5]:
        assert hashlib.sha256(server.get(image["original_url"]).content).hexdigest() == image["id"]
    assert server.stop() == 0
    spool = program.data / "spool"
    server = serve()
    assert not list(spool.iterdir()), "uploads that were taken in leave nothing in the spool"


def visible_count(program) -> int:
    result = program.run("list", "--catalogue", "default", "--json", "--limit", "1")
    return result.json["total"] if result.code == 0 else 0


def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(program, many_pictures):
    process = program.start("index", many_pictures)
    wait_for(lambda: visible_count(program) > 0, "the first images")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE) == 130
    done = visible_count(program)
    assert 0 < done < 240
    report = accounts_for_every_file_once(program, many_pictures)
    assert report["skipped"] >= done


def test_sigterm_counts_as_an_interruption(program, many_pictures):
    process = program.start("index", many_pictures)
    wait_for(lambda: (program.data / "semblance.sqlite").exists(), "the database")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 130
    accounts_for_every_file_once(program, many_pictures)


def test_index_hands_its_job_to_a_running_server(program, few_pictures, serve):
    server = serve()
    report = program.json("index", few_pictures)
    assert (report["indexed"], report["failed"]) == (12, 0)
    assert server.get("/v1/catalogues/default/images").json()["total"] == 12
    with open(few_pictures / "a/picture 000.jpg", "rb") as file:
        answer = server.post("/v1/catalogues/default/search", files={"image": file}, data={"k": "1"}).json()
    assert answer["results"][0]["name"] == "picture 000.jpg" and answer["results"][0]["score"] > 0.999
    accounts_for_every_file_once(program, few_pictures)


def test_index_takes_over_when_the_server_is_killed(program, many_pictures, serve):
    server = serve()
    process = program.start("index", many_pictures, "--json")
    wait_for(lambda: visible_count(program) > 0, "the first images")
    server.kill()
    assert process.wait(timeout=PATIENCE) == 0
    accounts_for_every_file_once(program, many_pictures)


def test_a_job_can_be_cancelled_from_beside(program, many_pictures, serve):
    server = serve()
    process = program.start("index", many_pictures)
    wait_for(lambda: visible_count(program) > 0, "the first images")
    [job] = program.json("jobs", "list", "--state", "running")["jobs"]
    program.json("jobs", "cancel", job["id"])
    assert process.wait(timeout=PATIENCE) == 1
    assert server.wait_for_job(job["id"])["state"] == "cancelled"
    accounts_for_every_file_once(program, many_pictures)


def test_a_server_stops_gracefully_while_it_works(program, many_pictures, serve):
    server = serve()
    process = program.start("index", many_pictures, "--json")
    wait_for(lambda: visible_count(program) > 0, "the first images")
    assert server.stop(signal.SIGINT) == 0
    # The command finds the data folder free and does the rest itself.
    assert process.wait(timeout=PATIENCE) == 0
    accounts_for_every_file_once(program, many_pictures)
