"""Embeddings written into files."""

import json

import numpy

from pictures import BAD_FILES


def test_writes_json(program, few_pictures, tmp_path):
    paths = sorted((few_pictures / "a").iterdir())
    result = program.run("embed", *paths, "--output", tmp_path / "x.json", expect=0)
    assert result.out == f"6 × 1280 written to {tmp_path / 'x.json'}\n"
    written = json.loads((tmp_path / "x.json").read_text())
    assert written == program.json("embed", *paths), "the file holds what would be printed"
    assert [item["path"] for item in written["embeddings"]] == [str(path) for path in paths]
    assert {len(item["vector"]) for item in written["embeddings"]} == {1280}


def test_json_and_numpy_hold_the_same_vectors(program, few_pictures, tmp_path):
    paths = sorted((few_pictures / "b").iterdir())
    for name in ["x.json", "x.npy"]:
        program.run("embed", *paths, "--output", tmp_path / name, expect=0)
    vectors = [item["vector"] for item in json.loads((tmp_path / "x.json").read_text())["embeddings"]]
    assert numpy.array_equal(numpy.array(vectors, numpy.float32), numpy.load(tmp_path / "x.npy"))


def test_a_broken_image_is_named_in_the_file(program, few_pictures, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(BAD_FILES["text.jpg"][0])
    good = few_pictures / "a/picture 000.jpg"
    program.run("embed", tmp_path / "bad.jpg", good, "--output", tmp_path / "x.json", expect=2)
    written = json.loads((tmp_path / "x.json").read_text())
    assert [item["path"] for item in written["embeddings"]] == [str(good)]
    assert [failure["path"] for failure in written["failures"]] == [str(tmp_path / "bad.jpg")]
