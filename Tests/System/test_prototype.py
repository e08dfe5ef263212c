"""The endpoints of the prototype over a real socket, as its clients use them: embedded and in server mode."""

import hashlib
import time
from urllib.parse import unquote

import pytest

from pictures import BAD_FILES, jpeg
from program import wait_for


@pytest.fixture
def server(any_server):
    return any_server


def upload(server, files, expect="SUCCESS", **fields):
    task = server.post("/upload_catalogue", files=[("files", file) for file in files], data=fields).json()
    assert set(task) == {"task_id"}
    answer = server.get(f"/poll_task_status/{task['task_id']}?target_status=SUCCESS&timeout=60&retry_limit=3").json()
    assert answer["status"] == expect, answer
    return answer


def search(server, content, name="query.jpg", query="", **fields):
    task = server.post(f"/search_with_image{query}", files={"file": (name, content)}, data=fields).json()
    return server.get(f"/poll_task_status/{task['task_id']}?target_status=SUCCESS&timeout=60").json()


def test_upload_search_and_poll(server):
    contents = {f"picture {n}.jpg": jpeg(900 + n) for n in range(6)} | {"Ente & größe #1.jpg": jpeg(950)}
    upload(server, contents.items())
    answer = search(server, contents["Ente & größe #1.jpg"])
    assert answer["status"] == "SUCCESS"
    first = answer["result"][0]
    assert unquote(first["image_uri"].rsplit("/", 1)[1]) == "Ente & größe #1.jpg"
    assert first["distance"] < 0.001
    distances = [result["distance"] for result in answer["result"]]
    assert len(distances) == 7 and distances == sorted(distances)
    picture = server.get(first["image_uri"])
    assert picture.content == contents["Ente & größe #1.jpg"]
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in picture.headers["content-security-policy"]


def test_top_k_in_the_form_and_in_the_query(server):
    upload(server, [(f"{n}.jpg", jpeg(960 + n)) for n in range(5)])
    assert len(search(server, jpeg(960), top_k="2")["result"]) == 2
    assert len(search(server, jpeg(960), query="?top_k=3")["result"]) == 3
    for bad in ["0", "-1", "1000001", "many"]:
        server.post("/search_with_image", files={"file": jpeg(960)}, data={"top_k": bad}, expect=400)


def test_a_search_finds_100_unless_told_otherwise(server):
    upload(server, [(f"{n}.jpg", jpeg(20_000 + n, (64, 48))) for n in range(101)])
    assert len(search(server, jpeg(20_000, (64, 48)))["result"]) == 100
    assert len(search(server, jpeg(20_000, (64, 48)), top_k="101")["result"]) == 101


def test_models_by_name(server):
    models = server.get("/config/model_config.json").json()
    assert isinstance(models, list)
    assert {"model_id": "efficientnet-lite0", "model_dim": 1280}.items() <= models[0].items()
    assert all(set(model) >= {"model_id", "model_type", "model_dim"} for model in models)
    upload(server, [("a.jpg", jpeg(970))], model_id="efficientnet-lite0")
    assert search(server, jpeg(970), model_id="efficientnet-lite0")["status"] == "SUCCESS"
    server.post("/upload_catalogue", files={"files": jpeg(1)}, data={"model_id": "resnet-9000"}, expect=404)


def test_a_bad_query_fails_with_a_reason(server):
    upload(server, [("a.jpg", jpeg(980))])
    answer = search(server, b"not a picture")
    assert answer["status"] == "FAILURE" and isinstance(answer["result"], str) and len(answer["result"]) > 10


def test_a_search_before_the_first_upload_finds_nothing(server):
    assert search(server, jpeg(985)) == {"status": "SUCCESS", "result": []}
    assert search(server, b"not a picture")["status"] == "FAILURE"
    upload(server, [("a.jpg", jpeg(985))])
    assert len(search(server, jpeg(985))["result"]) == 1


def test_bad_files_do_not_spoil_an_upload(server):
    files = [(name, content) for name, (content, _) in BAD_FILES.items()] + [("good.jpg", jpeg(981))]
    upload(server, files)
    assert server.get("/v1/catalogues/default/images").json()["total"] == 1
    [job] = server.get("/v1/jobs").json()["jobs"]
    failures = server.get(f"/v1/jobs/{job['id']}/failures").json()["failures"]
    assert {failure["path"] for failure in failures} == set(BAD_FILES)


def test_status_at_once_and_unknown_tasks(server):
    task = server.post("/upload_catalogue", files={"files": ("a.jpg", jpeg(990))}).json()["task_id"]
    wait_for(lambda: server.get(f"/get_task_status/{task}").json()["status"] == "SUCCESS", "the upload")
    for path in ["/get_task_status/nothing", "/poll_task_status/nothing"]:
        assert server.get(path, expect=404).json()["code"] == "job-unknown"


def test_a_poll_times_out(server):
    files = [("files", (f"{n}.jpg", jpeg(30_000 + n))) for n in range(100)]
    task = server.post("/upload_catalogue", files=files).json()["task_id"]
    start = time.monotonic()
    answer = server.get(f"/poll_task_status/{task}?timeout=0.05").json()
    assert answer["status"] == "TIMEOUT" and time.monotonic() - start < 10
    assert server.get(f"/poll_task_status/{task}?target_status=STARTED&timeout=60").json()["status"] in ("STARTED", "SUCCESS")
    job = server.post(f"/v1/jobs/{task}/cancel", expect=None)
    if job.status_code == 200:
        answer = server.get(f"/poll_task_status/{task}?timeout=60").json()
        assert answer["status"] in ("FAILURE", "SUCCESS")


def test_searching_does_not_wait_behind_an_upload(server):
    upload(server, [("a.jpg", jpeg(991))])
    files = [("files", (f"{n}.jpg", jpeg(40_000 + n))) for n in range(200)]
    task = server.post("/upload_catalogue", files=files).json()["task_id"]
    answer = search(server, jpeg(991))
    assert answer["status"] == "SUCCESS" and answer["result"][0]["distance"] < 0.001
    assert server.get(f"/get_task_status/{task}").json()["status"] in ("PENDING", "STARTED")


def test_an_upload_keeps_its_name_but_not_its_folders(server):
    upload(server, [("../../etc/passwd.jpg", jpeg(992)), ("C:\\pictures\\x.jpg", jpeg(993))])
    images = server.get("/v1/catalogues/default/images").json()["images"]
    assert {image["name"] for image in images} == {"passwd.jpg", "x.jpg"}
    result = search(server, jpeg(992))["result"][0]
    assert result["image_uri"].endswith("/passwd.jpg") and ".." not in result["image_uri"]
    assert hashlib.sha256(server.get(result["image_uri"]).content).hexdigest() in result["image_uri"]
