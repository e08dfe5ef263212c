"""Server mode end to end: one server, workers, PostgreSQL and Redis."""

import hashlib
import json
import signal
import time

from installation import ask
from pictures import jpeg
from program import Program, wait_for


def hashes_of(folder):
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.jpg"))


def test_both_sizes_give_the_same_answers(program, installation, few_pictures, tmp_path):
    lines = [
        json.dumps({"path": f"{few_pictures}/a/picture 00{n}.jpg", "metadata": {"n": n, "odd": n % 2 == 1}})
        for n in range(6)]
    (tmp_path / "list.jsonl").write_text("\n".join(lines))
    installation.worker()
    reports = [
        one.json("index", few_pictures, "--metadata", tmp_path / "list.jsonl")
        for one in (program, installation.program)]
    assert reports[0] == reports[1] and reports[0]["indexed"] == 12
    path = few_pictures / "a/picture 003.jpg"
    for words in [["search", path, "--k", "100"], ["search", path, "--filter", "n<4,odd=true"],
                  ["search", path, "--region", "0.2,0.2,0.5,0.5", "--k", "3"]]:
        left, right = (one.json(*words)["results"] for one in (program, installation.program))
        assert [result["id"] for result in left] == [result["id"] for result in right]
        assert [result["metadata"] for result in left] == [result["metadata"] for result in right]
        for one, other in zip(left, right):
            assert abs(one["score"] - other["score"]) < 1e-4
    left, right = (one.json("list", "--catalogue", "default")["images"] for one in (program, installation.program))
    keys = ["id", "name", "path", "format", "width", "height", "bytes", "metadata"]
    order = lambda images: sorted([image[key] for key in keys] for image in images)
    assert order(left) == order(right)
    left, right = (one.json("duplicates", "--threshold", "0.8")["groups"] for one in (program, installation.program))
    assert [len(group["images"]) for group in left] == [len(group["images"]) for group in right]
    # Nothing is read twice.
    assert installation.program.json("index", few_pictures)["skipped"] == 12
    assert not (installation.program.data / "semblance.sqlite").exists(), "the data folder has no database"


def test_a_job_waits_for_a_worker(installation, few_pictures):
    process = installation.program.start("index", few_pictures, "--json")
    wait_for(lambda: installation.program.json("jobs", "list")["jobs"], "the job")
    # A server runs none.
    installation.serve()
    lines = process.stderr.readline().decode()
    assert "no worker" in lines and "semblance worker" in lines
    assert installation.program.json("jobs", "list")["jobs"][0]["state"] == "queued"
    installation.worker()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    installation.accounts_for_once(hashes_of(few_pictures))


def test_ctrl_c_cancels_what_was_handed_over(installation, few_pictures):
    process = installation.program.start("index", few_pictures)
    wait_for(lambda: installation.program.json("jobs", "list")["jobs"], "the job")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert installation.program.json("jobs", "list")["jobs"][0]["state"] == "cancelled"


def test_without_a_queue_jobs_wait_in_the_database(new_installation, few_pictures):
    installation = new_installation(queue=False)
    installation.serve()
    assert installation.program.json("index", few_pictures)["indexed"] == 12
    installation.accounts_for_once(hashes_of(few_pictures))


def test_without_anybody_index_runs_its_job_itself(new_installation, few_pictures):
    installation = new_installation(queue=False)
    assert installation.program.json("index", few_pictures)["indexed"] == 12


def test_many_processes_make_the_tables_at_once(new_installation):
    installation = new_installation(initialised=False)
    message = installation.program.run("list", expect=1).err
    assert "semblance db init" in message
    processes = [installation.program.start("db", "migrate") for _ in range(4)]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    status = installation.program.json("db", "status")
    assert status["schema"] == status["expected_schema"] and status["pgvector"]
    assert installation.program.json("list")["catalogues"] == []


def test_what_a_worker_says_of_itself(installation, few_pictures):
    worker = installation.worker("--queues", "ingest,reembed", "--concurrency", "2")
    assert worker.status("/healthz") == 200 and worker.status("/readyz") == 200
    assert worker.status("/v1/catalogues") == 404
    installation.program.json("index", few_pictures)
    text = worker.get("/metrics").text
    assert 'semblance_workers{lane="ingest"} 1' in text and 'semblance_workers{lane="search"} 0' in text
    assert 'semblance_job_duration_seconds_count{lane="ingest",outcome="succeeded"} 1' in text
    assert "semblance_queue_up 1" in text and "semblance_ready 1" in text
    assert worker.stop(signal.SIGTERM) == 0
    # It takes itself off the list.
    other = installation.worker("--queues", "search")
    assert 'semblance_workers{lane="ingest"} 0' in other.get("/metrics").text


def test_a_worker_that_is_asked_to_stop_gives_back_what_it_has(installation, many_pictures):
    first = installation.worker("--drain-seconds", "0")
    process = installation.program.start("index", many_pictures, "--json")
    wait_for(
        lambda: any(job["done"] > 0 for job in installation.program.json("jobs", "list")["jobs"]), "some progress")
    assert first.stop(signal.SIGTERM) == 0
    job = installation.program.json("jobs", "list")["jobs"][0]
    assert job["state"] in ("queued", "succeeded")
    installation.worker()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    installation.accounts_for_once(hashes_of(many_pictures))


def test_workers_share_uploads_and_none_is_done_twice(installation):
    for _ in range(2):
        installation.worker()
    server = installation.serve()
    contents = [jpeg(70_000 + number, size=(64, 48)) for number in range(60)]
    tasks = []
    for start in range(0, 60, 6):
        files = [("files", (f"{n}.jpg", contents[n])) for n in range(start, start + 6)]
        tasks.append(server.post("/upload_catalogue", files=files).json()["task_id"])
    for task in tasks:
        answer = server.get(f"/poll_task_status/{task}?timeout=100").json()
        assert answer["status"] == "SUCCESS", answer
    installation.accounts_for_once([hashlib.sha256(content).hexdigest() for content in contents])
    assert not list((installation.program.data / "spool").iterdir()), "uploads are removed when they are taken in"


def test_a_poll_for_another_process_s_job_does_not_wait_for_a_tick(installation):
    installation.worker()
    server = installation.serve()
    server.post("/upload_catalogue", files={"files": ("a.jpg", jpeg(71_000))})
    wait_for(lambda: server.get("/v1/jobs").json()["jobs"][0]["state"] == "succeeded", "the upload")
    times = []
    for number in range(12):
        start = time.monotonic()
        task = server.post("/search_with_image", files={"file": ("q.jpg", jpeg(71_000))}).json()["task_id"]
        answer = server.get(f"/poll_task_status/{task}?timeout=30").json()
        times.append(time.monotonic() - start)
        assert answer["status"] == "SUCCESS" and len(answer["result"]) == 1
    assert sorted(times)[5] < 0.4, times


def test_keys_and_access_are_shared(installation):
    first, second = installation.serve(), installation.serve()
    key = installation.program.json("keys", "create", "phone", "--scope", "read")["key"]
    for server in (first, second):
        assert server.get("/v1/catalogues", headers={"Authorization": f"Bearer {key}"}).json() == {"catalogues": []}
        server.get("/v1/catalogues", headers={"Authorization": "Bearer sem_wrong"}, expect=401)


def test_how_vectors_are_kept_and_indexed_can_be_chosen(installation, many_pictures, few_pictures):
    program = installation.program
    program.environment |= {
        "SEMBLANCE_HNSW": "kind=binary,m=8,ef_construction=32,min_vectors=100", "SEMBLANCE_VECTOR_TYPE": "halfvec"}
    installation.worker()
    assert program.json("index", many_pictures)["indexed"] == 240
    definition = ask(installation.database, "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%USING hnsw%'")
    assert "bit_hamming_ops" in definition and "m='8'" in definition and "ef_construction='32'" in definition
    types = ask(installation.database, "SELECT DISTINCT format_type(atttypid, atttypmod) FROM pg_attribute "
                "JOIN pg_class ON pg_class.oid = attrelid WHERE relname LIKE 'embeddings%' AND attname = 'vector'")
    assert types == "halfvec(1280)"
    picture = next((many_pictures / "folder 3").iterdir())
    wanted = hashlib.sha256(picture.read_bytes()).hexdigest()
    found = program.json("search", picture, "--k", "5")["results"]
    assert len(found) == 5 and found[0]["id"] == wanted and found[0]["score"] > 0.998
    # Another choice is another index, in place of the first.
    program.environment["SEMBLANCE_HNSW"] = "kind=halfvec,min_vectors=100"
    assert [each["index"] for each in program.json("db", "index")["indexes"]] == ["built"]
    definition = ask(installation.database, "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%USING hnsw%'")
    assert "halfvec_ip_ops" in definition and "bit_hamming_ops" not in definition
    assert program.json("search", picture, "--k", "5")["results"][0]["id"] == wanted


def test_files_elsewhere(binary, new_installation, few_pictures, tmp_path, shared_servers):
    """Two machines: data folders of their own, one folder of originals."""
    installation = new_installation()
    installation.program.environment["SEMBLANCE_FILES"] = str(tmp_path / "originals")
    installation.worker()
    report = installation.program.json("index", few_pictures, "--copy")
    assert report["indexed"] == 12
    other = Program(binary, data=tmp_path / "other machine", **{
        name: value for name, value in installation.program.environment.items()
        if name in ("SEMBLANCE_DATABASE", "SEMBLANCE_QUEUE", "SEMBLANCE_FILES")})
    stored = [path for path in (tmp_path / "originals/files").glob("??/*") if path.is_file()]
    assert sorted(path.name for path in stored) == hashes_of(few_pictures)
    assert not list((installation.program.data / "files").glob("??/*") if (installation.program.data / "files").exists() else [])
    path = few_pictures / "a/picture 000.jpg"
    assert other.json("search", path)["results"][0]["score"] > 0.999
    image = hashlib.sha256(path.read_bytes()).hexdigest()
    assert other.json("remove", image)["removed"] == 1
    assert not [each for each in stored if each.exists() and each.name == image]


def test_files_elsewhere_embedded(program, few_pictures, tmp_path):
    program.environment["SEMBLANCE_FILES"] = str(tmp_path / "originals")
    assert program.json("index", few_pictures, "--copy")["indexed"] == 12
    assert len(list((tmp_path / "originals/files").glob("??/*"))) == 12
    assert not (program.data / "files").exists()
