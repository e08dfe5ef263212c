"""`scripts/run-server.sh`, which `make run-server` calls: everything of server mode on one machine, from nothing."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from pictures import save_pictures
from program import PATIENCE, Program, wait_for

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(pid: int) -> set[int]:
    """All processes below a process."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent == pid:
            found |= {int(path.parent.name)} | children(int(path.parent.name))
    return found


class RunServer:
    started: list["RunServer"] = []

    def __init__(self, folder: Path, workers: int = 2):
        self.port = free_port()
        self.folder = folder
        self.log = folder.with_suffix(".log")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SEMBLANCE_TEST")}
        environment |= {
            "SEMBLANCE_SERVER": str(folder), "SEMBLANCE_PORT": str(self.port), "WORKERS": str(workers), "DEMO": "none"}
        self.process = subprocess.Popen(
            [ROOT / "scripts/run-server.sh", "--demo"], env=environment, stdout=self.log.open("w"),
            stderr=subprocess.STDOUT, start_new_session=True,
            # Where the tests run in the background, the shell has Ctrl-C ignored, and a script cannot undo that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.started.append(self)
        self.wait_for("Serving")

    def wait_for(self, words: str):
        def is_said():
            assert self.process.poll() is None, self.log.read_text()
            return words in self.log.read_text()

        wait_for(is_said, words)

    def get(self, path: str):
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE)

    def databases(self) -> list[int]:
        place = Path((self.folder / "place").read_text().strip())
        pids = [int((place / "postgres/postmaster.pid").read_text().split()[0]), int((place / "redis.pid").read_text())]
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
        return pids

    def stop(self, with_signal) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=PATIENCE)


@pytest.fixture
def place(tmp_path):
    """A folder for an installation, which is ended and deleted after the test."""
    if not (ROOT / ".deps/postgres/bin/postgres").exists():
        pytest.fail("make setup-test gets PostgreSQL")
    folder = tmp_path / "server"
    yield folder
    for server in RunServer.started:
        if server.process.poll() is None:
            server.stop(signal.SIGTERM)
    RunServer.started.clear()
    # The script keeps its data; where root runs it, PostgreSQL's is not below the folder.
    for kept in folder.glob("place"):
        shutil.rmtree(kept.read_text().strip())


@pytest.mark.parametrize("with_signal, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_starts_everything_and_ends_it_with_one_signal(binary, place, tmp_path, with_signal, code):
    server = RunServer(place)
    assert server.get("/readyz").status_code == 200
    started = children(server.process.pid)
    names = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in started if Path(f"/proc/{pid}").exists()]
    assert names.count("semblance") == 3, names
    databases = server.databases()
    assert not Path(f"/proc/{databases[0]}").stat().st_uid == 0, "PostgreSQL does not run as root"
    if with_signal == signal.SIGTERM:
        save_pictures(tmp_path / "pictures", count=5, seed=3)
        urls = dict(
            line.removeprefix("export ").split("=", 1) for line in (place / "servers.env").read_text().splitlines())
        program = Program(
            binary, data=place / "semblance", SEMBLANCE_QUEUE=urls["SEMBLANCE_TEST_QUEUE"],
            SEMBLANCE_DATABASE=urls["SEMBLANCE_TEST_DATABASE"].removesuffix("/postgres") + "/semblance")
        assert program.json("index", tmp_path / "pictures")["indexed"] == 5
        # A second one in the same place says so.
        second = subprocess.run(
            [ROOT / "scripts/run-server.sh"], env=os.environ | {"SEMBLANCE_SERVER": str(place)}, capture_output=True,
            text=True, timeout=PATIENCE)
        assert second.returncode == 1 and "runs already" in second.stderr
    assert server.stop(with_signal) == code
    for pid in [*started, *databases]:
        wait_for(lambda: not Path(f"/proc/{pid}").exists(), f"the end of {pid}")
    if with_signal == signal.SIGTERM:
        again = RunServer(place, workers=1)
        images = again.get("/v1/catalogues/default/images?limit=100").json()["images"]
        assert len(images) == 5, "the data is kept"
        again.stop(signal.SIGTERM)


def test_a_process_that_ends_ends_the_rest(place):
    server = RunServer(place, workers=1)
    started = children(server.process.pid)
    [victim, *_] = [pid for pid in started if "worker" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(victim, signal.SIGKILL)
    assert server.process.wait(timeout=PATIENCE) == 1
    assert "worker-1 ended by itself" in server.log.read_text()
    for pid in started:
        wait_for(lambda: not Path(f"/proc/{pid}").exists(), f"the end of {pid}")
