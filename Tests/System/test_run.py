"""`scripts/run.sh`, which `make run` calls, with the real program and a small demo."""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import requests

from pictures import save_pictures
from program import PATIENCE, wait_for
from test_run_server import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(binary, tmp_path) -> Path:
    """A project with the scripts, the program and five pictures in place of the demo's."""
    (tmp_path / "scripts").mkdir()
    for name in ("common.sh", "run.sh"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    (tmp_path / ".build/release").mkdir(parents=True)
    (tmp_path / ".build/release/semblance").symlink_to(binary)
    demo = tmp_path / ".deps/demo"
    save_pictures(demo / "furniture", count=3, seed=61)
    save_pictures(demo / "stamps", count=2, seed=62)
    (demo / "metadata.jsonl").write_text(
        json.dumps({"path": "stamps/picture 001.jpg", "metadata": {"category": "stamp"}}) + "\n")
    return tmp_path


@pytest.fixture
def run(project):
    """Starts the script with settings of its own; returns the process and where it writes."""
    environment = {
        name: value for name, value in os.environ.items()
        if not name.startswith("SEMBLANCE_") or name == "SEMBLANCE_CACHE"
    } | {"SEMBLANCE_DATA": str(project / "data")}
    started = []

    def start(**settings) -> tuple[subprocess.Popen, Path]:
        log = project / f"log {len(started)}"
        process = subprocess.Popen(
            [project / "scripts/run.sh", "--demo"], env=environment | settings, stdout=log.open("w"),
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            # Where the tests run in the background, the shell has Ctrl-C ignored, and a script cannot undo that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        started.append(process)
        return process, log

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def wait_until_it_serves(process, log: Path, url: str) -> str:
    """Returns what was said until then."""
    def serves():
        assert process.poll() is None, log.read_text()
        return f"Semblance at {url}" in log.read_text()

    wait_for(serves, "the server")
    return log.read_text()


def test_indexes_the_demo_and_serves_it(run):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    for counts in ["5 indexed, 0 skipped, 0 failed", "0 indexed, 5 skipped, 0 failed"]:
        process, log = run(SEMBLANCE_PORT=str(port))
        said = wait_until_it_serves(process, log, url)
        assert counts in said and f"open {url} in a browser" in said
        assert re.search(r"==> Indexing the demo catalogue\n(.*\n)*    done in \d+ s\n", said), said
        assert "<html" in requests.get(url, timeout=PATIENCE).text
        images = requests.get(f"{url}/v1/catalogues/demo/images", timeout=PATIENCE).json()["images"]
        assert len(images) == 5
        assert [image["metadata"] for image in images if image["metadata"]] == [{"category": "stamp"}]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 0


def test_a_broken_picture_does_not_keep_it_from_serving(run, project):
    (project / ".deps/demo/stamps/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    port = free_port()
    said = wait_until_it_serves(*run(SEMBLANCE_PORT=str(port)), f"http://127.0.0.1:{port}")
    assert "broken.png" in said and "some pictures could not be indexed" in said


def test_stops_and_says_what_to_do_when_the_demo_cannot_be_indexed(run, project):
    (project / ".deps/demo/metadata.jsonl").unlink()
    process, log = run(SEMBLANCE_PORT=str(free_port()))
    assert process.wait(timeout=PATIENCE) == 1
    said = log.read_text()
    assert "metadata.jsonl" in said and "make run DEMO=none serves without it" in said and "Serving" not in said
