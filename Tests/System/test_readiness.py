"""When `/readyz` says that the server is ready: once its model is there and warm."""

import shutil
from pathlib import Path

import pytest

from program import Program, Server, wait_for

MODEL = "efficientnet-lite0"


def state_of_model(server: Server) -> str:
    return next(model["state"] for model in server.get("/v1/models").json()["models"] if model["id"] == MODEL)


@pytest.fixture
def empty_cache(tmp_path) -> Path:
    return tmp_path / "cache"


def give_weights(program: Program, cache: Path):
    """Puts the shared cache's weights into an own one, whole from the first moment."""
    weights = Path(program.json("models", "show", MODEL, data=False)["path"])
    shutil.copytree(weights.parent, cache / "copying")
    (cache / "models").mkdir(exist_ok=True)
    (cache / "copying").rename(cache / "models" / MODEL)


def test_is_ready_as_soon_as_the_model_is_there(binary, program, serve, empty_cache):
    server = serve(of=Program(binary, data=program.data, SEMBLANCE_CACHE=str(empty_cache)), wait=False)
    server.wait_until_listening()
    wait_for(lambda: "weights" in server.read_log(), "what is missing to be said")
    assert server.get("/healthz").json() == {"status": "ok"}
    answer = server.get("/readyz", expect=503)
    assert answer.json()["code"] == "not-ready" and "model" in answer.json()["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert state_of_model(server) == "missing"
    give_weights(program, empty_cache)
    wait_for(lambda: server.get("/readyz", expect=None).status_code == 200, "the server to be ready", seconds=30)
    assert state_of_model(server) == "loaded"


def test_the_model_is_warm_when_the_server_is_ready(serve):
    assert state_of_model(serve()) == "loaded"
