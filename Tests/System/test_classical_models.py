"""Colour histograms and image hashes: models without weights, usable by every command."""

import numpy
import pytest

MODELS = {"colour-histogram": 294, "dhash": 64, "phash": 64}


def test_they_are_listed_and_need_nothing(program):
    models = {model["id"]: model for model in program.json("models", "list")["models"]}
    for model, dimension in MODELS.items():
        assert models[model]["state"] == "available" and models[model]["dimension"] == dimension
        assert models[model]["bytes"] == 0 and not models[model]["text"]
        assert "needs no weights" in program.run("models", "pull", model, expect=0).out
        assert program.json("models", "show", model)["source"] == {}


@pytest.mark.parametrize("model", MODELS)
def test_they_index_search_and_embed(program, few_pictures, model):
    program.run("index", few_pictures, "--model", model, "--catalogue", "c", expect=0)
    picture = sorted(few_pictures.rglob("*.jpg"))[3]
    found = program.json("search", picture, "--catalogue", "c", "--k", "3")
    assert found["model"] == model and len(found["results"]) == 3
    assert found["results"][0]["path"] == str(picture) and found["results"][0]["score"] > 0.999
    vector = numpy.array(program.json("embed", picture, "--model", model)["embeddings"][0]["vector"])
    assert len(vector) == MODELS[model] and abs(numpy.linalg.norm(vector) - 1) < 1e-5
    if model != "colour-histogram":
        assert set(numpy.abs(vector)) == {0.125}, "bits as +1 and −1"


def test_what_they_cannot_do_is_said(program, few_pictures):
    program.fails("embed", "--text", "red", "--model", "dhash", code="model-text-unsupported")
    message = program.fails(
        "models", "quantize", "phash", "--calibration", few_pictures, code="model-quantisation-failed")
    assert "no network" in message


def test_a_catalogue_changes_to_one(program, few_pictures):
    program.run("index", few_pictures, "--model", "dhash", expect=0)
    program.run("models", "reembed", "--to", "colour-histogram", "--catalogue", "default", expect=0)
    picture = sorted(few_pictures.rglob("*.jpg"))[0]
    assert program.json("search", picture)["model"] == "colour-histogram"
