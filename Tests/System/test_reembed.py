"""Changing a catalogue's model: embedding anew, the switch, and what goes on meanwhile."""

import json
import random
import shutil
import threading
import time
from pathlib import Path

import pytest

from pictures import save_pictures
from program import Program, wait_for

DEFAULT = "efficientnet-lite0"
#: The same weights with other preprocessing: another model, whose vectors differ.
OTHER = "cropped"
#: A model whose weights are not here.
ABSENT = "absent"


@pytest.fixture(scope="session")
def configuration(binary, tmp_path_factory) -> Path:
    """A model configuration with a second model."""
    folder = tmp_path_factory.mktemp("configuration")
    weights = Program(binary, data=folder / "none").json("models", "show", DEFAULT, data=False)["path"]
    path = folder / "model_config.json"
    path.write_text(json.dumps([{
        "model_id": OTHER, "model_type": "efficientnet-lite", "model_subtype": "lite0", "model_dim": 1280,
        "model_path": weights, "preprocessing": {"fit": "crop", "resize_to": 256},
    }, {
        "model_id": ABSENT, "model_type": "efficientnet-lite", "model_subtype": "lite0", "model_dim": 1280,
        "model_path": str(folder / "absent.pth"),
    }]))
    return path


@pytest.fixture
def program(binary, configuration, tmp_path) -> Program:
    return Program(binary, data=tmp_path / "data", SEMBLANCE_MODEL_CONFIG=str(configuration))


def catalogue(program, name="default") -> dict:
    return next(entry for entry in program.json("stats")["catalogues"] if entry["name"] == name)


def test_every_image_is_embedded_and_the_catalogue_switched(program, few_pictures):
    program.json("index", few_pictures)
    path = few_pictures / "a/picture 003.jpg"
    report = program.json("models", "reembed", "--from", DEFAULT, "--to", OTHER)
    expected = {"catalogue": "default", "from": DEFAULT, "to": OTHER, "embedded": 12, "skipped": 0, "failed": 0,
                "switched": True, "discarded": 0, "failures": []}
    assert expected.items() <= report.items()
    shown = catalogue(program)
    assert shown["model"] == OTHER and shown["embeddings"] == {DEFAULT: 12, OTHER: 12}
    assert sorted(entry["model"] for entry in shown["embedding_versions"]) == sorted([DEFAULT, OTHER])
    assert len({entry["version"] for entry in shown["embedding_versions"]}) == 2
    found = program.json("search", path)
    assert found["model"] == OTHER and found["results"][0]["path"] == str(path.resolve())
    assert program.json("index", few_pictures)["model"] == OTHER, "new images get the new model"
    back = program.json("models", "reembed", "--to", DEFAULT, "--discard")
    assert (back["embedded"], back["skipped"], back["discarded"]) == (0, 12, 12)
    assert catalogue(program)["embeddings"] == {DEFAULT: 12}
    assert program.json("search", path)["model"] == DEFAULT
    assert program.json("search", path, "--model", OTHER)["results"] == []


def test_a_model_is_used_only_when_every_image_has_an_embedding(program, few_pictures):
    program.json("index", few_pictures)
    message = program.fails("models", "use", OTHER, code="model-embeddings-missing")
    assert "12 images" in message and f"models reembed --to {OTHER}" in message
    report = program.json("models", "reembed", "--to", OTHER, "--no-switch")
    assert (report["embedded"], report["switched"]) == (12, False)
    assert catalogue(program)["model"] == DEFAULT
    assert program.json("models", "use", OTHER) == {"catalogue": "default", "model": OTHER}
    assert catalogue(program)["model"] == OTHER


def test_a_model_can_be_forced_if_it_can_be_loaded(program, few_pictures):
    program.json("index", few_pictures)
    path = few_pictures / "a/picture 003.jpg"
    program.json("models", "use", OTHER, "--force")
    assert program.json("search", path)["model"] == OTHER and program.json("search", path)["results"] == []
    for arguments in (["use", ABSENT, "--force"], ["use", ABSENT], ["reembed", "--to", ABSENT]):
        program.fails("models", *arguments, code="model-weights-missing")
    assert catalogue(program)["model"] == OTHER
    program.json("models", "use", DEFAULT)
    assert len(program.json("search", path)["results"]) == 10


def test_originals_that_are_gone_or_changed_are_named(program, tmp_path):
    folder = tmp_path / "pictures"
    save_pictures(folder, count=6, seed=5)
    program.json("index", folder)
    paths = sorted(folder.iterdir())
    paths[1].unlink()
    shutil.copy(paths[2], paths[3])
    report = program.json("models", "reembed", "--to", OTHER, expect=2)
    assert (report["embedded"], report["failed"], report["switched"]) == (4, 2, False)
    assert {failure["path"] for failure in report["failures"]} == {str(path.resolve()) for path in (paths[1], paths[3])}
    assert {failure["code"] for failure in report["failures"]} == {"file-missing"}
    assert catalogue(program)["model"] == DEFAULT
    program.json("index", folder, "--prune")
    assert program.json("models", "reembed", "--to", OTHER)["switched"]


def test_what_is_unknown_is_refused(program, few_pictures):
    program.json("index", few_pictures / "a")
    assert OTHER in program.fails("models", "reembed", "--to", "resnet-9000", code="model-unknown")
    program.fails("models", "reembed", "--to", OTHER, "--catalogue", "nobody", code="catalogue-unknown")
    message = program.fails("models", "reembed", "--from", "third", "--to", OTHER, code="model-changed-meanwhile")
    assert DEFAULT in message and "third" in message
    program.fails("models", "use", "resnet-9000", code="model-unknown")
    program.fails("models", "use", OTHER, "--catalogue", "nobody", code="catalogue-unknown")
    program.run("models", "reembed", expect=64)
    program.run("models", "reembed", "--to", OTHER, "--no-switch", "--discard", expect=64)


def test_sigkill_at_any_moment(program, many_pictures):
    program.json("index", many_pictures)
    generator = random.Random(20_261_122)
    kills, total = 0, 240
    while kills < 8:
        process = program.start("models", "reembed", "--to", OTHER, "--json")
        # Later each time: the first one hits before the job begins, even on a quick machine.
        moment = time.monotonic() + 0.1 + 0.08 * (kills + generator.random())
        while time.monotonic() < moment and process.poll() is None:
            time.sleep(0.002)
        if process.poll() is not None:
            assert process.returncode == 0, process.stderr.read()
            break
        process.kill()
        process.wait()
        kills += 1
        shown = catalogue(program)
        path = many_pictures / "folder 3/picture 007.jpg"
        found = program.json("search", path, "--k", "1000")
        # Before the switch the old model answers, after it the new one, and always for every image.
        assert found["model"] == shown["model"] and len(found["results"]) == total
        assert found["results"][0]["path"] == str(path.resolve())
    assert kills > 0
    program.json("models", "reembed", "--to", OTHER)
    shown = catalogue(program)
    assert shown["model"] == OTHER and shown["embeddings"] == {DEFAULT: total, OTHER: total}
    assert len(program.json("search", many_pictures / "folder 3/picture 007.jpg", "--k", "1000")["results"]) == total


def test_a_server_answers_every_search_while_its_model_is_changed(program, serve, many_pictures, few_pictures):
    program.json("index", many_pictures)
    server = serve()
    path = many_pictures / "folder 5/picture 011.jpg"
    content, answers, problems, is_over = path.read_bytes(), [], [], threading.Event()

    def hammer():
        while not is_over.is_set():
            try:
                answer = server.post(
                    "/v1/catalogues/default/search", files={"image": ("q.jpg", content)}, data={"k": "1000"}).json()
                answers.append((answer["model"], len(answer["results"])))
                assert answer["results"][0]["name"] == path.name and answer["results"][0]["score"] > 0.999
            except Exception as problem:
                problems.append(problem)
                return

    threads = [threading.Thread(target=hammer) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        job = server.post("/v1/catalogues/default/reembed", json={"to": OTHER, "discard": True}, expect=202).json()["job"]
        # Goes on under the old model, and is embedded by the new one, too.
        report = program.json("index", few_pictures)
        ended = server.wait_for_job(job["id"])
        wait_for(lambda: problems or (answers and answers[-1][0] == OTHER), "an answer of the new model")
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert problems == []
    assert (ended["state"], ended["result"]["switched"]) == ("succeeded", True)
    assert report["indexed"] == 12
    assert {model for model, _ in answers} == {DEFAULT, OTHER}
    assert min(number for _, number in answers) >= 240
    # The ingestion may have ended after the switch; then it has embedded its images with the new model, too.
    found = server.post(
        "/v1/catalogues/default/search", files={"image": ("q.jpg", content)}, data={"k": "1000"}).json()
    assert len(found["results"]) == 252


def test_a_killed_server_goes_on_with_a_change_of_model(program, serve, many_pictures):
    program.json("index", many_pictures)
    server = serve()
    job = server.post("/v1/catalogues/default/reembed", json={"to": OTHER}, expect=202).json()["job"]["id"]
    generator = random.Random(11)
    for _ in range(3):
        time.sleep(generator.uniform(0.1, 0.8))
        server.kill()
        server = serve()
    ended = server.wait_for_job(job)
    assert ended["state"] == "succeeded" and ended["done"] + ended["skipped"] == 240
    assert server.get("/v1/catalogues/default").json()["model"] == OTHER


def test_the_command_hands_the_job_to_a_server(program, serve, few_pictures):
    program.json("index", few_pictures)
    server = serve()
    report = program.json("models", "reembed", "--to", OTHER)
    assert report["switched"] and server.get("/v1/catalogues/default").json()["model"] == OTHER
    program.fails("models", "use", DEFAULT, code="data-folder-in-use")
    answer = server.request("PATCH", "/v1/catalogues/default", json={"model": DEFAULT}).json()
    assert answer["model"] == DEFAULT
