"""A server of one's own: private port, throw-away data folder, ended by its process id."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
import uuid

BINARY = os.environ.get("SEMBLANCE_BINARY", ".build/release/semblance")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, data, *options, port=None):
        self.data, self.options = data, options
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        command = [BINARY, "serve", "--data", str(self.data), "--port", str(self.port), *self.options]
        self.log = open(self.data.parent / f"{self.data.name}-{self.port}.log", "ab")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not become ready: see {self.log.name}")
            time.sleep(0.1)
        return self

    def is_ready(self):
        try:
            return urllib.request.urlopen(f"{self.url}/readyz", timeout=2).status == 200
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def request(self, method, path, body=None, content_type="application/json", key=None):
        request = urllib.request.Request(self.url + path, data=body, method=method)
        if body is not None:
            request.add_header("Content-Type", content_type)
        if key:
            request.add_header("Authorization", f"Bearer {key}")
        with urllib.request.urlopen(request, timeout=30) as response:
            data = response.read()
        return json.loads(data) if data else None

    def upload(self, catalogue, pictures, metadata=None, key=None):
        """Indexes `pictures` ({name: bytes}) and waits until that is done."""
        boundary = uuid.uuid4().hex
        parts = [("metadata", None, json.dumps(metadata).encode())] if metadata else []
        parts += [("files", name, data) for name, data in pictures.items()]
        job = self.request(
            "POST", f"/v1/catalogues/{catalogue}/images", multipart(parts, boundary),
            f"multipart/form-data; boundary={boundary}", key)["job"]
        deadline = time.monotonic() + 60
        while job["state"] in ("queued", "running"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the job did not end: {job}")
            time.sleep(0.05)
            job = self.request("GET", f"/v1/jobs/{job['id']}", key=key)
        assert job["state"] == "succeeded", job
        return job

    def command(self, *words):
        """Runs a command on the server's data folder and returns what it prints as JSON."""
        command = [BINARY, *words, "--json", "--data", str(self.data)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)

    def create_key(self, scope):
        """Makes an API key beside the running server and returns its secret."""
        return self.command("keys", "create", "browser-test", "--scope", scope)["key"]


def multipart(parts, boundary):
    lines = []
    for field, name, data in parts:
        disposition = f'form-data; name="{field}"' + (f'; filename="{name}"' if name else "")
        lines += [f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode(), data, b"\r\n"]
    return b"".join([*lines, f"--{boundary}--\r\n".encode()])
