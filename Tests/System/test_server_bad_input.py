"""Server mode set up wrongly: one clear line, no password in it, and never a hang."""

import shutil
import socket
import tempfile
import time
from pathlib import Path

import pytest

from installation import ROOT, DatabaseServers, FaultyLink, ask, with_database
from program import Program

POSTGRES = ROOT / ".deps/postgres"
SECRET = "s3cr%40t-w0rd"


def says(program: Program, *words, expect=1, seconds=40, code=None, **variables) -> str:
    """Runs a command that must fail with one line; returns it."""
    program.environment |= variables
    start = time.monotonic()
    result = program.run(*words, expect=expect, timeout=seconds)
    assert time.monotonic() - start < seconds
    text = result.err.strip()
    assert "s3cr" not in text + result.out and "w0rd" not in text + result.out, result
    if expect == 1:
        assert len(text.split("\n")) == 1, result
        if code:
            assert program.fails(*words, code=code, timeout=seconds)
    return text


@pytest.mark.parametrize("url", [
    "nonsense", "mysql://root@localhost/x", "postgres://", f"postgres://me:{SECRET}@host:notaport/db",
    f"postgres://me:{SECRET}@host:99999/db", f"postgres://me:{SECRET}@host", f"postgres://me:{SECRET}@host/db?what=ever",
    f"postgres://me:{SECRET}@[::1/db", "postgres://me:100%@host/db"])
def test_database_urls_that_are_none(program, url):
    text = says(program, "list", expect=64, SEMBLANCE_DATABASE=url)
    assert "URL" in text and "postgres://" in text


@pytest.mark.parametrize("url, word", [
    ("nonsense", "redis"), ("http://host", "redis"), (f"rediss://:{SECRET}@host:6379", "TLS"),
    (f"redis://:{SECRET}@:6379", "host"), (f"redis://:{SECRET}@host:0", "port"), (f"redis://:{SECRET}@host/x", "database")])
def test_queue_urls_that_are_none(program, url, word):
    text = says(program, "list", expect=64, SEMBLANCE_DATABASE="postgres://a@b/c", SEMBLANCE_QUEUE=url)
    assert word.lower() in text.lower()


def test_a_queue_needs_a_database(program):
    assert "--database" in says(program, "list", expect=64, SEMBLANCE_QUEUE="redis://localhost")


def test_a_worker_needs_a_database(program):
    assert "serve" in says(program, "worker", expect=64)


@pytest.mark.parametrize("words", [
    ["--queues", "search,dance"], ["--queues", ""], ["--concurrency", "0"], ["--max-job-seconds", "0"],
    ["--drain-seconds", "-1"], ["--health-port", "70000"]])
def test_options_of_a_worker_out_of_range(program, words):
    assert words[0] in says(program, "worker", *words, expect=64, SEMBLANCE_DATABASE="postgres://a@b/c")


@pytest.mark.parametrize("name, value, words", [
    ("SEMBLANCE_HNSW", "kind=ivfflat", "halfvec"), ("SEMBLANCE_HNSW", "m=1", "2 to 100"),
    ("SEMBLANCE_VECTOR_TYPE", "int8", "halfvec"), ("SEMBLANCE_DATABASE_CONNECTIONS", "2", "3 to 200"),
    ("SEMBLANCE_LEASE_SECONDS", "1", "3 to 3600")])
def test_settings_that_are_none(program, name, value, words):
    text = says(program, "list", expect=64, SEMBLANCE_DATABASE="postgres://a@b/c", **{name: value})
    assert name in text and words in text


def test_a_database_that_is_not_there(program):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        text = says(program, "list", SEMBLANCE_DATABASE=f"postgres://me:{SECRET}@127.0.0.1:{port}/x")
        assert f"127.0.0.1:{port}" in text
    text = says(program, "serve", "--port", "0", SEMBLANCE_DATABASE=f"postgres://me:{SECRET}@no-such-host.invalid/x")
    assert "no-such-host.invalid" in text


def test_a_database_behind_a_black_hole(program, shared_servers):
    link = FaultyLink(shared_servers[0])
    link.stall()
    says(program, "list", SEMBLANCE_DATABASE=link.url)
    link.close()


def test_wrong_passwords_and_names(program, shared_servers):
    database, queue = shared_servers
    place = database.rsplit("@", 1)[1]
    assert "password" in says(program, "list", SEMBLANCE_DATABASE=f"postgres://semblance:{SECRET}@{place}")
    assert "nowhere" in says(program, "list", SEMBLANCE_DATABASE=with_database(database, "nowhere"))


def test_a_role_that_may_not_make_the_extension(new_installation, shared_servers):
    installation = new_installation(initialised=False)
    name = installation.database.rsplit("/", 1)[1]
    ask(shared_servers[0], f"CREATE ROLE {name} LOGIN PASSWORD 'plain'; GRANT ALL ON DATABASE {name} TO {name}")
    place = installation.database.rsplit("@", 1)[1]
    installation.program.environment["SEMBLANCE_DATABASE"] = f"postgres://{name}:plain@{place}"
    # pgvector is not a trusted extension in every build: where the role may make it, there is nothing to refuse.
    result = installation.program.run("db", "init")
    if result.code != 0:
        assert "CREATE EXTENSION vector" in result.err and "superuser" in result.err
        ask(installation.database, "CREATE EXTENSION vector")
        installation.program.run("db", "init", expect=0)
    assert installation.program.json("db", "status")["pgvector"]
    ask(installation.database, f"REASSIGN OWNED BY {name} TO semblance; DROP OWNED BY {name}")
    ask(shared_servers[0], f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_a_server_without_pgvector(program):
    """PostgreSQL as its own package brings it."""
    folder = Path(tempfile.mkdtemp(prefix="semblance-plain-"))
    try:
        # The servers' user must be able to run it.
        folder.chmod(0o755)
        shutil.copytree(POSTGRES, folder / "postgres", symlinks=True)
        for path in [*folder.glob("postgres/**/vector*.control"), *folder.glob("postgres/**/vector.so")]:
            path.unlink()
        servers = DatabaseServers(folder / "servers", SEMBLANCE_TEST_POSTGRES=str(folder / "postgres"))
        try:
            text = says(program, "db", "init", code="database-extension", SEMBLANCE_DATABASE=servers.database)
            assert "pgvector" in text and "package" in text
        finally:
            servers.call("stop")
    finally:
        shutil.rmtree(folder)


def test_tables_of_a_newer_version(installation):
    ask(installation.database, "UPDATE semblance.schema_version SET version = version + 1000")
    for words in [["list"], ["serve", "--port", "0"], ["worker"], ["db", "migrate"]]:
        assert "newer" in says(installation.program, *words)


def test_a_queue_that_is_not_there(installation, shared_servers):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        text = says(installation.program, "worker", SEMBLANCE_QUEUE=f"redis://:{SECRET}@127.0.0.1:{port}")
        assert f"127.0.0.1:{port}" in text
    place = shared_servers[1].rsplit("@", 1)[1]
    assert "password" in says(installation.program, "worker", SEMBLANCE_QUEUE=f"redis://:{SECRET}@{place}")
    assert "password" in says(installation.program, "serve", "--port", "0", SEMBLANCE_QUEUE=f"redis://{place}")


def test_no_password_among_the_arguments_of_any_process(installation):
    """What the environment names stays there."""
    server, worker = installation.serve(), installation.worker()
    password = installation.database.split(":")[2].split("@")[0]
    for process in (server.process, worker.process):
        with open(f"/proc/{process.pid}/cmdline") as file:
            assert password not in file.read()
    assert password not in server.read_log() + worker.read_log()
    assert password not in installation.program.run("stats", expect=0).out
