"""The API against its own description: an existing checker reads it, an existing fuzzer tries it."""

import os
import subprocess
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

from narrow_clip import save_narrow_clip

#: Seconds of fuzzing, for both runs together.
BUDGET = int(os.environ.get("SEMBLANCE_FUZZ_SECONDS", "100"))
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_the_description_is_valid(serve):
    document = serve().get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def fuzz(server, folder, *arguments):
    status = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", server.url + "/openapi.json",
            # An event stream ends only with its job. One worker: with two, CPython's parser, which the fuzzer calls,
            # fails now and then with "AST constructor recursion depth mismatch" (seen with 3.11).
            "--exclude-path-regex", "/events$", "--checks", CHECKS, "--max-time", str(BUDGET // 2),
            "--max-examples", "25", "--seed", "20261122", "--workers", "1", "--request-timeout", "60",
            "--suppress-health-check", "all", "--warnings", "off", "--no-shrink", *arguments,
        ],
        cwd=folder, capture_output=True, text=True, timeout=BUDGET + 300,
        env={name: value for name, value in os.environ.items() if not name.startswith("SEMBLANCE_")} | {"NO_COLOR": "1"})
    assert status.returncode == 0, status.stdout[:8000] + status.stdout[-4000:] + status.stderr[-2000:]
    server.get("/healthz")
    assert server.process.poll() is None
    return status.stdout


def test_the_api_keeps_to_its_description(serve, tmp_path):
    fuzz(serve(), tmp_path)


def test_the_api_keeps_to_its_description_for_things_that_are_there(program, few_pictures, serve, tmp_path):
    """Random names are never found: here the names in paths are those of real things, which nothing deletes, and the
    catalogue's model knows words, so that random texts find something."""
    program.run("models", "add", save_narrow_clip(tmp_path / "clip.safetensors"), "--id", "narrow-clip", expect=0)
    program.json("index", few_pictures, "--model", "narrow-clip")
    server = serve()
    [image, *_] = server.get("/v1/catalogues/default/images").json()["images"]
    [job] = server.get("/v1/jobs").json()["jobs"]
    names = {"catalogue": "default", "image": image["id"], "name": "a.jpg", "job": job["id"], "req_id": job["id"]}
    used = {
        word[1:-1] for path in server.get("/openapi.json").json()["paths"] for word in path.split("/")
        if word.startswith("{")}
    assert {"catalogue", "image"} <= used and used - set(names) <= {"part1", "part2"}, used
    (tmp_path / "schemathesis.toml").write_text(
        "[parameters]\n" + "".join(f'"path.{name}" = "{value}"\n' for name, value in names.items()))
    fuzz(server, tmp_path, "--exclude-method", "DELETE", "--phases", "coverage,fuzzing")
    metrics = dict(
        line.rsplit(" ", 1) for line in server.get("/metrics").text.splitlines() if not line.startswith("#"))
    assert float(metrics["semblance_search_duration_seconds_count"]) > 0, "no search succeeded: nothing was tried"
