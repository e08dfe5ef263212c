"""What `bench.py` measures of server mode: real PostgreSQL and Redis on this machine, in a throw-away folder."""

import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import time
import urllib.parse

from programs import CORES, PARTS, PROGRAM, ROOT, Server, run_json

TOOL = ROOT / "scripts/test-servers.sh"


@contextlib.contextmanager
def database_servers(folder):
    """PostgreSQL, writing as safely as in use and with memory for many vectors, and Redis: their URLs."""
    environment = os.environ | {"SEMBLANCE_TEST_FSYNC": "on"}

    def call(*words):
        done = subprocess.run([TOOL, words[0], folder, *words[1:]], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"the servers did not {words[0]}:\n{done.stderr}")
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    try:
        urls = call("start")
        psql(urls["SEMBLANCE_TEST_DATABASE"], "ALTER SYSTEM SET shared_buffers = '2GB'")
        call("stop", "postgres")
        call("start", "postgres")
        yield urls["SEMBLANCE_TEST_DATABASE"], urls["SEMBLANCE_TEST_QUEUE"]
    finally:
        call("stop")


def psql(url, statement):
    subprocess.run([ROOT / ".deps/postgres/bin/psql", url, "-qc", statement], check=True)


def make_database(url, name):
    """A database of ours on the same server, and its URL."""
    psql(url, f"CREATE DATABASE {name}")
    return urllib.parse.urlsplit(url)._replace(path=f"/{name}").geturl()


def environment_of(database, queue):
    return os.environ | {"SEMBLANCE_DATABASE": database, "SEMBLANCE_QUEUE": queue}


def quantiles(times):
    times = sorted(times)
    return {"p50": times[len(times) // 2], "p99": times[int(0.99 * len(times))]}


def pgbench_milliseconds(url, folder, rounds=6):
    """The searches that are in the folder, each prepared once, by one client: times of single statements."""
    for log in folder.glob("log.*"):
        log.unlink()
    paths = sorted(folder.glob("*.sql"))
    scripts = [word for path in paths for word in ("-f", str(path))]
    options = (folder / "options").read_text() + " -c search_path=semblance,public -c jit=off"
    words = [ROOT / ".deps/postgres/bin/pgbench", "-n", "-M", "prepared", "-c", "1", "-t", str(rounds * len(paths)), "-l",
             "--log-prefix", folder / "log", *scripts, url]
    subprocess.run(words, env=os.environ | {"PGOPTIONS": options}, check=True, stdout=subprocess.DEVNULL)
    # client, number, microseconds, …; the first of each script are planned and read from the disk.
    lines = [line.split() for log in folder.glob("log.*") for line in log.read_text().splitlines()]
    return [int(line[2]) / 1000 for line in lines[2 * len(paths):]]


def http_milliseconds(server, images, rounds=4):
    """The same searches over HTTP, from a client that keeps its connection: times and what the server says of its own.

    A plain socket, since Python's own client takes longer than the server's part of HTTP.
    """
    host, port = urllib.parse.urlsplit(server.address).netloc.split(":")
    times, inside = [], []
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(rounds * len(images)):
            body = json.dumps({"query": [{"image_id": images[number % len(images)]}], "k": 10})
            head = f"POST /v1/catalogues/bench/search HTTP/1.1\r\nHost: {host}:{port}\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            start = time.perf_counter()
            connection.sendall((head + body).encode())
            answer = read_answer(connection)
            seconds = time.perf_counter() - start
            answer = json.loads(answer)
            if len(answer["results"]) != 10:
                raise SystemExit(f"a search of stored images found {len(answer['results'])}")
            if number >= len(images):
                times.append(seconds * 1000)
                inside.append(answer["took_ms"])
    return times, inside


def read_answer(connection):
    """The body of an answer that has a length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(1 << 16)
    head, body = received.split(b"\r\n\r\n", 1)
    length = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))
    while len(body) < length:
        body += connection.recv(1 << 16)
    return body


class ServerMode:
    """Parts of the benchmark; the rest of `Bench` has the folder, the scale and the table."""

    def queue(self):
        """Redis on this machine, over a socket file; without writing to disk."""
        socket = self.folder / "redis.sock"
        server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL)
        try:
            while not socket.exists():
                if server.poll() is not None:
                    raise SystemExit("redis-server did not start")
                time.sleep(0.02)
            found = run_json(PARTS, "queue", "--url", f"unix://{socket}", "--jobs", str(20_000 // self.scale))
        finally:
            server.terminate()
            server.wait()
        self.raw["queue"] = found
        for workers in [1, 4, 16]:
            self.row(
                f"job queue, {workers} at once: enqueue, take, acknowledge",
                f"{found[f'jobs_per_second_{workers}_workers']:.0f} jobs a second")
        for what, name in [("from enqueuing to a waiting worker", "hand_over_ms"), ("from a job's end to a waiter", "news_ms")]:
            self.row(what, f"p50 {found[name]['p50']:.2f} ms, p95 {found[name]['p95']:.2f} ms")

    def pgvector(self):
        """Vectors in PostgreSQL: loading, searching and serving beside plain SQL and pgbench on the same server."""
        folder, count = self.folder / "pgbench", 100_000 // self.scale
        folder.mkdir()
        with database_servers(self.folder / "servers") as (url, queue):
            database = make_database(url, "bench")
            found = run_json(PARTS, "pgvector", "--database", database, "--scripts", str(folder), "--count", str(count))
            pgbench, over_http, inside = [], [], []
            server = Server(self.folder / "pgvector-data", environment=environment_of(database, queue))
            try:
                # By turns, so that whatever else the machine does meets both.
                for _ in range(3):
                    pgbench += pgbench_milliseconds(database, folder)
                    times, own = http_milliseconds(server, found["images"])
                    over_http, inside = over_http + times, inside + own
            finally:
                server.stop()
        pgbench, over_http, inside = quantiles(pgbench), quantiles(over_http), quantiles(inside)
        self.raw["pgvector"] = found | {"pgbench": pgbench, "http": over_http, "inside": inside}
        self.loading_rows(found, count)
        self.searching_rows(found, count)
        self.row(
            f"search {count:,} × 1280 in PostgreSQL over HTTP",
            f"p50 {over_http['p50']:.2f} ms, p99 {over_http['p99']:.2f} ms (inside the server p50 {inside['p50']:.2f}); "
            f"the same SQL by pgbench p50 {pgbench['p50']:.2f} ms, p99 {pgbench['p99']:.2f} ms: "
            f"{over_http['p50'] - pgbench['p50']:+.2f} ms",
            "p50 ≤ pgbench + 2 ms",
        )

    def loading_rows(self, found, count):
        ours, plain = found["seconds"], found["plain_seconds"]
        self.row(
            f"load {count:,} × 1280 into PostgreSQL and build HNSW",
            f"{ours['load']:.1f} + {ours['build']:.1f} s; plain COPY and CREATE INDEX {plain['load']:.1f} + "
            f"{plain['build']:.1f} s: {sum(ours.values()) / sum(plain.values()):.2f}x as long",
            "≤ 1.3x",
        )

    def searching_rows(self, found, count):
        for share in ["1.0", "0.01", "0.1", "0.5"]:
            times, recall = found[f"search {share}"]["ms"], found[f"search {share}"]["recall_at_10"]
            part = "" if share == "1.0" else f", {float(share):.0%} of them by a filter"
            self.row(
                f"search {count:,} × 1280 in PostgreSQL{part}",
                f"p50 {times['p50']:.2f} ms, p99 {times['p99']:.2f} ms, recall@10 {recall:.3f}", "recall ≥ 0.95")

    def workers(self):
        """Four catalogues at once, taken in by workers that have one job each at a time."""
        folders = self.shares_of_small_photographs(4)
        count = sum(len(list(folder.iterdir())) for folder in folders)
        with database_servers(self.folder / "worker-servers") as (url, queue):
            rates = {}
            # By turns, so that whatever else the machine does meets all of them.
            for attempt in range(3):
                for workers in [1, 2, 4]:
                    name = f"workers_{workers}_{attempt}"
                    # Redis has 16 databases.
                    environment = environment_of(make_database(url, name), f"{queue.rsplit('/', 1)[0]}/{len(rates) + 1}")
                    seconds = self.ingestion_by_workers(workers, folders, self.folder / name, environment)
                    rates.setdefault(workers, []).append(count / seconds)
        self.raw["workers"] = rates
        for workers, found in rates.items():
            self.row(
                f"ingest 4 × {count // 4} JPEGs of 640×480 by {workers} worker{'s' if workers > 1 else ''}, server mode",
                f"{statistics.median(found):.0f} images a second on {CORES} cores with PostgreSQL and Redis beside")

    def shares_of_small_photographs(self, count):
        folders = [self.folder / f"share-{number}" for number in range(count)]
        for folder in folders:
            folder.mkdir()
        for number, file in enumerate(self.small()[1]):
            shutil.copy(file, folders[number % count])
        return folders

    def ingestion_by_workers(self, workers, folders, data, environment):
        """Seconds from the first command to the last image, with models loaded before."""
        subprocess.run([PROGRAM, "db", "init"], env=environment, check=True, capture_output=True)
        words = [PROGRAM, "worker", "--data", str(data)]
        processes = [
            subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(workers)]

        def index(folder, catalogue):
            return run_json(PROGRAM, "index", str(folder), "--catalogue", catalogue, "--data", str(data), "--json",
                            environment=environment)

        try:
            with concurrent.futures.ThreadPoolExecutor(len(folders)) as pool:
                # Warm up: each worker gets a job of one picture, unless another is quicker.
                list(pool.map(lambda number: index(self.one_picture(), f"first-{number}"), range(len(folders))))
                start = time.perf_counter()
                found = list(pool.map(lambda folder: index(folder, folder.name), folders))
                seconds = time.perf_counter() - start
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)
        if any(one["failed"] for one in found):
            raise SystemExit(f"ingestion failed: {found}")
        return seconds
