"""Pulling weights from a hub over HTTPS: resuming, checking, and every way in which it can fail."""

import hashlib
import json
import random
import signal
from pathlib import Path

import pytest

from hub import REMOTE_NAME, Hub, Proxy, Resource
from program import Program, wait_for
from test_terminal import run_in_terminal

NARROW = Path(__file__).parents[1] / "SemblanceVisionTests/Fixtures/models/narrow-lite.pth"
LARGE = random.Random(7).randbytes(6_000_000)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def hub(tmp_path):
    folder = tmp_path / "hub"
    folder.mkdir()
    with Hub(folder) as hub:
        yield hub


class Setting:
    """The program with a cache of its own and one model, `remote`, whose weights are on the hub."""

    def __init__(self, binary, hub, folder: Path):
        self.binary, self.hub, self.folder = binary, hub, folder
        self.cache = folder / "cache"
        self.target = self.cache / "models/remote/weights.pth"
        self.program = self.configure()

    def configure(self, url=None, sha256=None, cache=None, **variables) -> Program:
        entry = {
            "model_id": "remote", "model_type": "efficientnet-lite", "model_dim": 64, "names": ["far_1"],
            "url": url or f"{self.hub.url}/weights.pth", "sha256": sha256, "preprocessing": {"size": 50}}
        config = self.folder / "model_config.json"
        config.write_text(json.dumps([entry]))
        environment = {
            "SEMBLANCE_CACHE": str(cache or self.cache), "SEMBLANCE_MODEL_CONFIG": str(config),
            "SSL_CERT_FILE": str(self.hub.authority), "HTTPS_PROXY": "", "NO_PROXY": ""} | variables
        self.program = Program(self.binary, data=self.folder / "data", **environment)
        return self.program

    def serve(self, body=None, **options) -> Resource:
        resource = Resource(body=NARROW.read_bytes() if body is None else body, **options)
        self.hub.files["/weights.pth"] = resource
        return resource

    def pull(self, expect=0, **options):
        return self.program.run("models", "pull", "remote", expect=expect, data=False, **options)

    def fails(self, code="model-download-failed") -> str:
        message = self.program.fails("models", "pull", "remote", code=code, data=False)
        assert not self.target.exists()
        return message

    @property
    def part(self) -> Path:
        return Path(f"{self.target}.part")

    @property
    def ranges(self) -> list:
        return self.hub.ranges("/weights.pth")

    def leftovers(self) -> list[str]:
        """What lies beside the weights, without locks and pins."""
        names = [path.name for path in self.target.parent.glob("*")]
        kept = (self.target.name, ".pull.lock")
        return sorted(name for name in names if name not in kept and not name.endswith(".sha256"))


@pytest.fixture
def setting(binary, hub, tmp_path) -> Setting:
    return Setting(binary, hub, tmp_path)


def test_pulled_weights_embed(setting, few_pictures):
    resource = setting.serve()
    setting.configure(sha256=sha256(resource.body))
    result = setting.pull()
    assert setting.hub.url in result.err and str(setting.target) in result.out
    assert setting.target.read_bytes() == resource.body and setting.leftovers() == []
    answer = setting.program.json("embed", few_pictures / "a/picture 000.jpg", "--model", "remote", data=False)
    assert (answer["model"], answer["dim"]) == ("remote", 64)
    assert "already here" in setting.pull().err
    assert len(setting.ranges) == 1, "the second pull asks for nothing"


def test_a_terminal_shows_rate_and_time(setting):
    setting.serve(LARGE)
    setting.configure(sha256=sha256(LARGE))
    code, _, drawn = run_in_terminal(setting.program, "models", "pull", "remote", data=False)
    assert code == 0
    lines = [line for line in drawn.split("\r") if " of 6.0 MB" in line]
    assert lines and "6.0 MB of 6.0 MB" in lines[-1] and "/s · 00:00 left" in lines[-1], drawn


def test_cut_connections_are_resumed(setting):
    resource = setting.serve(LARGE, cuts=[3_000_000, 2_000_000])
    setting.configure(sha256=sha256(resource.body))
    setting.pull()
    assert setting.target.read_bytes() == resource.body
    # What was not read yet when the connection broke is lost: much of it on a busy machine.
    starts = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in setting.ranges[1:]]
    assert setting.ranges[0] is None and len(starts) == 2
    assert 0 < starts[0] <= 3_000_000 and starts[0] < starts[1] <= starts[0] + 2_000_000
    assert setting.hub.requests[-1][1]["If-Range"] == resource.etag


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_an_ended_pull_goes_on_with_the_next(setting, end):
    resource = setting.serve(LARGE, stalls=[3_000_000])
    setting.configure(sha256=sha256(LARGE))
    process = setting.program.start("models", "pull", "remote", data=False)
    wait_for(lambda: setting.part.exists() and setting.part.stat().st_size >= 1 << 20, "the first bytes")
    process.send_signal(end)
    process.communicate(timeout=60)
    assert process.returncode == (130 if end == signal.SIGINT else -end)
    begun = setting.part.stat().st_size
    assert 1 << 20 <= begun <= 3_000_000 and not setting.target.exists()
    resource.resume.set()
    setting.pull()
    assert setting.ranges[1:] == [f"bytes={begun}-"]
    assert setting.target.read_bytes() == LARGE and setting.leftovers() == []


def test_a_file_that_changed_meanwhile_is_begun_again(setting):
    setting.serve(cuts=[50_000] + [0] * 5)
    setting.configure(sha256=sha256(LARGE))
    assert "kept" in setting.fails()
    begun = setting.part.stat().st_size
    assert 0 < begun <= 50_000
    other = setting.serve(LARGE)
    setting.pull()
    assert setting.ranges[-1] == f"bytes={begun}-", "it was asked for the rest"
    assert setting.target.read_bytes() == other.body


def test_a_server_without_ranges_sends_all_again(setting):
    resource = setting.serve(cuts=[100_000], has_ranges=False)
    setting.configure(sha256=sha256(resource.body))
    setting.pull()
    assert setting.target.read_bytes() == resource.body and len(setting.ranges) == 2


def test_another_file_is_refused_and_not_kept(setting):
    resource = setting.serve(b"something else")
    setting.configure(sha256=sha256(LARGE))
    message = setting.fails("model-hash-mismatch")
    assert sha256(LARGE) in message and sha256(resource.body) in message
    assert setting.leftovers() == []


def test_redirects_are_followed_within_https(setting):
    resource = setting.serve()
    setting.hub.files["/moved/weights.pth"] = Resource(status=302, location="../weights.pth")
    setting.configure(url=f"{setting.hub.url}/moved/weights.pth", sha256=sha256(resource.body))
    setting.pull()
    assert setting.target.read_bytes() == resource.body


@pytest.mark.parametrize("location, reason", [
    ("/weights.pth", "redirects more than"),
    ("http://127.0.0.1:9/weights.pth", "from https to http"),
    ("ftp://127.0.0.1/weights.pth", "from https to http"),
])
def test_redirects_that_lead_nowhere(setting, location, reason):
    setting.serve(status=302, location=location)
    setting.configure()
    message = setting.fails()
    assert reason in message and setting.hub.url in message


@pytest.mark.parametrize("status, reason", [(404, "moved the file"), (403, "licence"), (410, "moved the file")])
def test_what_is_not_there_is_asked_for_once(setting, status, reason):
    setting.serve(status=status)
    message = setting.fails()
    assert f"status {status}" in message and reason in message
    assert len(setting.ranges) == 1


def test_a_busy_server_is_asked_again(setting):
    resource = setting.serve(failures=[503, 429], headers={"Retry-After": "0"})
    setting.pull()
    assert setting.target.read_bytes() == resource.body and len(setting.ranges) == 3
    setting.target.unlink()
    setting.serve(status=503, headers={"Retry-After": "0"})
    assert "status 503" in setting.fails()
    assert len(setting.ranges) == 3 + 5


def test_a_stalled_connection_is_broken_and_resumed(setting):
    resource = setting.serve(LARGE, stalls=[2_000_000])
    setting.configure(sha256=sha256(LARGE), SEMBLANCE_STALL_SECONDS="2")
    setting.pull()
    assert setting.ranges == [None, "bytes=2000000-"]
    assert setting.target.read_bytes() == resource.body


def test_a_server_that_always_stalls_is_given_up(setting):
    resource = setting.serve(LARGE, stalls=[2_000_000] + [0] * 10)
    setting.configure(sha256=sha256(LARGE), SEMBLANCE_STALL_SECONDS="1")
    message = setting.fails()
    assert "sent nothing for 1 s" in message and "goes on from there" in message
    assert setting.part.stat().st_size == 2_000_000
    resource.stalls.clear()
    setting.pull()
    assert setting.target.read_bytes() == LARGE


def test_a_certificate_of_nobody_known_is_refused(setting):
    setting.serve()
    setting.configure(SSL_CERT_FILE="")
    message = setting.fails()
    assert "certificate" in message and "SSL_CERT_FILE" in message and setting.ranges == []
    setting.configure(SSL_CERT_FILE="/nowhere/authority.pem")
    assert "/nowhere/authority.pem" in setting.fails()


def test_a_proxy_is_honoured(setting):
    resource = setting.serve()
    url = f"https://{REMOTE_NAME}/weights.pth"
    with Proxy(setting.hub) as proxy:
        setting.configure(url=url, sha256=sha256(resource.body), HTTPS_PROXY=proxy.url)
        setting.pull()
        assert setting.target.read_bytes() == resource.body
        [head] = proxy.asked
        assert head.startswith(f"CONNECT {REMOTE_NAME}:443") and "Basic c29tZW9uZTpzZWNyZXQ=" in head
        setting.target.unlink()
        setting.configure(url=url, HTTPS_PROXY=proxy.url, NO_PROXY="example.com,.test")
        assert REMOTE_NAME in setting.fails() and len(proxy.asked) == 1
    setting.configure(HTTPS_PROXY="nonsense://here")
    assert "HTTPS_PROXY" in setting.fails()


def test_what_no_hash_vouches_for_must_be_a_model(setting):
    setting.serve(b"<html>Please log in to the network.</html>" * 1000)
    message = setting.fails("model-checkpoint-damaged")
    assert setting.hub.url in message and "not kept" in message
    assert setting.leftovers() == [] and not Path(f"{setting.target}.sha256").exists()
    setting.serve()
    setting.pull()
    assert setting.target.read_bytes() == NARROW.read_bytes()


def test_the_first_file_without_a_hash_is_pinned(setting, few_pictures):
    first = setting.serve()
    assert sha256(first.body) in setting.pull().err
    pin = Path(f"{setting.target}.sha256")
    assert pin.read_text().split() == [sha256(first.body), "weights.pth"]
    setting.target.unlink()
    second = setting.serve(first.body[:-1] + bytes([first.body[-1] ^ 1]))
    message = setting.fails("model-hash-mismatch")
    assert "pulled first" in message and str(pin) in message and sha256(second.body) in message
    setting.target.write_bytes(second.body)
    path = few_pictures / "a/picture 000.jpg"
    message = setting.program.fails("embed", path, "--model", "remote", data=False, code="model-hash-mismatch")
    assert str(pin) in message
    pin.unlink()
    assert setting.program.json("embed", path, "--model", "remote", data=False)["dim"] == 64


def test_without_a_network_the_file_can_be_brought_by_hand(setting, few_pictures, tmp_path):
    setting.configure(sha256=sha256(NARROW.read_bytes()), SEMBLANCE_OFFLINE="1")
    message = setting.fails()
    for word in [f"{setting.hub.url}/weights.pth", sha256(NARROW.read_bytes()), str(setting.target),
                 "semblance models add FILE --id remote"]:
        assert word in message
    wrong = tmp_path / "wrong.pth"
    wrong.write_bytes(b"something else")
    setting.program.fails("models", "add", wrong, "--id", "remote", code="model-hash-mismatch")
    answer = setting.program.json("models", "add", NARROW, "--id", "far_1")
    assert (answer["model"], answer["outcome"]) == ("remote", "recognised")
    assert setting.target.read_bytes() == NARROW.read_bytes() and setting.ranges == []
    assert setting.program.json("models", "add", NARROW)["outcome"] == "unchanged", "its hash tells whose it is"
    answer = setting.program.json("embed", few_pictures / "a/picture 000.jpg", "--model", "far_1", data=False)
    assert answer["model"] == "remote"


def test_two_pulls_at_once_download_once(setting):
    resource = setting.serve(LARGE, stalls=[2_000_000])
    setting.configure(sha256=sha256(LARGE))
    processes = [setting.program.start("models", "pull", "remote", data=False) for _ in range(2)]
    wait_for(lambda: setting.part.exists() and setting.part.stat().st_size >= 1 << 20, "the first bytes")
    resource.resume.set()
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert setting.target.read_bytes() == LARGE and len(setting.ranges) == 1


def test_a_full_disk_is_noticed_before_the_download(setting, small_disk):
    setting.serve(LARGE)
    disk = small_disk(2)
    setting.configure(sha256=sha256(LARGE), cache=disk)
    message = setting.program.fails("models", "pull", "remote", data=False, code="disk-full")
    assert "6 MB" in message
    assert sum(path.stat().st_size for path in disk.rglob("weights*")) < 1000


@pytest.mark.parametrize("url", ["http://example.com/w.pth", "ftp://127.0.0.1/w.pth", "https://example.com/", "w.pth"])
def test_addresses_that_are_none_are_named_with_their_line(setting, url):
    setting.configure(url=url)
    result = setting.program.run("models", "list", "--json", expect=0, data=False)
    assert "'url'" in result.err and "line 1" in result.err
    assert "remote" not in [model["id"] for model in result.json["models"]]
