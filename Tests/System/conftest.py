"""What the tests share: the program, throw-away data folders, pictures and servers."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from pictures import save_pictures
from program import Program, Server


@pytest.fixture(scope="session")
def binary() -> str:
    return os.environ["SEMBLANCE_BINARY"]


@pytest.fixture
def program(binary, tmp_path) -> Program:
    """The program with an empty data folder of its own."""
    return Program(binary, data=tmp_path / "data")


@pytest.fixture
def serve(program):
    """Starts servers on free loopback ports; they are ended by their process ids when the test is over."""
    servers = []

    def start(*arguments, of=None, wait=True) -> Server:
        server = Server(of or program, arguments)
        servers.append(server)
        if wait:
            server.wait_until_ready()
        return server

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def few_pictures(tmp_path_factory) -> Path:
    """A folder of 12 pictures in two subfolders; not to be changed."""
    folder = tmp_path_factory.mktemp("few")
    save_pictures(folder / "a", count=6, seed=1)
    save_pictures(folder / "b", count=6, seed=2)
    return folder


@pytest.fixture(scope="session")
def many_pictures(tmp_path_factory) -> Path:
    """A folder of 240 pictures, enough to be interrupted; not to be changed."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(8):
        save_pictures(folder / f"folder {number}", count=30, seed=100 + number)
    return folder


@pytest.fixture(scope="session")
def indexed_data(binary, few_pictures, tmp_path_factory) -> Path:
    """A data folder with the few pictures in it; not to be changed: copy it."""
    program = Program(binary, data=tmp_path_factory.mktemp("indexed") / "data")
    program.run("index", few_pictures, expect=0)
    return program.data


@pytest.fixture
def indexed(binary, indexed_data, tmp_path) -> Program:
    """The program with a copy of a data folder that holds the few pictures."""
    shutil.copytree(indexed_data, tmp_path / "indexed")
    return Program(binary, data=tmp_path / "indexed")


@pytest.fixture
def small_disk(request):
    """A file system of its own: `small_disk(megabytes)` returns its mount point."""
    mounted = []

    def mount(megabytes: int) -> Path:
        point = tempfile.mkdtemp(prefix="semblance-disk-")
        status = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "none", point], capture_output=True, text=True)
        if status.returncode != 0:
            os.rmdir(point)
            missing(f"a tmpfs could not be mounted: {status.stderr.strip()}")
        mounted.append(point)
        return Path(point)

    yield mount
    for point in mounted:
        subprocess.run(["umount", "-l", point], check=True)
        os.rmdir(point)


@pytest.fixture
def without_override() -> list[str]:
    """Words to put before a command so that file permissions hold for it even if the tests run as root."""
    if os.geteuid() != 0:
        return []
    words = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    if subprocess.run(words + ["true"], capture_output=True).returncode != 0:
        missing("setpriv could not give up root's power over file permissions")
    return words


def missing(reason: str):
    """Skips on a developer's machine; in continuous integration what is missing is a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
