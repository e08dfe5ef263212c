"""Measures the whole program on made-up photographs, beside Pillow, and prints a table.

Needs Pillow and numpy (make setup-test puts them into .deps/venv) and the built programs. Everything is written to a
throw-away folder. `--quick` takes a tenth of the files. `--only NAME` runs one part.

Each figure is measured in the same run as what it is compared with: the ideal of ingestion is made of decoding and
inference measured alone, just before.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import families
from pictures import pillow_milliseconds, write_photographs
from programs import CORES, PARTS, PROGRAM, ROOT, Server, ingest, run_json
from server_mode import ServerMode


class Bench(ServerMode):
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
        """Each case five times, by turns: a neighbour of this machine that wants its memory falls on all of them."""
        cases = [(512, 100_000, 1), (512, 100_000, 0), (1280, 100_000, 1), (1280, 10_000, 1)]
        found = {case: [] for case in cases}
        for _ in range(5):
            for dimension, count, threads in cases:
                found[dimension, count, threads].append(run_json(
                    PARTS, "index", "--dimension", str(dimension), "--count", str(count // self.scale),
                    "--threads", str(threads)))
        for (dimension, count, threads), runs in found.items():
            medians = sorted(run["search_ms"]["p50"] for run in runs)
            share = statistics.median(
                run["scan_gigabytes_per_second"] / run["memory_gigabytes_per_second"] for run in runs)
            self.row(
                f"exact search, {count // self.scale:,} × {dimension}, {'one thread' if threads == 1 else 'all cores'}",
                f"p50 {statistics.median(medians):.2f} ms ({medians[0]:.2f} to {medians[-1]:.2f} in {len(runs)} runs), "
                f"p95 {statistics.median(run['search_ms']['p95'] for run in runs):.2f} ms, "
                f"recall@10 {min(run['recall_at_10'] for run in runs):.4f}, "
                f"{100 * share:.0f}% of what one thread reads plainly",
                "p50 ≤ 2.5 ms" if (dimension, threads) == (512, 1) else "",
            )

    def table(self):
        lines = ["| what | measured | goal |", "| --- | --- | --- |"]
        return "\n".join(lines + [f"| {what.strip()} | {value} | {goal} |" for what, value, goal in self.rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ["decode", "inference", "families", "importing", "ingestion", "queries", "memory", "index", "queue", "pgvector",
             "workers"]
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
