"""Words: searching with them, embedding them, and naming what images show, with a real CLIP of random weights."""

import numpy
import pytest

from narrow_clip import CONTEXT, DIMENSION, save_narrow_clip
from program import Program

MODEL = "narrow-clip"


@pytest.fixture(scope="module")
def clip_data(binary, few_pictures, tmp_path_factory):
    """A data folder with the model and the few pictures indexed by it; not to be changed."""
    folder = tmp_path_factory.mktemp("clip")
    program = Program(binary, data=folder / "data")
    checkpoint = save_narrow_clip(folder / "narrow-clip.safetensors")
    program.run("models", "add", checkpoint, "--id", MODEL, expect=0)
    program.json("index", few_pictures, "--model", MODEL)
    return program.data


@pytest.fixture
def program(binary, clip_data) -> Program:
    """Only for what changes nothing."""
    return Program(binary, data=clip_data)


def texts(program, *words) -> numpy.ndarray:
    answer = program.json("embed", "--model", MODEL, "--text", *words)
    assert [item["text"] for item in answer["embeddings"]] == list(words)
    return numpy.array([item["vector"] for item in answer["embeddings"]])


def images(program, *paths) -> numpy.ndarray:
    answer = program.json("embed", "--model", MODEL, *paths)
    return numpy.array([item["vector"] for item in answer["embeddings"]])


def ranking(program, query: numpy.ndarray, paths) -> list[str]:
    scores = images(program, *paths) @ (query / numpy.linalg.norm(query))
    return [str(paths[place].resolve()) for place in numpy.argsort(-scores)]


def test_models_say_that_they_know_words(program):
    models = {model["id"]: model for model in program.json("models", "list")["models"]}
    assert models[MODEL]["text"] is True and models["efficientnet-lite0"]["text"] is False


def test_embed_prints_texts_in_the_shape_of_images(program, few_pictures):
    words = ["a red chair", "", "Ein roter Stuhl 🪑", "a\nb"]
    vectors = texts(program, *words)
    assert vectors.shape == (4, DIMENSION)
    assert numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert numpy.allclose(texts(program, words[0])[0], vectors[0], atol=1e-3)
    path = few_pictures / "a/picture 000.jpg"
    both = program.json("embed", path, "--model", MODEL, "--text", "a", "--text", "b")
    assert [sorted(item) for item in both["embeddings"]] == [["path", "vector"], ["text", "vector"], ["text", "vector"]]
    assert both["model"] == MODEL and both["dim"] == DIMENSION


def test_embed_writes_texts_as_a_numpy_array(program, tmp_path):
    answer = program.json("embed", "--model", MODEL, "--output", tmp_path / "v.npy", "--text", "red", "green")
    assert answer["texts"] == ["red", "green"] and answer["paths"] == []
    assert numpy.allclose(numpy.load(tmp_path / "v.npy"), texts(program, "red", "green"), atol=1e-3)


def test_a_text_finds_the_images_nearest_to_its_vector(program, few_pictures):
    paths = sorted(few_pictures.rglob("*.jpg"))
    found = program.json("search", "--text", "a red chair", "--k", "12", "--model", MODEL)
    assert found["model"] == MODEL and "warnings" not in found
    assert [result["path"] for result in found["results"]] == ranking(program, texts(program, "a red chair")[0], paths)


def test_texts_and_images_are_combined_by_weight(program, few_pictures):
    paths = sorted(few_pictures.rglob("*.jpg"))
    red, wood = texts(program, "a red chair", "made of wood")
    first, second = images(program, paths[3], paths[8])
    found = program.json(
        "search", paths[3], "--text", "a red chair", "--weights", "0.5,2", "--minus", paths[8], "--minus-text",
        "made of wood", "--k", "12", "--model", MODEL)
    query = 0.5 * first + 2 * red - second - wood
    assert [result["path"] for result in found["results"]] == ranking(program, query, paths)
    found = program.json("search", "--text", "a red chair", "--text", "made of wood", "--weights=-0.5,1", "--k", "12",
                         "--model", MODEL)
    assert [result["path"] for result in found["results"]] == ranking(program, wood - 0.5 * red, paths)


def test_a_text_longer_than_the_model_reads_is_cut_and_said_to_be(program):
    long = " ".join(["chair"] * 5 * CONTEXT)
    result = program.run("search", "--text", long, "--model", MODEL, "--json", expect=0)
    assert "longer than the model reads" in result.err and len(result.json["warnings"]) == 1
    result = program.run("embed", "--text", long, "chair", "--model", MODEL, "--json", expect=0)
    assert "longer than the model reads" in result.err
    assert [item.get("cut") for item in result.json["embeddings"]] == [True, None]


def test_label_names_images_by_the_nearest_class(program, few_pictures):
    paths = sorted(few_pictures.rglob("*.jpg"))[:3]
    classes = ["cat", "red chair", "tree"]
    answer = program.json("label", *paths, "--classes", "cat, red chair", "--classes", "tree", "--model", MODEL)
    assert answer["model"] == MODEL and [image["path"] for image in answer["images"]] == [str(path) for path in paths]
    scores = images(program, *paths) @ texts(program, *[f"a photo of a {name}" for name in classes]).T
    for image, expected in zip(answer["images"], scores):
        assert [label["label"] for label in image["labels"]] == [classes[place] for place in numpy.argsort(-expected)]
        found = {label["label"]: label for label in image["labels"]}
        # The logit scale is CLIP's own, 100.
        weights = numpy.exp(100 * numpy.array([found[name]["score"] for name in classes]))
        probabilities = [found[name]["probability"] for name in classes]
        assert numpy.allclose(probabilities, weights / weights.sum(), atol=1e-3)
        assert numpy.allclose([found[name]["score"] for name in classes], expected, atol=2e-3)
    one = program.json("label", paths[0], "--classes", "cat,tree", "--prompt", "{}!", "--k", "1", "--model", MODEL)
    assert len(one["images"][0]["labels"]) == 1
    assert "%" in program.run("label", paths[0], "--classes", "cat,tree", "--model", MODEL, expect=0).out


def test_label_names_what_failed_and_goes_on(program, few_pictures, tmp_path):
    bad, good = tmp_path / "bad.jpg", few_pictures / "a/picture 000.jpg"
    bad.write_text("text")
    answer = program.json("label", bad, good, "--classes", "cat,dog", "--model", MODEL, expect=2)
    assert [image["path"] for image in answer["images"]] == [str(good)]
    assert answer["failures"][0]["path"] == str(bad)


def test_a_model_without_words_names_those_that_have_them(program, few_pictures):
    path = few_pictures / "a/picture 000.jpg"
    for arguments in (["search", "--text", "a"], ["search", path, "--minus-text", "a"], ["embed", "--text", "a"],
                      ["label", path, "--classes", "a,b"]):
        message = program.fails(*arguments, "--model", "efficientnet-lite0", code="model-text-unsupported")
        assert MODEL in message and "efficientnet-lite0" in message


@pytest.mark.parametrize("arguments", [
    ["search", "--minus-text", "a"], ["search", "--text", "a", "--weights", "1,2"], ["search", "--text", "a", "--weights", "x"],
    ["search", "--text", "a", "--weights", "nan"], ["label", "a.jpg"], ["label", "--classes", "a"],
    ["label", "a.jpg", "--classes", "a,a"], ["label", "a.jpg", "--classes", "a,"],
    ["label", "a.jpg", "--classes", "a", "--prompt", "none"], ["label", "a.jpg", "--classes", "a", "--k", "0"], ["embed", "--text"],
])
def test_misuse_ends_with_64(program, arguments):
    result = program.run(*arguments, expect=64)
    assert result.err.strip() and not result.out


def test_texts_that_are_none_are_refused(program):
    for text in ("", "  ", "a" * 10_001):
        program.fails("search", "--text", text, "--model", MODEL, code="invalid-text")
    program.fails("search", "--text", "a", "--weights=-1", "--model", MODEL, code="invalid-query")
    program.fails("embed", "--text", "a" * 10_001, "--model", MODEL, code="invalid-text")


def test_the_api_searches_and_labels_with_words(program, serve, few_pictures):
    server = serve(of=program)
    path = few_pictures / "b/picture 004.jpg"
    query = [{"text": "a red chair", "weight": 1}, {"text": "made of wood", "weight": -0.5}]
    found = server.post("/v1/catalogues/default/search", json={"query": query, "model": MODEL, "k": 12}).json()
    red, wood = texts(program, "a red chair", "made of wood")
    expected = ranking(program, red - 0.5 * wood, sorted(few_pictures.rglob("*.jpg")))
    assert [result["name"] for result in found["results"]] == [place.rsplit("/", 1)[1] for place in expected]
    form = server.post(
        "/v1/label", files={"image": ("a.jpg", path.read_bytes())}, data={"classes": ["cat,dog", "tree"], "model": MODEL}).json()
    printed = program.json("label", path, "--classes", "cat,dog,tree", "--model", MODEL)["images"][0]["labels"]
    assert [label["label"] for label in form["labels"]] == [label["label"] for label in printed]
    problem = server.post(
        "/v1/catalogues/default/search", json={"query": query, "model": "efficientnet-lite0"}, expect=422).json()
    assert problem["code"] == "model-text-unsupported" and MODEL in problem["detail"]
