"""The API against its own description: an existing checker reads it, an existing fuzzer tries it."""

import os
import subprocess
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

#: Seconds of fuzzing.
BUDGET = int(os.environ.get("SEMBLANCE_FUZZ_SECONDS", "100"))


def test_the_description_is_valid(serve):
    document = serve().get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_the_api_keeps_to_its_description(program, few_pictures, serve, tmp_path):
    program.json("index", few_pictures)
    server = serve()
    status = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", server.url + "/openapi.json",
            # An event stream ends only with its job.
            "--exclude-path-regex", "/events$",
            "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            "--max-time", str(BUDGET), "--max-examples", "25", "--seed", "20261122", "--workers", "2",
            "--request-timeout", "60", "--suppress-health-check", "all", "--warnings", "off", "--no-shrink",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=BUDGET + 300,
        env={name: value for name, value in os.environ.items() if not name.startswith("SEMBLANCE_")} | {"NO_COLOR": "1"})
    assert status.returncode == 0, status.stdout[-15000:] + status.stderr[-3000:]
    server.get("/healthz")
    assert server.process.poll() is None
