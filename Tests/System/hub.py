"""A publisher's hub on this machine: HTTPS with a certificate of its own, ranges, and every way to fail."""

import hashlib
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

#: A name that only the proxy of these tests knows.
REMOTE_NAME = "weights.test"


@dataclass
class Resource:
    """A file, and how the server fails to send it."""

    body: bytes = b""
    status: int = 200
    location: str | None = None
    has_ranges: bool = True
    #: For one request after the other: bytes of the answer's body after which the connection is cut.
    cuts: list[int] = field(default_factory=list)
    #: For one request after the other: bytes after which nothing more is sent until `resume` is set.
    stalls: list[int] = field(default_factory=list)
    #: Statuses of the first requests.
    failures: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    resume: threading.Event = field(default_factory=threading.Event)

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        hub = self.server.hub
        hub.requests.append((self.path, dict(self.headers)))
        resource = hub.files.get(self.path, Resource(status=404))
        status = resource.failures.pop(0) if resource.failures else resource.status
        if status != 200:
            self.send_response(status)
            if resource.location:
                self.send_header("Location", resource.location)
            for name, value in resource.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_file(resource)

    def send_file(self, resource: Resource):
        body, start = resource.body, 0
        wanted = self.headers.get("Range", "")
        if resource.has_ranges and wanted and self.headers.get("If-Range") == resource.etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.send_header("ETag", resource.etag)
        self.end_headers()
        self.send_body(resource, body[start:])

    def send_body(self, resource: Resource, body: bytes):
        if resource.stalls:
            end = resource.stalls.pop(0)
            self.wfile.write(body[:end])
            self.wfile.flush()
            resource.resume.wait(60)
            body = body[end:]
        if resource.cuts:
            self.wfile.write(body[:resource.cuts.pop(0)])
            self.wfile.flush()
            self.close_connection = True
            # No goodbye: the client must notice by itself.
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # Clients that go away are what these tests are about.


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """An authority of our own, and a certificate and key of the server in one file."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    subject = "/CN=Semblance test authority"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", subject,
            "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=hub")
    (folder / "names").write_text(f"subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:{REMOTE_NAME}\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.crt")
    both = folder / "server.pem"
    both.write_text((folder / "server.key").read_text() + (folder / "server.crt").read_text())
    return folder / "ca.pem", both


class Hub:
    def __init__(self, folder: Path):
        self.authority, certificate = make_certificate(folder)
        self.files: dict[str, Resource] = {}
        self.requests: list[tuple[str, dict]] = []
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.hub = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}"

    def ranges(self, path: str) -> list[str | None]:
        """The `Range` of each request for a file."""
        return [headers.get("Range") for asked, headers in self.requests if asked == path]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *arguments):
        for resource in self.files.values():
            resource.resume.set()
        self.server.shutdown()
        self.server.server_close()


class Proxy:
    """An HTTP proxy that knows one way: `CONNECT` to the remote name leads to the hub."""

    def __init__(self, hub: Hub):
        self.asked: list[str] = []
        self.hub = hub
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://someone:secret@127.0.0.1:{self.socket.getsockname()[1]}"

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.tunnel, args=(client,), daemon=True).start()

    def tunnel(self, client: socket.socket):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        self.asked.append(head.decode())
        server = socket.create_connection(("127.0.0.1", self.hub.port))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        for source, target in [(client, server), (server, client)]:
            threading.Thread(target=self.copy, args=(source, target), daemon=True).start()

    @staticmethod
    def copy(source: socket.socket, target: socket.socket):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *arguments):
        self.socket.close()
