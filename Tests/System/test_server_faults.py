"""Requests that are malformed, hostile or too large; answers are problem JSON with a code."""

import base64
import json
import os
import socket

import pytest
import requests

from pictures import BAD_FILES, jpeg
from program import WebServer

FORM = "multipart/form-data; boundary=XYZ"


@pytest.fixture(scope="module")
def server(binary, indexed_data, tmp_path_factory):
    import shutil

    from program import Program, Server

    data = tmp_path_factory.mktemp("faults") / "data"
    shutil.copytree(indexed_data, data)
    server = Server(Program(binary, data=data))
    server.wait_until_ready()
    yield server
    server.kill()


def problem(response, status: int, code: str) -> str:
    assert response.status_code == status, (response.status_code, response.text[:1000])
    assert response.headers["content-type"].startswith("application/problem+json")
    body = response.json()
    assert body["code"] == code and body["status"] == status and body["type"] == f"/problems/{code}", body
    return body["detail"]


def raw(server, request: bytes) -> bytes:
    """Sends bytes as they are, closes the sending side, and returns the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


SEARCH = "/v1/catalogues/default/search"
IMAGES = "/v1/catalogues/default/images"


@pytest.mark.parametrize("path", ["/upload_catalogue", "/search_with_image", IMAGES, SEARCH])
@pytest.mark.parametrize("content_type, body", [
    ("multipart/form-data", b"--XYZ--"),
    (FORM, b""), (FORM, b"no boundary here"), (FORM, b"--XYZ"),
    (FORM, b"--XYZ\r\nContent-Disposition: form-data; name=files; filename=a.jpg\r\n\r\nnever ending"),
    (FORM, b"--XYZ\r\nContent-Type: image/jpeg\r\n\r\nx\r\n--XYZ--"),
    (FORM, b"--XYZ\r\n" + b"X: " + b"y" * 20_000 + b"\r\n\r\nx\r\n--XYZ--"),
])
def test_malformed_forms(server, path, content_type, body):
    response = server.post(path, data=body, headers={"Content-Type": content_type}, expect=None)
    assert len(problem(response, 400, "invalid-multipart")) > 20


def test_a_form_with_ten_thousand_text_fields(server):
    part = b"--XYZ\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\nx\r\n"
    body = b"".join(part % n for n in range(10_000)) + b"--XYZ--"
    response = server.post(IMAGES, data=body, headers={"Content-Type": FORM}, expect=None)
    assert response.status_code in (400, 413) and response.json()["code"] in ("invalid-multipart", "request-too-large")
    assert "64" in response.json()["detail"]


def test_a_form_cut_off_in_the_middle_leaves_nothing_behind(server):
    head = f"POST /upload_catalogue HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: {FORM}\r\n"
    body = "--XYZ\r\nContent-Disposition: form-data; name=files; filename=a.jpg\r\n\r\n" + "x" * 100_000
    raw(server, (head + "Content-Length: 9999999\r\n\r\n" + body).encode())
    from program import wait_for

    wait_for(lambda: not list((server.program.data / "spool").iterdir()), "the spool to be empty", seconds=30)
    server.get("/healthz")


def test_a_200_megabyte_upload_is_refused_by_name(server):
    class Large:
        """An image of 200 MB that is never held in memory."""

        def __init__(self):
            self.head = (
                b"--XYZ\r\nContent-Disposition: form-data; name=files; filename=large.jpg\r\n\r\n" + jpeg(1))
            self.tail = (
                b"\r\n--XYZ\r\nContent-Disposition: form-data; name=files; filename=good.jpg\r\n\r\n" + jpeg(123_456)
                + b"\r\n--XYZ--\r\n")

        def __iter__(self):
            yield self.head
            for _ in range(200):
                yield bytes(1_000_000)
            yield self.tail

    answer = server.post("/upload_catalogue", data=iter(Large()), headers={"Content-Type": FORM}).json()
    job = server.wait_for_job(answer["task_id"])
    assert (job["state"], job["done"], job["failed"]) == ("succeeded", 1, 1)
    [failure] = server.get(f"/v1/jobs/{job['id']}/failures").json()["failures"]
    assert failure["path"] == "large.jpg" and failure["code"] == "image-too-many-bytes"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"nonsense", b"{\"query\": 1}", b"\xff\xfe", b"[" * 100_000, b"{\"query\": [{}]}"])
def test_bad_json(server, body):
    response = server.post(SEARCH, data=body, headers={"Content-Type": "application/json"}, expect=None)
    assert response.status_code == 400 and response.json()["code"] in ("invalid-json", "missing-field"), response.text


def image_query(**options):
    return {"query": [{"image_base64": base64.b64encode(jpeg(10_000)).decode()}], **options}


@pytest.mark.parametrize("options, code", [
    ({"k": -1}, "invalid-k"), ({"k": 0}, "invalid-k"), ({"k": 1_000_001}, "invalid-k"), ({"k": 10**30}, None), ({"k": "x"}, None),
    ({"offset": -1}, None), ({"min_score": 2}, "invalid-score"), ({"filter": 7}, None), ({"filter": {"": {"$x": 1}}}, "invalid-filter"),
    ({"unknown": 1}, None),
])
def test_values_out_of_range(server, options, code):
    response = server.post(SEARCH, json=image_query(**options), expect=None)
    assert response.status_code == 400, response.text
    assert code is None or response.json()["code"] == code, response.text


def test_k_of_a_million_returns_all(server):
    total = server.get(IMAGES).json()["total"]
    assert len(server.post(SEARCH, json=image_query(k=1_000_000)).json()["results"]) == total


@pytest.mark.parametrize("region", [[0.5, 0.5, 0.6, 0.5], [-0.1, 0, 1, 1], [0, 0, 0, 1], [0, 0, 1], "all"])
def test_regions_outside_the_image(server, region):
    query = image_query()
    query["query"][0]["region"] = region
    assert server.post(SEARCH, json=query, expect=None).status_code in (400, 422)


@pytest.mark.parametrize("term, status, code", [
    ({"image_id": "0" * 64}, 404, "image-unknown"), ({"image_id": "x"}, 400, "invalid-id"),
    ({"vector": [1, 2, 3]}, 422, None), ({"vector": [0.0] * 1280}, 422, None),
    ({"url": "http://127.0.0.1:1/x.jpg"}, 422, "image-fetch-refused"), ({"url": "file:///etc/passwd"}, 422, "image-fetch-refused"),
    ({"url": "http://[::1]/x"}, 422, "image-fetch-refused"), ({"url": "http://169.254.169.254/latest/"}, 422, "image-fetch-refused"),
    ({"url": "http://2130706433/"}, 422, "image-fetch-refused"), ({"url": "http://localhost/x"}, 422, "image-fetch-refused"),
    ({"image_base64": "bm90IGEgcGljdHVyZQ=="}, 415, "image-unsupported-format"),
])
def test_search_terms_that_cannot_be_used(server, term, status, code):
    response = server.post(SEARCH, json={"query": [term]}, expect=None)
    assert response.status_code == status, response.text
    assert code is None or response.json()["code"] == code, response.text


@pytest.mark.parametrize("name", sorted(BAD_FILES))
def test_bad_images_as_queries(server, name):
    content, codes = BAD_FILES[name]
    response = server.post(SEARCH, files={"image": (name, content)}, expect=None)
    assert response.status_code in (413, 415, 422) and response.json()["code"] in codes, response.text


def test_unknown_things_are_404(server):
    problem(server.get("/v1/catalogues/nowhere", expect=None), 404, "catalogue-unknown")
    problem(server.get("/v1/jobs/nothing", expect=None), 404, "job-unknown")
    problem(server.get(f"{IMAGES}/{'0' * 64}", expect=None), 404, "image-unknown")
    problem(server.get("/v1/nothing", expect=None), 404, "not-found")
    problem(server.post(SEARCH, json=image_query(model="resnet-9000"), expect=None), 404, "model-unknown")


def test_other_sites_are_kept_out(server):
    problem(server.get("/v1/catalogues", headers={"Host": "evil.example"}, expect=None), 421, "foreign-host")
    problem(
        server.post("/v1/catalogues", json={"name": "x"}, headers={"Origin": "http://evil.example"}, expect=None),
        403, "foreign-origin")


@pytest.mark.parametrize("path", [
    "/web/../../etc/passwd", "/web/%2e%2e/%2e%2e/etc/passwd", "/web/..%2f..%2fetc/passwd", "/../etc/passwd",
    IMAGES + "/" + "0" * 64 + "/original/..%2f..%2fetc%2fpasswd",
])
def test_paths_that_climb(server, path):
    answer = raw(server, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode())
    assert b"root:" not in answer
    assert answer.split(b" ", 2)[1] in (b"400", b"404")


@pytest.mark.parametrize("request_bytes", [
    b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"POST /upload_catalogue HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"\0" * 1000,
])
def test_requests_that_are_not_http(server, request_bytes):
    try:
        raw(server, request_bytes)
    except ConnectionError:
        pass
    server.get("/healthz")


def test_urls_are_fetched_only_where_allowed(server, serve, program):
    with WebServer(jpeg(55_555)) as web:
        body = {"urls": [web.url + "/duck.jpg", "http://10.0.0.1/x.jpg", "nonsense"]}
        job = server.post(f"{IMAGES}/urls", json=body, expect=202).json()["job"]
        job = server.wait_for_job(job["id"])
        assert (job["done"], job["failed"]) == (0, 3)
        failures = server.get(f"/v1/jobs/{job['id']}/failures").json()["failures"]
        assert {failure["code"] for failure in failures} == {"image-fetch-refused"}
        allowed = serve("--allow-private-urls")
        job = allowed.post(f"{IMAGES}/urls", json={"urls": [web.url + "/duck.jpg"]}, expect=202).json()["job"]
        assert allowed.wait_for_job(job["id"])["done"] == 1
        [image] = allowed.get(IMAGES).json()["images"]
        assert image["name"] == "duck.jpg"
        answer = allowed.post(SEARCH, json={"query": [{"url": web.url + "/duck.jpg"}]}).json()
        assert answer["results"][0]["score"] > 0.999


def test_a_network_that_is_allowed(program, serve):
    with WebServer(jpeg(6)) as web:
        server = serve("--allow-network", "10.1.0.0/16", "--allow-network", "127.0.0.1/32")
        other = web.url.replace("127.0.0.1", "127.0.0.2")
        urls = [web.url + "/duck.jpg", other + "/goose.jpg"]
        job = server.post(f"{IMAGES}/urls", json={"urls": urls}, expect=202).json()["job"]
        job = server.wait_for_job(job["id"])
        assert (job["done"], job["failed"]) == (1, 1)
        [failure] = server.get(f"/v1/jobs/{job['id']}/failures").json()["failures"]
        assert (failure["path"], failure["code"]) == (urls[1], "image-fetch-refused")


@pytest.mark.parametrize("network", ["10.0.0.1/8", "10.0.0.0/33", "office", ""])
def test_a_network_that_is_none_is_misuse(program, network):
    result = program.run("serve", "--allow-network", network, expect=64)
    assert "Error:" in result.err and not program.data.exists()


def test_a_full_disk_answers_507(binary, small_disk, serve):
    from program import Program

    disk = small_disk(8)
    server = serve(of=Program(binary, data=disk / "data"))
    body = [("files", (f"{n}.jpg", os.urandom(1_000_000))) for n in range(12)]
    problem(server.post("/upload_catalogue", files=body, expect=None), 507, "disk-full")
    server.get("/healthz")
    answer = server.post("/upload_catalogue", files={"files": ("a.jpg", jpeg(1))}).json()
    assert server.wait_for_job(answer["task_id"])["done"] == 1


def test_keys_open_what_their_scope_allows(program, serve):
    secrets = {scope: program.json("keys", "create", scope, "--scope", scope)["key"] for scope in ["read", "write", "admin"]}
    server = serve("--host", "0.0.0.0")

    def status(method, path, scope=None, **options):
        headers = {"Authorization": f"Bearer {secrets.get(scope, scope)}"} if scope else {}
        return server.request(method, path, headers=headers, expect=None, **options).status_code

    assert status("GET", "/v1/catalogues") == 401
    assert status("GET", "/v1/catalogues", "sem_wrong") == 401
    assert status("GET", "/v1/catalogues", "read") == 200
    assert status("POST", "/v1/catalogues", "read", json={"name": "x"}) == 403
    assert status("POST", "/v1/catalogues", "write", json={"name": "x"}) == 201
    assert status("GET", "/healthz") == 200
