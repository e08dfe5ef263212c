"""Measures the whole program on made-up photographs, beside Pillow, and prints a table.

Needs Pillow and numpy (make setup-test puts them into .deps/venv) and the built programs. Everything is written to a
throw-away folder. `--quick` takes a tenth of the files. `--only NAME` runs one part.

Each figure is measured in the same run as what it is compared with: the ideal of ingestion is made of decoding and
inference measured alone, just before.
"""

import argparse
import concurrent.futures
import io
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import numpy
from PIL import Image

import families

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("SEMBLANCE_BINARY", str(ROOT / ".build/release/semblance"))
PARTS = os.environ.get("SEMBLANCE_BENCH", str(ROOT / ".build/release/semblance-bench"))
CORES = len(os.sched_getaffinity(0))


def photograph(generator, width, height):
    """Something with the spectrum of a photograph: octaves of noise whose strength falls with frequency."""
    picture = numpy.zeros((height, width, 3), numpy.float32)
    for octave in range(2, 9):
        side = 2**octave
        noise = generator.normal(0, 256 / side**0.8, (side * 3 // 4, side, 3)).astype(numpy.float32)
        layers = [
            numpy.asarray(Image.fromarray(noise[:, :, channel]).resize((width, height), Image.BICUBIC))
            for channel in range(3)
        ]
        picture += numpy.stack(layers, 2)
    picture += generator.normal(0, 4, picture.shape)
    return Image.fromarray(numpy.clip(picture + 128, 0, 255).astype(numpy.uint8))


def write_photographs(folder, count, width, height):
    """`count` different JPEGs; crops of a few originals, since making noise takes longer than encoding it."""
    folder.mkdir(parents=True)
    generator = numpy.random.default_rng(5)
    originals = [photograph(generator, width + 256, height + 256) for _ in range(4)]
    for number in range(count):
        x, y = generator.integers(0, 256, 2)
        picture = originals[number % 4].crop((x, y, x + width, y + height))
        picture.save(folder / f"{number:06}.jpg", quality=88)
    return sorted(folder.iterdir())


def run_json(*arguments, environment=None):
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment)
    if done.returncode not in (0, 2):
        raise SystemExit(f"{' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stderr}{done.stdout}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def pillow_milliseconds(files, size=224, passes=3):
    """Draft mode and bicubic to `size`, padded: what a Python service does. Core time, median."""
    times = []
    for number in range(passes + 1):
        for file in files:
            data = file.read_bytes()
            start = time.thread_time()
            picture = Image.open(io.BytesIO(data))
            picture.draft("RGB", (size * 2, size * 2))
            picture = picture.convert("RGB")
            scale = size / max(picture.size)
            sides = [max(1, round(side * scale)) for side in picture.size]
            canvas = Image.new("RGB", (size, size), "white")
            canvas.paste(picture.resize(sides, Image.BICUBIC), ((size - sides[0]) // 2, (size - sides[1]) // 2))
            numpy.asarray(canvas)
            if number:
                times.append((time.thread_time() - start) * 1000)
    return statistics.median(times)


def psql(url, statement):
    subprocess.run([str(ROOT / ".deps/postgres/bin/psql"), url, "-qc", statement], check=True)


def pgbench_milliseconds(url, folder):
    """The searches that are in the folder, each prepared once, by one client: times of single statements."""
    scripts = [word for path in sorted(folder.glob("*.sql")) for word in ("-f", str(path))]
    options = (folder / "options").read_text() + " -c search_path=semblance,public -c jit=off"
    words = [str(ROOT / ".deps/postgres/bin/pgbench"), "-n", "-M", "prepared", "-c", "1", "-t", "600", "-l",
             "--log-prefix", str(folder / "log"), *scripts, url]
    subprocess.run(words, env=os.environ | {"PGOPTIONS": options}, check=True, stdout=subprocess.DEVNULL)
    # client, number, microseconds, …; the first of each script are planned and read from the disk.
    lines = [line.split() for log in folder.glob("log.*") for line in log.read_text().splitlines()]
    times = sorted(int(line[2]) / 1000 for line in lines[200:])
    return {"p50": times[len(times) // 2], "p99": times[int(0.99 * len(times))]}


class Memory:
    """The greatest resident memory of a process, split into what it owns and what it maps from files."""

    def __init__(self, pid):
        self.pid, self.samples, self.done = pid, [], threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.done.wait(0.1):
            try:
                fields = dict(
                    line.split(":", 1) for line in open(f"/proc/{self.pid}/status").read().splitlines() if ":" in line
                )
                self.samples.append(int(fields["RssAnon"].split()[0]) / 1024)
            except (OSError, KeyError):
                return

    def stop(self):
        self.done.set()
        self.thread.join()
        return self.samples


def ingest(folder, data, watch_memory=False, model=None, environment=None, precision="default"):
    start = time.perf_counter()
    words = [PROGRAM, "index", str(folder), "--data", str(data), "--json", "--precision", precision]
    words += ["--model", model] if model else []
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
    memory = Memory(process.pid) if watch_memory else None
    output = process.communicate()[0]
    seconds = time.perf_counter() - start
    result = json.loads(output.strip().splitlines()[-1])
    if result["failed"]:
        raise SystemExit(f"ingestion failed: {result['failures'][:3]}")
    return result["indexed"], seconds, memory.stop() if memory else []


class Server:
    def __init__(self, data, port=8973):
        self.address = f"http://127.0.0.1:{port}"
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--data", str(data), "--port", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        while True:
            try:
                with urllib.request.urlopen(self.address + "/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                if self.process.poll() is not None or time.perf_counter() - start > 60:
                    raise SystemExit("the server did not become ready")
                time.sleep(0.005)
        self.seconds_to_ready = time.perf_counter() - start

    def post(self, path, body):
        request = urllib.request.Request(
            self.address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())

    def get(self, path):
        with urllib.request.urlopen(self.address + path) as answer:
            return json.loads(answer.read())

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Bench:
    def __init__(self, folder, scale, chosen_families=()):
        self.folder, self.scale, self.rows, self.raw = folder, scale, [], {}
        self.chosen_families = chosen_families

    def row(self, what, value, goal=""):
        self.rows.append((what, value, goal))
        print(f"  {what}: {value}" + (f" (goal {goal})" if goal else ""), flush=True)

    def photographs(self, name, count, width, height):
        folder = self.folder / name
        return folder, sorted(folder.iterdir()) if folder.exists() else write_photographs(folder, count, width, height)

    def small(self):
        return self.photographs("small", max(50, 2000 // self.scale), 640, 480)

    def large(self):
        return self.photographs("large", max(10, 200 // self.scale), 4000, 3000)

    def decode(self):
        for name, (_, files), goal in [("640×480", self.small(), 2), ("12 MP", self.large(), 17)]:
            sample = files[:40] if name == "640×480" else files[:8]
            ours = run_json(PARTS, "decode", *map(str, sample))["core_ms"]
            pillow = pillow_milliseconds(sample)
            self.raw[f"decode {name}"] = ours["p50"]
            self.row(
                f"decode, orient, resize one {name} JPEG",
                f"{ours['p50']:.2f} ms of one core (p95 {ours['p95']:.2f}); Pillow {pillow:.2f} ms, "
                f"{pillow / ours['p50']:.1f}x as long",
                f"≤ {goal} ms",
            )

    def inference(self):
        for precision in ["f32", "default"]:
            found = run_json(PARTS, "inference", "--precision", precision)
            self.raw[f"inference {precision}"] = found
            self.row(
                f"EfficientNet-Lite0, {precision}",
                f"{found['images_per_second']:.0f} images a second on {CORES} cores, "
                f"{found['core_ms']:.2f} core-ms an image",
            )

    def importing(self):
        path = self.folder / "resnet50.safetensors"
        families.write_safetensors(path, families.resnet50())
        found = [run_json(PARTS, "import", str(path)) for _ in range(3)]
        best = min(found, key=lambda one: one["seconds"])
        self.raw["import"] = found
        self.row(
            "ResNet-50 from its checkpoint to a graph",
            f"{best['seconds']:.2f} s, of which SHA-256 {best['hash_seconds']:.2f} s; "
            f"{max(one['peak_share'] for one in found):.2f}x the file's {best['file_bytes'] / 1e6:.0f} MB in memory",
            "< 5 s, < 3x",
        )

    def families(self):
        """Every engine takes its turn three times, so that whatever else the machine does meets all of them."""
        subprocess.run([str(ROOT / "scripts/get-bench-tools.sh")], check=True)
        work = self.folder / "families"
        work.mkdir()
        names = self.chosen_families or ["efficientnet-lite0", *families.FAMILIES]
        config = families.write(work, names)
        for name in names:
            self.family(name if name not in families.FAMILIES else f"bench-{name}", work, config)

    def family(self, name, work, config):
        python, peers = ROOT / ".deps/bench-venv/bin/python", ROOT / "Benchmarks/peers.py"
        data, graph = work / "data", work / f"{name}.onnx"
        environment = os.environ | {"SEMBLANCE_MODEL_CONFIG": str(config)}
        run_json(PARTS, "graph", name, str(graph), "--config", str(config))
        run_json(PROGRAM, "models", "quantize", name, "--calibration", str(self.small()[0]), "--count", "64",
                 "--data", str(data), "--json", environment=environment)
        ours = [PARTS, "inference", "--config", str(config), "--models", str(data / "models")]
        turns = {
            "Semblance f32": ours + ["--model", name, "--precision", "f32"],
            "ONNX Runtime f32": [str(python), str(peers), "onnxruntime", str(graph), "224"],
            "PyTorch f32": [str(python), str(peers), "torch", str(graph), "224"],
            "Semblance default": ours + ["--model", name],
            "Semblance int8": ours + ["--model", f"{name}-int8"],
        }
        found = self.by_turns({
            turn: lambda words=words: run_json(*words)["images_per_second"] for turn, words in turns.items()})
        self.raw[f"family {name}"] = found
        rates = {turn: statistics.median(rounds) for turn, rounds in found.items()}
        best = max(rates["ONNX Runtime f32"], rates["PyTorch f32"])
        self.row(
            f"{name}, engine alone, images a second",
            ", ".join(f"{turn} {rate:.1f}" for turn, rate in rates.items())
            + f"; of the best peer: f32 {rates['Semblance f32'] / best:.2f}, default {rates['Semblance default'] / best:.2f}",
            "f32 ≥ 0.90, default > 1",
        )
        self.family_end_to_end(name, environment, data, turns, rates)

    def family_end_to_end(self, name, environment, data, turns, rates):
        """About four seconds of JPEGs through everything, from files to embeddings: ours stores them in a catalogue."""
        pictures = self.some_pictures(min(max(int(4 * rates["Semblance f32"]), 32), 1000))

        def stored(model, precision="default"):
            """Without process start and loading, which the peers' figures leave out, too."""
            _, start, _ = ingest(self.one_picture(), data, False, model, environment, precision)
            self.forget(data)
            count, seconds, _ = ingest(pictures, data, False, model, environment, precision)
            self.forget(data)
            return (count - 1) / (seconds - start)

        def read(turn):
            return run_json(*turns[turn], "--pictures", str(pictures))["images_per_second"]

        found = self.by_turns({
            "Semblance f32": lambda: stored(name, "f32"),
            "ONNX Runtime f32": lambda: read("ONNX Runtime f32"),
            "PyTorch f32": lambda: read("PyTorch f32"),
            "Semblance default": lambda: stored(name),
            "Semblance int8": lambda: stored(f"{name}-int8"),
        })
        self.raw[f"family {name} end to end"] = found
        self.row(
            f"{name}, 640×480 JPEGs end to end, images a second",
            ", ".join(f"{turn} {statistics.median(rounds):.1f}" for turn, rounds in found.items()),
        )

    @staticmethod
    def forget(data):
        """Leaves the added models alone."""
        shutil.rmtree(data / "indexes", ignore_errors=True)
        for left in data.glob("semblance.sqlite*"):
            left.unlink()

    @staticmethod
    def by_turns(turns, rounds=3):
        """What each turn gives in each round."""
        found = {turn: [] for turn in turns}
        for _ in range(rounds):
            for turn, measure in turns.items():
                found[turn].append(measure())
        return found

    def some_pictures(self, count):
        folder = self.folder / f"some-{count}"
        if not folder.exists():
            folder.mkdir()
            for file in self.small()[1][:count]:
                shutil.copy(file, folder)
        return folder

    def one_picture(self):
        folder = self.folder / "one-picture"
        if not folder.exists():
            folder.mkdir()
            shutil.copy(self.small()[1][0], folder)
        return folder

    def ingestion(self):
        engine = run_json(PARTS, "inference", "--seconds", "3")["core_ms"]
        for name, (folder, files) in [("640×480", self.small()), ("12 MP", self.large())]:
            sample = files[:40] if name == "640×480" else files[:8]
            decode = run_json(PARTS, "decode", *map(str, sample))["core_ms"]["p50"]
            ideal = CORES * 1000 / (decode + engine)
            one = self.folder / f"one-{name}"
            one.mkdir(exist_ok=True)
            shutil.copy(files[0], one)
            whole, running = [], []
            for attempt in range(3):
                data = self.folder / f"ingest-{name}-{attempt}"
                _, start, _ = ingest(one, data)
                shutil.rmtree(data)
                count, seconds, _ = ingest(folder, data)
                shutil.rmtree(data)
                whole.append(count / seconds)
                running.append((count - 1) / (seconds - start))
            whole, running = statistics.median(whole), statistics.median(running)
            self.row(
                f"ingest {len(files)} JPEGs of {name}, process start to end",
                f"{whole:.1f} images a second, {100 * whole / ideal:.0f}% of the ideal {ideal:.1f}; "
                f"without start and model loading ({start:.2f} s) {running:.1f}, {100 * running / ideal:.0f}%",
                "≥ 80%",
            )

    def queries(self):
        for count, goal in [(10_000, 3), (100_000, 15)]:
            data = self.folder / f"queries-{count}"
            run_json(PARTS, "seed", "--data", str(data), "--count", str(count // self.scale))
            # The first start writes the index's files.
            Server(data).stop()
            server = Server(data)
            try:
                image = server.get("/v1/catalogues/default/images?limit=1")["images"][0]["id"]
                times, inside = [], []
                for number in range(220):
                    start = time.perf_counter()
                    answer = server.post(
                        "/v1/catalogues/default/search", {"query": [{"image_id": image}], "k": 10})
                    times.append((time.perf_counter() - start) * 1000)
                    inside.append(answer["took_ms"])
                times, inside = sorted(times[20:]), sorted(inside[20:])
                self.row(
                    f"query over HTTP, {count // self.scale:,} × 1280, without decoding and engine",
                    f"p50 {times[100]:.2f} ms, p95 {times[190]:.2f} ms; inside the server p50 {inside[100]:.2f} ms",
                    f"p50 ≤ {goal} ms",
                )
                with concurrent.futures.ThreadPoolExecutor(8) as pool:
                    start = time.perf_counter()
                    list(pool.map(lambda _: server.post(
                        "/v1/catalogues/default/search", {"query": [{"image_id": image}], "k": 10}), range(200)))
                    self.row(f"  the same, 8 clients", f"{200 / (time.perf_counter() - start):.0f} queries a second")
                self.row(f"start to ready, {count // self.scale:,} images", f"{server.seconds_to_ready:.2f} s", "< 1 s")
            finally:
                server.stop()
                shutil.rmtree(data)

    def memory(self):
        count = 20_000 // self.scale
        folder, files = self.small()
        many = self.folder / "many"
        many.mkdir()
        for number in range(count):
            # Bytes after the end of a JPEG do not show; they make each file another image.
            (many / f"{number:06}.jpg").write_bytes(
                files[number % len(files)].read_bytes() + number.to_bytes(4, "big"))
        indexed, seconds, samples = ingest(many, self.folder / "memory", watch_memory=True)
        if len(samples) < 6:
            raise SystemExit("too quick to see memory grow: take more files")
        third = len(samples) // 3
        early, late = statistics.median(samples[third // 2:third]), statistics.median(samples[-third // 2:])
        self.row(
            f"memory while ingesting {indexed:,} files (anonymous, without mapped vectors)",
            f"{early:.0f} MB in the first third, {late:.0f} MB at the end, peak {max(samples):.0f} MB",
            "no growth",
        )
        shutil.rmtree(many)
        shutil.rmtree(self.folder / "memory")

    def index(self):
        for dimension, count, threads in [(512, 100_000, 1), (512, 100_000, 0), (1280, 100_000, 1), (1280, 10_000, 1)]:
            found = run_json(
                PARTS, "index", "--dimension", str(dimension), "--count", str(count // self.scale),
                "--threads", str(threads))
            share = found["scan_gigabytes_per_second"] / found["memory_gigabytes_per_second"]
            self.row(
                f"exact search, {count // self.scale:,} × {dimension}, {'one thread' if threads == 1 else 'all cores'}",
                f"p50 {found['search_ms']['p50']:.2f} ms, p95 {found['search_ms']['p95']:.2f} ms, "
                f"recall@10 {found['recall_at_10']:.4f}, {found['scan_gigabytes_per_second']:.1f} GB/s, "
                f"{100 * share:.0f}% of what one thread reads plainly",
                "p50 ≤ 2.5 ms" if (dimension, threads) == (512, 1) else "",
            )

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
        """Vectors in PostgreSQL, beside plain SQL and pgbench on the same server."""
        servers, folder = self.folder / "servers", self.folder / "pgbench"
        folder.mkdir()
        count, tool = 100_000 // self.scale, ROOT / "scripts/test-servers.sh"
        environment = os.environ | {"SEMBLANCE_TEST_FSYNC": "on"}
        start = [str(tool), "start", str(servers), "postgres"]
        url = subprocess.run(start, env=environment, check=True, capture_output=True, text=True).stdout.split("=", 1)[1]
        url = url.strip()
        try:
            # What the set-up for tests gives PostgreSQL is too little for these vectors.
            psql(url, "ALTER SYSTEM SET shared_buffers = '2GB'")
            subprocess.run([str(tool), "stop", str(servers), "postgres"], check=True)
            subprocess.run(start, env=environment, check=True, stdout=subprocess.DEVNULL)
            found = run_json(PARTS, "pgvector", "--database", url, "--scripts", str(folder), "--count", str(count))
            pgbench = pgbench_milliseconds(url, folder)
        finally:
            subprocess.run([str(tool), "stop", str(servers)], check=True)
        self.raw["pgvector"] = found | {"pgbench": pgbench}
        ours, plain = found["seconds"], found["plain_seconds"]
        self.row(
            f"load {count:,} × 1280 into PostgreSQL and build HNSW",
            f"{ours['load']:.1f} + {ours['build']:.1f} s; plain COPY and CREATE INDEX {plain['load']:.1f} + "
            f"{plain['build']:.1f} s: {sum(ours.values()) / sum(plain.values()):.2f}x as long",
            "≤ 1.3x",
        )
        for share in ["1.0", "0.01", "0.1", "0.5"]:
            times, recall = found[f"search {share}"]["ms"], found[f"search {share}"]["recall_at_10"]
            whole = share == "1.0"
            self.row(
                f"search {count:,} × 1280 in PostgreSQL" + ("" if whole else f", {float(share):.0%} of them by a filter"),
                f"p50 {times['p50']:.2f} ms, p99 {times['p99']:.2f} ms, recall@10 {recall:.3f}" + (
                    f"; pgbench p50 {pgbench['p50']:.2f} ms, p99 {pgbench['p99']:.2f} ms: "
                    f"{times['p50'] - pgbench['p50']:+.2f} ms" if whole else ""),
                "p50 ≤ pgbench + 2 ms" if whole else "recall ≥ 0.95",
            )

    def table(self):
        lines = ["| what | measured | goal |", "| --- | --- | --- |"]
        return "\n".join(lines + [f"| {what.strip()} | {value} | {goal} |" for what, value, goal in self.rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ["decode", "inference", "families", "importing", "ingestion", "queries", "memory", "index", "queue", "pgvector"]
    parser.add_argument("--quick", action="store_true", help="a tenth of the files")
    parser.add_argument("--only", choices=parts, action="append")
    parser.add_argument(
        "--family", choices=["efficientnet-lite0", *families.FAMILIES], action="append",
        help="measure this family only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="semblance-bench-") as folder:
        bench = Bench(pathlib.Path(folder), 10 if options.quick else 1, options.family)
        for part in options.only or parts:
            print(f"{part}:", flush=True)
            getattr(bench, part)()
    print("\n" + bench.table())


if __name__ == "__main__":
    sys.exit(main())
