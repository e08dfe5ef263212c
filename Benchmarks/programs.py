"""Runs the built programs: one measurement, an ingestion, a server."""

import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("SEMBLANCE_BINARY", str(ROOT / ".build/release/semblance"))
PARTS = os.environ.get("SEMBLANCE_BENCH", str(ROOT / ".build/release/semblance-bench"))
CORES = len(os.sched_getaffinity(0))


def run_json(*arguments, environment=None):
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment)
    if done.returncode not in (0, 2):
        raise SystemExit(f"{' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stderr}{done.stdout}")
    return json.loads(done.stdout.strip().splitlines()[-1])


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
    """A `semblance serve` that is ready; in server mode if the environment names a database."""

    def __init__(self, data, port=8973, environment=None):
        self.address = f"http://127.0.0.1:{port}"
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--data", str(data), "--port", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
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
