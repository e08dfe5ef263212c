"""What server mode does when something of it fails. After each: every image once, every job at an end with a reason,
no result missing."""

import concurrent.futures
import hashlib
import os
import random
import shutil
import subprocess
import threading
import time

import pytest
import requests

from installation import FaultyLink, Installation, ask, with_database
from pictures import jpeg, save_pictures
from program import wait_for


def hashes_of(folder):
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.jpg"))


@pytest.fixture
def own_installation(binary, tmp_path, own_servers):
    """An installation whose servers the test may stop."""
    installation = Installation(binary, tmp_path / "shared", own_servers.database, own_servers.queue)
    installation.program.run("db", "init", expect=0)
    yield installation
    installation.end()


def upload(server, number, count=10, base=200_000):
    files = [("files", (f"{n}.jpg", jpeg(base + n, size=(64, 48)))) for n in range(number * count, (number + 1) * count)]
    return server.request("POST", "/upload_catalogue", expect=None, files=files)


def uploads(server, count, patience=90):
    """Uploads whose clients try again when they are told to; returns the jobs' ids."""
    tasks = []
    for number in range(count):
        end = time.monotonic() + patience
        while True:
            try:
                answer = upload(server, number)
            except requests.ConnectionError:
                answer = None
            if answer is not None and answer.status_code == 200:
                break
            if answer is not None:
                assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0, answer.text
            assert time.monotonic() < end, answer and answer.text
            time.sleep(0.3)
        tasks.append(answer.json()["task_id"])
    return tasks


def expected(count, base=200_000):
    return sorted(hashlib.sha256(jpeg(base + n, size=(64, 48))).hexdigest() for n in range(count * 10))


class Searcher:
    """Searches all the time; every answer is right, or says that something is away."""

    def __init__(self, server, picture, catalogue="default"):
        self.server, self.picture, self.catalogue = server, picture, catalogue
        self.answers, self.refusals, self.wrong = 0, 0, []
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self._run) for _ in range(4)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *arguments):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def _run(self):
        while not self.is_over.is_set():
            answer = self.server.request(
                "POST", f"/v1/catalogues/{self.catalogue}/search", expect=None, timeout=60,
                files={"image": self.picture}, data={"k": "3"})
            if answer.status_code == 200 and answer.json()["results"][0]["score"] > 0.999:
                self.answers += 1
            elif answer.status_code == 503 and "retry-after" in answer.headers:
                self.refusals += 1
                time.sleep(0.1)
            else:
                self.wrong.append((answer.status_code, answer.text[:300]))


def first_picture(installation, tmp_path):
    """A catalogue `before` with one picture, to search for."""
    save_pictures(tmp_path / "before", count=1, seed=9)
    installation.program.json("index", tmp_path / "before", "--catalogue", "before")
    return next((tmp_path / "before").iterdir()).read_bytes()


def test_postgres_is_restarted_under_load(own_installation, own_servers, tmp_path):
    own_installation.worker()
    server = own_installation.serve()
    picture = first_picture(own_installation, tmp_path)
    with Searcher(server, picture, "before") as searcher:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            tasks = pool.submit(uploads, server, 12)
            for _ in range(2):
                time.sleep(1)
                own_servers.call("stop", "postgres")
                own_servers.call("start", "postgres")
            # Killed, as by a machine that goes away.
            time.sleep(1)
            own_servers.call("kill", "postgres")
            own_servers.call("start", "postgres")
            tasks = tasks.result()
        before = searcher.answers
        wait_for(lambda: searcher.answers > before + 5, "searches after the restart")
    assert not searcher.wrong, searcher.wrong[:3]
    for task in tasks:
        assert server.wait_for_job(task)["state"] == "succeeded"
    own_installation.accounts_for_once(expected(12))


@pytest.mark.parametrize("keeps", [True, False], ids=["with its data", "empty"])
def test_redis_is_killed_and_comes_back(own_installation, own_servers, keeps):
    own_installation.worker()
    server = own_installation.serve()
    tasks = uploads(server, 6)
    own_servers.call("kill", "redis")
    # Searches over /v1 need no queue; readiness says that something is away.
    answer = upload(server, 7)
    assert answer.status_code == 503 and "retry-after" in answer.headers
    wait_for(lambda: server.get("/readyz", expect=None).status_code == 503, "the server to notice")
    if not keeps:
        own_servers.call("empty", "redis")
    own_servers.call("start", "redis")
    wait_for(lambda: server.get("/readyz", expect=None).status_code == 200, "the server to recover")
    tasks += [upload(server, 6).json()["task_id"]]
    for task in tasks:
        assert server.wait_for_job(task)["state"] == "succeeded"
    own_installation.accounts_for_once(expected(7))


def test_workers_are_killed_at_any_moment(installation, many_pictures):
    """Each is replaced by another, as a supervisor would; leases are short."""
    installation.program.environment["SEMBLANCE_LEASE_SECONDS"] = "3"
    generator = random.Random(20_261_128)
    process = installation.program.start("index", many_pictures, "--copy", "--json")
    deadline = time.monotonic() + 240
    kills = 0

    def job():
        return installation.program.json("jobs", "list")["jobs"][0]

    while process.poll() is None and kills < 4:
        worker = installation.worker()
        # It takes over when the lease of the one before is over.
        attempts = kills + 1
        wait_for(lambda: process.poll() is not None or worker_has(worker), f"start {attempts}")
        time.sleep(generator.uniform(0, 0.6))
        if process.poll() is None:
            worker.kill()
            kills += 1
        assert time.monotonic() < deadline
    installation.worker()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert kills >= 1, job()
    installation.accounts_for_once(hashes_of(many_pictures))
    stored = [path for path in (installation.program.data / "files").glob("??/*") if path.is_file()]
    assert sorted(path.name for path in stored) == hashes_of(many_pictures)
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in stored)


def worker_has(worker) -> bool:
    """Whether the worker runs an ingestion now."""
    return 'semblance_jobs_running{lane="ingest"} 1' in worker.get("/metrics").text


def test_a_job_that_brings_down_its_workers_is_given_up(installation, many_pictures):
    program = installation.program
    program.environment["SEMBLANCE_LEASE_SECONDS"] = "3"
    process = program.start("index", many_pictures, "--copy", "--json")
    for kills in range(12):
        worker = installation.worker("--threads", "1")
        wait_for(lambda: process.poll() is not None or worker_has(worker), f"the end, or start {kills + 1}")
        if process.poll() is not None:
            break
        worker.kill()
    assert process.wait() == 1
    [dead] = program.json("jobs", "list", "--dead")["dead"]
    [job] = program.json("jobs", "list")["jobs"]
    assert dead["id"] == job["id"] and dead["kind"] == "ingest" and dead["tries"] == kills
    assert job["state"] == "failed" and job["reason"] == dead["reason"] and f"{kills} times" in dead["reason"]
    assert dead["id"] in program.run("jobs", "list", "--dead", expect=0).out
    program.fails("jobs", "retry", "nobody", code="job-unknown")
    # The worker that gave it up takes the new job.
    again = program.json("jobs", "retry", dead["id"])["id"]
    wait_for(lambda: program.json("jobs", "show", again)["state"] == "succeeded", "the second go")
    assert program.json("jobs", "list", "--dead")["dead"] == []
    program.fails("jobs", "forget", dead["id"], code="job-unknown")
    installation.accounts_for_once(hashes_of(many_pictures))


def test_a_database_that_hangs_and_comes_back(binary, new_installation, tmp_path):
    installation = new_installation()
    link = FaultyLink(installation.database)
    installation.worker()
    picture = first_picture(installation, tmp_path)
    installation.program.environment["SEMBLANCE_DATABASE"] = link.url
    server = installation.serve()
    search = lambda: server.request(
        "POST", "/v1/catalogues/before/search", expect=None, timeout=90, files={"image": picture})
    assert search().status_code == 200
    link.stall()
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: search(), range(4)))
    assert time.monotonic() - start < 75
    assert all(answer.status_code == 503 and "retry-after" in answer.headers for answer in answers), answers[0].text
    assert server.get("/readyz", expect=503).headers["retry-after"]
    assert server.get("/healthz").status_code == 200
    link.go_on()
    wait_for(lambda: search().status_code == 200, "the server to recover")
    wait_for(lambda: server.get("/readyz", expect=None).status_code == 200, "the server to be ready")
    link.close()


def test_a_slow_database(new_installation, few_pictures):
    installation = new_installation()
    link = FaultyLink(installation.database)
    link.delay = 0.05
    installation.program.environment["SEMBLANCE_DATABASE"] = link.url
    installation.worker()
    assert installation.program.json("index", few_pictures, timeout=120)["indexed"] == 12
    installation.accounts_for_once(hashes_of(few_pictures))
    link.close()


def test_the_shared_folder_fills_up(new_installation, few_pictures, many_pictures, small_disk):
    disk = small_disk(3)
    installation = new_installation(data=disk / "shared")
    installation.worker()
    assert installation.program.json("index", few_pictures, "--copy")["indexed"] == 12
    with open(disk / "ballast", "wb") as ballast:
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        ballast.write(b"\0" * (free - 300_000))
    result = installation.program.run("index", many_pictures, "--copy", "--json")
    assert result.code in (1, 2) and "full" in result.out + result.err, result
    (disk / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
    report = installation.program.json("index", many_pictures, "--copy")
    assert report["indexed"] + report["skipped"] == 240 and report["failed"] == 0
    installation.accounts_for_once(sorted(hashes_of(many_pictures) + hashes_of(few_pictures)))


def test_the_database_s_disk_fills_up(binary, own_servers, few_pictures, many_pictures, small_disk, tmp_path, request):
    """Tables lie on a small disk; PostgreSQL's log, without which it stops as a whole, on another."""
    disk = small_disk(60)
    (disk / "tables").mkdir()
    # Only root mounts disks, and the servers do not run as root.
    shutil.chown(disk / "tables", "nobody")
    ask(own_servers.database, f"CREATE TABLESPACE small LOCATION '{disk}/tables'")
    ask(own_servers.database, "CREATE DATABASE small TABLESPACE small")
    small = with_database(own_servers.database, "small")
    installation = Installation(binary, tmp_path / "shared", small, own_servers.queue)
    request.addfinalizer(installation.end)
    installation.program.run("db", "init", expect=0)
    installation.worker()
    assert installation.program.json("index", few_pictures)["indexed"] == 12
    with open(disk / "ballast", "wb") as ballast:
        ballast.write(b"\0" * (os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - 400_000))
    result = installation.program.run("index", many_pictures, "--json")
    assert result.code in (1, 2) and "full" in result.out + result.err, result
    # What is there can be searched all the while.
    picture = next((few_pictures / "a").iterdir())
    assert installation.program.json("search", picture)["results"][0]["score"] > 0.999
    (disk / "ballast").unlink()
    report = installation.program.json("index", many_pictures)
    assert report["indexed"] + report["skipped"] == 240 and report["failed"] == 0
    installation.accounts_for_once(sorted(hashes_of(many_pictures) + hashes_of(few_pictures)))


def test_searches_go_on_during_a_large_ingestion(installation, tmp_path):
    """200 searches at a time while 5,000 small images come in."""
    folder = tmp_path / "many"
    for number in range(50):
        (folder / f"{number:02}").mkdir(parents=True)
        for n in range(100):
            (folder / f"{number:02}/{n}.jpg").write_bytes(jpeg(300_000 + number * 100 + n, size=(24, 24)))
    installation.worker()
    server = installation.serve("--requests-per-minute", "0")
    picture = first_picture(installation, tmp_path)
    process = installation.program.start("index", folder, "--json", "--catalogue", "large")
    wait_for(lambda: any(job["done"] > 50 for job in installation.program.json("jobs", "list")["jobs"]
                         if job["catalogue"] == "large"), "the ingestion to begin")

    def search(_):
        answer = server.request(
            "POST", "/v1/catalogues/before/search", expect=None, files={"image": picture}, data={"k": "3"})
        return answer.status_code, answer.json().get("results", [{}])[0].get("score", 0)

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(search, range(400)))
    assert process.poll() is None, "the ingestion was still running"
    assert all(status == 200 and score > 0.999 for status, score in answers), answers[:5]
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    installation.accounts_for_once(hashes_of(folder), "large")
    found = installation.program.json(
        "search", folder / "07/42.jpg", "--catalogue", "large", "--k", "5000")["results"]
    assert len(found) == 5000 and found[0]["score"] > 0.999
