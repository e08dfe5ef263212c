"""What the tests share: the program, throw-away data folders, pictures and servers."""

import itertools
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest

from installation import DatabaseServers, Installation, ask, ask_redis, with_database
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


@pytest.fixture(scope="session")
def shared_servers(tmp_path_factory):
    """URLs of a PostgreSQL and a Redis that all tests share: those that `make test` started, or own ones."""
    database, queue = os.environ.get("SEMBLANCE_TEST_DATABASE"), os.environ.get("SEMBLANCE_TEST_QUEUE")
    if database and queue:
        yield database, queue
        return
    servers = DatabaseServers(tmp_path_factory.mktemp("servers"))
    yield servers.database, servers.queue
    servers.call("stop")


@pytest.fixture
def own_servers(tmp_path):
    """A PostgreSQL and a Redis that the test may stop and kill."""
    (tmp_path / "servers").mkdir()
    servers = DatabaseServers(tmp_path / "servers")
    yield servers
    servers.call("stop")


#: Redis has 16 databases; a test's is emptied first.
_redis_numbers = itertools.count()


@pytest.fixture
def new_installation(binary, tmp_path, shared_servers):
    """Makes installations in server mode, each with empty databases: `new_installation(queue=False)`."""
    made = []

    def make(queue=True, initialised=True, data=None) -> Installation:
        name = f"test_{uuid.uuid4().hex[:12]}"
        ask(shared_servers[0], f"CREATE DATABASE {name}")
        redis = with_database(shared_servers[1], str(1 + next(_redis_numbers) % 15))
        ask_redis(redis, "FLUSHDB")
        installation = Installation(
            binary, data or tmp_path / f"shared {len(made)}", with_database(shared_servers[0], name),
            redis if queue else None)
        made.append((installation, name))
        if initialised:
            installation.program.run("db", "init", expect=0)
        return installation

    yield make
    for installation, name in made:
        installation.end()
        ask(shared_servers[0], f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def installation(new_installation) -> Installation:
    return new_installation()


@pytest.fixture(params=["embedded", "server"])
def any_server(request, serve):
    """A running server of either size: alone with its data folder, or with PostgreSQL, Redis and a worker."""
    if request.param == "embedded":
        return serve()
    installation = request.getfixturevalue("installation")
    installation.worker()
    return installation.serve()
