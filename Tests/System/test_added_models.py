"""Models that users add to a data folder, from the file to the search; and versions that never mix."""

import json
import shutil
from pathlib import Path

import pytest

from program import Program

FIXTURES = Path(__file__).parents[1] / "SemblanceVisionTests/Fixtures/models"
NARROW = FIXTURES / "narrow-lite.pth"
RESNET = FIXTURES / "narrow-resnet-bottleneck.safetensors"


def add(program, path=NARROW, *words, **options):
    return program.json("models", "add", path, "--size", "50", *words, **options)


def ids(program) -> list[str]:
    return [model["id"] for model in program.json("models", "list")["models"]]


@pytest.fixture
def changed(tmp_path) -> Path:
    """The narrow network with one bit of its last weight turned."""
    content = bytearray(NARROW.read_bytes())
    content[-1] ^= 1
    path = tmp_path / "changed.pth"
    path.write_bytes(content)
    return path


def test_a_checkpoint_is_recognised_indexed_and_searched(program, few_pictures):
    answer = add(program, NARROW, "--licence", "ours", "--summary", "A test.")
    assert answer | {"path": None} == {
        "model": "narrow-lite", "outcome": "added", "family": "efficientnet-lite", "dimension": 64, "text": False,
        "notes": [], "path": None}
    assert Path(answer["path"]).is_relative_to(program.data / "models/narrow-lite")
    shown = program.json("models", "show", "narrow-lite")
    assert (shown["origin"], shown["licence"], shown["summary"]) == ("added", "ours", "A test.")
    assert shown["preprocessing"]["size"] == 50 and shown["options"]["pooling"] is None
    program.json("index", few_pictures, "--model", "narrow-lite")
    path = few_pictures / "a/picture 003.jpg"
    answer = program.json("search", path)
    assert answer["model"] == "narrow-lite" and answer["results"][0]["path"] == str(path.resolve())
    assert program.json("embed", path, "--model", "narrow-lite")["dim"] == 64
    assert add(program, NARROW, "--licence", "ours", "--summary", "A test.")["outcome"] == "unchanged"


def test_families_are_told_apart_by_their_tensors(program):
    answer = program.json("models", "add", RESNET, "--id", "res")
    assert answer["family"] == "resnet"
    answer = program.json("models", "add", RESNET, "--id", "pooled", "--pool", "gem")
    assert program.json("models", "show", "pooled")["options"]["pooling"] == "gem"
    message = program.fails("models", "add", NARROW, "--family", "resnet", code="model-unsupported-architecture")
    assert "'_blocks.0._bn1.bias'" in message and "resnet" in message
    message = program.fails("models", "add", NARROW, "--family", "perceptron", code="model-unsupported-architecture")
    assert "efficientnet-lite" in message and "onnx" in message
    assert {"res", "pooled"} <= set(ids(program)) and "narrow-lite" not in ids(program)


def test_what_is_no_model_is_refused_and_leaves_nothing(program, tmp_path):
    text = tmp_path / "text.pth"
    text.write_text("not weights")
    half = tmp_path / "half.pth"
    half.write_bytes(NARROW.read_bytes()[:60_000])
    for path, code in [(text, "model-checkpoint-damaged"), (half, "model-checkpoint-damaged"),
                       (tmp_path / "missing.pth", "model-weights-missing"), (tmp_path, "model-weights-missing")]:
        program.fails("models", "add", path, code=code)
    program.fails("models", "add", NARROW, "--size", "3", code="model-invalid-manifest")
    program.fails("models", "add", NARROW, "--id", "../up", code="model-invalid-manifest")
    assert program.run("models", "add", NARROW, "--pool", "max").code == 64
    assert not [path for path in (program.data / "models").rglob("*") if path.is_file() and path.name != ".lock"]


def test_changed_weights_are_another_version_that_never_mixes(program, few_pictures, changed):
    add(program, NARROW, "--id", "own")
    program.json("index", few_pictures, "--model", "own")
    path = few_pictures / "b/picture 001.jpg"
    before = program.json("search", path, "--k", "12")["results"]
    assert len(before) == 12
    message = program.fails("models", "add", changed, "--id", "own", "--size", "50", code="model-id-taken")
    assert "--replace" in message
    assert len(program.json("search", path)["results"]) > 0, "a refusal changes nothing"

    assert add(program, changed, "--id", "own", "--replace")["outcome"] == "replaced"
    assert program.json("search", path)["results"] == [], "the old version's embeddings are not used"
    report = program.json("index", few_pictures)
    assert (report["model"], report["indexed"]) == ("own", 12)
    assert len(program.json("search", path, "--k", "12")["results"]) == 12

    # The first weights again are the first version again, with the embeddings that it left.
    assert add(program, NARROW, "--id", "own", "--replace")["outcome"] == "replaced"
    again = program.json("search", path, "--k", "12")["results"]
    assert [(r["path"], r["score"]) for r in again] == [(r["path"], r["score"]) for r in before]


def test_preprocessing_is_part_of_the_version(program, few_pictures):
    add(program, NARROW, "--id", "own")
    program.json("index", few_pictures, "--model", "own")
    program.json("models", "add", NARROW, "--id", "own", "--size", "64", "--replace")
    assert program.json("search", few_pictures / "a/picture 000.jpg")["results"] == []


def test_a_running_server_sees_what_is_added(program, serve, few_pictures, changed):
    server = serve("--threads", "1")
    add(program, NARROW, "--id", "own")
    models = {model["id"]: model for model in server.get("/v1/models").json()["models"]}
    assert models["own"]["dimension"] == 64
    files = [("files", (path.name, path.read_bytes())) for path in sorted((few_pictures / "a").iterdir())]
    task = server.post("/upload_catalogue", files=files, data={"model_id": "own"}).json()["task_id"]
    assert server.wait_for_job(task)["state"] == "succeeded"
    query = {"file": files[0][1]}

    def search():
        task = server.post("/search_with_image", files=query, data={"model_id": "own"}).json()["task_id"]
        return server.get(f"/poll_task_status/{task}?target_status=SUCCESS&timeout=60").json()["result"]

    assert len(search()) == 6
    add(program, changed, "--id", "own", "--replace")
    assert search() == [], "the replaced weights are loaded, and have no embeddings yet"


def test_a_model_in_use_is_removed_by_force_only(program, few_pictures):
    add(program, NARROW, "--id", "own")
    program.json("index", few_pictures / "a", "--model", "own", "--catalogue", "shop")
    message = program.fails("models", "remove", "own", code="model-in-use")
    assert "'shop'" in message and "--force" in message and "own" in ids(program)
    assert program.json("models", "remove", "own", "--force") == {"removed": "own"}
    assert "own" not in ids(program) and not (program.data / "models/own").exists()
    message = program.fails("search", few_pictures / "a/picture 000.jpg", "--catalogue", "shop", code="model-unknown")
    assert "'own'" in message
    program.fails("models", "remove", "own", code="model-unknown")
    assert "built in" in program.fails("models", "remove", "efficientnet-lite0", code="model-in-use")


def test_a_damaged_entry_is_named_and_the_rest_counts(program):
    add(program, NARROW, "--id", "own")
    add(program, NARROW, "--id", "other")
    (program.data / "models/own/entry.json").write_text("{")
    result = program.run("models", "list", "--json", expect=0)
    listed = [model["id"] for model in result.json["models"]]
    assert "'own'" in result.err and "other" in listed and "own" not in listed
    assert program.json("models", "remove", "own") == {"removed": "own"}
    assert add(program, NARROW, "--id", "own")["outcome"] == "added"


def test_a_full_disk_leaves_no_half_model(binary, small_disk, tmp_path):
    disk = small_disk(1)
    program = Program(binary, data=disk / "data")
    large = tmp_path / "large.safetensors"
    shutil.copy(RESNET, large)
    (disk / "filler").write_bytes(bytes(900_000))
    message = program.fails("models", "add", large, code="disk-full")
    assert "Make room" in message or "make room" in message
    (disk / "filler").unlink()
    assert program.json("models", "add", large)["outcome"] == "added"


def test_published_weights_from_disk_are_recognised(binary, program, tmp_path, few_pictures):
    weights = Path(program.json("models", "show", "efficientnet-lite0")["path"])
    copy = tmp_path / "downloaded.pth"
    shutil.copy(weights, copy)
    other = Program(binary, data=tmp_path / "data", SEMBLANCE_CACHE=str(tmp_path / "cache"))
    answer = other.json("models", "add", copy)
    assert (answer["model"], answer["outcome"]) == ("efficientnet-lite0", "recognised")
    assert Path(answer["path"]) == tmp_path / f"cache/models/efficientnet-lite0/{weights.name}"
    assert other.json("embed", few_pictures / "a/picture 000.jpg")["dim"] == 1280
    assert other.json("models", "add", copy)["outcome"] == "unchanged"
    answer = other.json("models", "add", copy, "--id", "padless")
    assert answer["outcome"] == "added", "under a name of the user's own it is a model of its own"


def test_how_a_model_of_the_registry_is_read_is_settled(program):
    message = program.fails("models", "add", RESNET, "--id", "resnet18", "--pool", "gem", code="model-id-taken")
    assert "another --id" in message


def test_weights_with_a_wrong_name_prefix_are_refused(program):
    message = program.fails("models", "add", RESNET, "--id", "resnet18", code="model-hash-mismatch")
    assert "begins with f37072fd" in message


def test_other_names_mean_the_same_model(binary, few_pictures, tmp_path):
    config = tmp_path / "model_config.json"
    config.write_text(json.dumps([{
        "model_id": "narrow", "names": ["narrow_1"], "model_type": "efficientnet-lite", "model_dim": 64,
        "model_path": str(NARROW), "preprocessing": {"size": 50}}]))
    program = Program(binary, data=tmp_path / "data", SEMBLANCE_MODEL_CONFIG=str(config))
    report = program.json("index", few_pictures, "--model", "narrow_1")
    assert report["model"] == "narrow"
    [catalogue] = program.json("list")["catalogues"]
    assert catalogue["model"] == "narrow", "the catalogue has the id"
    path = few_pictures / "a/picture 002.jpg"
    assert program.json("search", path, "--model", "narrow_1") | {"took_ms": 0} == (
        program.json("search", path, "--model", "narrow") | {"took_ms": 0})
    assert program.json("models", "show", "vgg16_1")["id"] == "vgg16"
    assert program.json("embed", path, "--model", "narrow_1")["model"] == "narrow"
