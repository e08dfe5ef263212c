"""Server mode under test: PostgreSQL and Redis, servers and workers of the program, and ways to make them fail."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from program import PATIENCE, Program, Server, wait_for

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/test-servers.sh"
PSQL = shutil.which("psql", path=f"{ROOT}/.deps/postgres/bin:{os.environ.get('PATH', '')}")


class DatabaseServers:
    """A PostgreSQL and a Redis of a test's own, which it may stop and kill: see scripts/test-servers.sh."""

    def __init__(self, folder: Path, **variables: str):
        self.folder = folder
        self.environment = os.environ | variables
        self.call("start")
        urls = dict(
            line.split("=", 1) for line in
            (folder / "servers.env").read_text().replace("export ", "").split("\n") if line)
        self.database = urls["SEMBLANCE_TEST_DATABASE"]
        self.queue = urls["SEMBLANCE_TEST_QUEUE"]

    def call(self, command: str, which: str | None = None):
        words = [SCRIPT, command, self.folder] + ([which] if which else [])
        status = subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        assert status.returncode == 0, status.stderr


def ask(url: str, statement: str) -> str:
    """A statement to PostgreSQL; its rows as text."""
    parts = urlsplit(url)
    status = subprocess.run(
        [PSQL, "-h", parts.hostname, "-p", str(parts.port), "-U", parts.username, "-d", parts.path[1:] or "postgres",
         "-XAtqc", statement],
        env=os.environ | {"PGPASSWORD": parts.password or ""}, capture_output=True, text=True, timeout=PATIENCE)
    assert status.returncode == 0, status.stderr
    return status.stdout.strip()


def ask_redis(url: str, *words: str) -> str:
    parts = urlsplit(url)
    status = subprocess.run(
        ["redis-cli", "-h", parts.hostname, "-p", str(parts.port), "-n", parts.path[1:] or "0", *words],
        env=os.environ | {"REDISCLI_AUTH": parts.password or ""}, capture_output=True, text=True, timeout=PATIENCE)
    assert status.returncode == 0, status.stderr
    return status.stdout.strip()


def with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path="/" + name).geturl()


def with_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rsplit(":", 1)[0] + f":{port}").geturl()


class Worker:
    """A `semblance worker` with a health port."""

    def __init__(self, program: Program, arguments=(), wait=True):
        self.log = tempfile.TemporaryFile()
        self.process = program.start(
            "worker", "--health-port", "0", *arguments, stdout=subprocess.DEVNULL, stderr=self.log)
        self.url = None
        if wait:
            self.url = wait_for(self._find_url, "the worker's address")
            wait_for(lambda: self.status("/readyz") == 200, "the worker to be ready")

    def read_log(self) -> str:
        return os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")

    def _find_url(self):
        assert self.process.poll() is None, f"the worker ended:\n{self.read_log()}"
        found = re.search(r"health at (http://[^/ ]+)/", self.read_log())
        return found and found.group(1)

    def get(self, path: str):
        import requests

        return requests.get(self.url + path, timeout=PATIENCE)

    def status(self, path: str) -> int:
        return self.get(path).status_code

    def stop(self, with_signal) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=PATIENCE)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Installation:
    """One installation in server mode: a database of its own, a Redis database of its own, a shared folder."""

    def __init__(self, binary: str, data: Path, database: str, queue: str | None):
        self.database = database
        self.queue = queue
        variables = {"SEMBLANCE_DATABASE": database} | ({"SEMBLANCE_QUEUE": queue} if queue else {})
        self.program = Program(binary, data=data, **variables)
        self.processes = []

    def worker(self, *arguments, wait=True) -> Worker:
        worker = Worker(self.program, arguments, wait)
        self.processes.append(worker)
        return worker

    def serve(self, *arguments, wait=True) -> Server:
        server = Server(self.program, arguments)
        self.processes.append(server)
        if wait:
            server.wait_until_ready()
        return server

    def end(self):
        for process in self.processes:
            process.kill()

    def accounts_for_once(self, hashes, catalogue="default"):
        """Rows, embeddings, originals and jobs agree: every image once, every job at an end."""
        listing = self.program.json("list", "--catalogue", catalogue, "--limit", "100000")
        assert sorted(image["id"] for image in listing["images"]) == sorted(hashes)
        jobs = self.program.json("jobs", "list", "--limit", "1000")["jobs"]
        assert all(job["state"] in ("succeeded", "failed", "cancelled") for job in jobs), jobs
        assert all(job["reason"] for job in jobs if job["state"] != "succeeded"), jobs
        [entry] = [c for c in self.program.json("stats")["catalogues"] if c["name"] == catalogue]
        assert list(entry["embeddings"].values()) == [len(hashes)], "every image has one embedding"


class FaultyLink:
    """A proxy in front of a server: it passes bytes on, late, or not at all."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        self.target = (parts.hostname, parts.port)
        self.delay = 0.0
        self.is_open = threading.Event()
        self.is_open.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = with_port(url, self.port)
        self.sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self):
        """From now on nothing arrives, and connections stay open: a black hole."""
        self.is_open.clear()

    def go_on(self):
        self.is_open.set()

    def cut(self):
        for each in self.sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        self.go_on()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=[client], daemon=True).start()

    def _join(self, client):
        self.is_open.wait()
        try:
            server = socket.create_connection(self.target)
        except OSError:
            return client.close()
        self.sockets += [client, server]
        for pair in [(client, server), (server, client)]:
            threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source, sink):
        try:
            while block := source.recv(1 << 16):
                self.is_open.wait()
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(block)
        except OSError:
            pass
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
