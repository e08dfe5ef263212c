"""8-bit models by NNCF itself, in a private Python that stays in the cache; what can fail on the way is tested in Swift."""

import os
import signal
from pathlib import Path

import pytest

from pictures import save_pictures
from program import Program

#: The first run installs NNCF.
PATIENCE = 600


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("calibration") / "pictures"
    save_pictures(folder, count=40, seed=7)
    return folder


def test_makes_an_8_bit_model_that_needs_no_python(program, pictures):
    quantize = ["models", "quantize", "efficientnet-lite0", "--calibration", pictures]
    found = program.json(*quantize, timeout=PATIENCE)
    assert found["model"] == "efficientnet-lite0-int8"
    assert found["calibrated_with"] == 32 and found["held_out"] == 8
    assert found["bytes"]["int8"] < found["bytes"]["base"] / 3
    assert found["cosine"]["mean"] > 0.8 and found["cosine"]["smallest"] > 0.5
    assert found["images_per_second"]["int8"] > 0

    picture = sorted(pictures.iterdir())[0]
    alone = Program(program.binary, program.data, PATH="/nowhere")
    embedded = alone.json("embed", picture, "--model", "efficientnet-lite0-int8")
    assert len(embedded["embeddings"][0]["vector"]) == 1280
    shown = alone.json("models", "show", "efficientnet-lite0-int8")
    assert shown["family"] == "openvino" and shown["licence"] == "Apache-2.0"

    message = program.fails(
        "models", "quantize", "efficientnet-lite0-int8", "--calibration", pictures, code="model-quantisation-failed")
    assert "already" in message


@pytest.mark.parametrize("source", ["an empty catalogue", "a folder without pictures"])
def test_asks_for_pictures(program, tmp_path, source):
    (tmp_path / "notes.txt").write_text("no picture")
    folder = ["--calibration", tmp_path] if "folder" in source else []
    message = program.fails(
        "models", "quantize", "efficientnet-lite0", *folder, code="model-too-few-images")
    assert "--calibration" in message


def test_leaves_nothing_behind_when_it_is_interrupted(program, pictures):
    process = program.start("models", "quantize", "efficientnet-lite0", "--calibration", pictures)
    for line in process.stderr:
        if b"reading the network" in line:
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    models = program.data / "models"
    assert [path.name for path in models.glob("*")] in ([], [".lock"])
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "semblance"
    assert list(Path(os.environ.get("SEMBLANCE_CACHE", default)).glob("tools/.quantise-*")) == []
