"""`scripts/run.sh`, which `make run` calls, with a program that shows what it is given."""

import shutil

import pytest

from test_scripts import ROOT, run


@pytest.fixture
def project(tmp_path):
    """Runs the script in a project of its own, whose program ends `index` with a code."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / ".build/release").mkdir(parents=True)
    for name in ("common.sh", "run.sh"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")

    def start(*arguments, indexing=0, settings="", **environment):
        (tmp_path / ".env").write_text(settings)
        program = tmp_path / ".build/release/semblance"
        program.write_text(
            f'#!/bin/sh\necho "ran $*"\necho "models $SEMBLANCE_MODEL_CONFIG"\n[ "$1" = serve ] || exit {indexing}\n')
        program.chmod(0o755)
        return run(tmp_path / "scripts/run.sh", *arguments, cwd=tmp_path, **environment)

    return start


def commands(result) -> list[str]:
    return [line.removeprefix("ran ") for line in result.stdout.splitlines() if line.startswith("ran ")]


def test_indexes_the_demo_catalogue_and_serves(project, tmp_path):
    result = project("--demo")
    demo = tmp_path / ".deps/demo"
    assert result.returncode == 0, result.stderr
    assert commands(result) == [
        f"index {demo}/furniture {demo}/stamps --catalogue demo --metadata {demo}/metadata.jsonl", "serve"]
    assert f"models {tmp_path}/config/model_config.json" in result.stdout
    assert "==> Indexing the demo catalogue\n" in result.stdout and "    done in " in result.stdout
    assert "open http://127.0.0.1:8000 in a browser" in result.stdout


def test_goes_on_when_some_pictures_could_not_be_indexed(project):
    result = project("--demo", indexing=2)
    assert result.returncode == 0 and commands(result)[-1] == "serve"
    assert "some pictures could not be indexed" in result.stdout


def test_stops_when_interrupted(project):
    result = project("--demo", indexing=130)
    assert result.returncode == 130 and "serve" not in commands(result)


@pytest.mark.parametrize("code", [1, 64, 139])
def test_says_what_to_do_when_indexing_fails(project, code):
    result = project("--demo", indexing=code)
    assert result.returncode == 1 and "serve" not in commands(result)
    assert "make run DEMO=none" in result.stderr


@pytest.mark.parametrize("arguments, environment", [(["--demo"], {"DEMO": "none"}), ([], {})])
def test_serves_without_the_demo(project, arguments, environment):
    result = project(*arguments, **environment)
    assert result.returncode == 0 and commands(result) == ["serve"]


def test_settings_come_from_the_file(project):
    result = project(
        "--demo", settings="DEMO=none\nSEMBLANCE_HOST=0.0.0.0\nSEMBLANCE_PORT=8123\nSEMBLANCE_MODEL_CONFIG=/mine.json\n")
    assert commands(result) == ["serve"]
    assert "open http://0.0.0.0:8123 in a browser" in result.stdout and "models /mine.json" in result.stdout


def test_says_that_there_is_no_program(project, tmp_path):
    project()
    (tmp_path / ".build/release/semblance").unlink()
    result = run(tmp_path / "scripts/run.sh", cwd=tmp_path)
    assert result.returncode == 1 and "run make build" in result.stderr
