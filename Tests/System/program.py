"""Runs the program under test: one command at a time, or as a server."""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import requests

#: Seconds within which everything that a test waits for must happen; far more than it takes.
PATIENCE = 120


def wait_for(condition, what: str, seconds: float = PATIENCE):
    """Returns the condition's first true value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)


class Result:
    def __init__(self, arguments, code: int, out: bytes, err: bytes):
        self.arguments = arguments
        self.code = code
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self) -> dict:
        """The error that `--json` prints."""
        return self.json["error"]

    def __repr__(self):
        return f"{self.arguments} ended with {self.code}\n{self.out[-2000:]}\n{self.err[-2000:]}"


class Program:
    def __init__(self, binary: str, data, **variables: str):
        self.binary = binary
        self.data = Path(data)
        # A user's own settings must not reach the tests.
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("SEMBLANCE_") or name == "SEMBLANCE_CACHE"
        } | variables

    def words(self, *arguments, data=True) -> list[str]:
        words = [self.binary] + [os.fsencode(a) if isinstance(a, (Path, bytes)) else str(a) for a in arguments]
        return words + (["--data", str(self.data)] if data else [])

    def start(self, *arguments, before=(), data=True, **options) -> subprocess.Popen:
        # An empty working folder: no configuration of the project is picked up by chance.
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "cwd": "/"} | options
        return subprocess.Popen(
            list(before) + self.words(*arguments, data=data), env=self.environment, **options)

    def run(self, *arguments, expect=None, before=(), data=True, timeout=PATIENCE, **options) -> Result:
        """Runs a command to its end.

        `expect`: the exit code that it must have; `None` for any.
        """
        process = self.start(*arguments, before=before, data=data, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        result = Result(arguments, process.returncode, out or b"", err or b"")
        assert expect is None or result.code == expect, result
        return result

    def json(self, *arguments, expect=0, **options):
        return self.run(*arguments, "--json", expect=expect, **options).json

    def fails(self, *arguments, code: str, expect=1, **options) -> str:
        """Runs a command that must fail with this error code; returns its message."""
        result = self.run(*arguments, "--json", expect=expect, **options)
        assert result.error["code"] == code, result
        assert result.error["message"] in result.err, "the message is on standard error, too"
        return result.error["message"]


class Server:
    """A `semblance serve` on a free loopback port."""

    def __init__(self, program: Program, arguments=()):
        self.program = program
        self.log = tempfile.TemporaryFile()
        self.process = program.start(
            "serve", "--port", "0", *arguments, stdout=subprocess.DEVNULL, stderr=self.log)
        self.url = None

    def read_log(self) -> str:
        return os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")

    def _find_url(self):
        assert self.process.poll() is None, f"the server ended:\n{self.read_log()}"
        found = re.search(r"http://[^:/ ]+:(\d+)", self.read_log())
        return found and f"http://127.0.0.1:{found.group(1)}"

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def wait_until_listening(self):
        self.url = wait_for(self._find_url, "the server's address")

    def wait_until_ready(self):
        self.wait_until_listening()
        wait_for(lambda: self.get("/readyz", expect=None).status_code == 200, "the server to be ready")

    def request(self, method: str, path: str, expect=200, timeout=PATIENCE, **options) -> requests.Response:
        response = requests.request(method, self.url + path, timeout=timeout, **options)
        assert expect is None or response.status_code == expect, (path, response.status_code, response.text[:2000])
        return response

    def get(self, path: str, **options) -> requests.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options) -> requests.Response:
        return self.request("POST", path, **options)

    def wait_for_job(self, job_id: str) -> dict:
        def ended():
            job = self.get(f"/v1/jobs/{job_id}").json()
            return job if job["state"] in ("succeeded", "failed", "cancelled") else None

        return wait_for(ended, f"job {job_id}")

    def stop(self, with_signal=signal.SIGTERM) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=PATIENCE)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class WebServer:
    """A web server on loopback that answers every path with the same bytes, for fetching by URL."""

    def __init__(self, body: bytes, status: int = 200):
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *arguments):
        self.server.shutdown()
        self.server.server_close()
