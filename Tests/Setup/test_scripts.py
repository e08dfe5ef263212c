"""The set-up scripts on machines that lack something, and on files that are damaged."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKPOINT = "models/efficientnet-lite0/efficientnet-lite0-57934424.pth"
CHECKPOINT_HASH = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
VOCABULARY_HASH = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a"


def run(*command, path=None, cwd=ROOT, **environment):
    """Runs a command; `path` is a folder of programs that come before the real ones."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("SEMBLANCE_")}
    # A `make` that runs these tests must not tell the ones that they run how to behave.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DEMO"):
        variables.pop(name, None)
    if path:
        variables["PATH"] = f"{path}:{variables['PATH']}"
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=variables | environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True)


@pytest.fixture
def programs(tmp_path):
    """Makes programs that print a line and exit with a code."""
    folder = tmp_path / "programs"
    folder.mkdir()

    def make(name, output="", code=0):
        (folder / name).write_text(f"#!/bin/sh\necho '{output}'\nexit {code}\n")
        (folder / name).chmod(0o755)
        return folder

    return make


def test_names_every_missing_package_in_one_line_without_root(programs):
    programs("id", "1000")
    path = programs("pkg-config", code=1)
    result = run(ROOT / "scripts/check-system.sh", path=path)
    lines = [line for line in result.stdout.splitlines() if "apt-get install" in line]
    assert result.returncode == 1
    assert len(lines) == 1
    for package in ("libvips-dev", "libturbojpeg0-dev", "libsqlite3-dev", "libssl-dev", "zlib1g-dev"):
        assert package in lines[0].split()


def test_refuses_an_old_swift(programs):
    path = programs("swift", "Swift version 5.10.1 (swift-5.10.1-RELEASE)")
    result = run(ROOT / "scripts/check-system.sh", path=path)
    assert result.returncode != 0
    assert "Swift 6.2 or later is needed, not 5.10.1" in result.stderr


@pytest.mark.parametrize("version", ["6.2", "6.2.1", "6.10", "7.0"])
def test_accepts_a_new_swift(programs, version):
    path = programs("swift", f"Swift version {version} (swift-{version}-RELEASE)")
    assert run(ROOT / "scripts/check-system.sh", path=path).returncode == 0


def test_replaces_a_damaged_checkpoint(tmp_path):
    damaged = tmp_path / CHECKPOINT
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"half a checkpoint")
    result = run(ROOT / "scripts/get-model.sh", SEMBLANCE_CACHE=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "damaged" in result.stdout
    assert hashlib.sha256(damaged.read_bytes()).hexdigest() == CHECKPOINT_HASH
    assert "already" in run(ROOT / "scripts/get-model.sh", SEMBLANCE_CACHE=str(tmp_path)).stdout


def test_gets_the_vocabulary_of_the_tokenizer(tmp_path):
    result = run(ROOT / "scripts/get-tokenizer.sh", SEMBLANCE_CACHE=str(tmp_path))
    assert result.returncode == 0, result.stderr
    found = tmp_path / "models/clip-tokenizer/bpe_simple_vocab_16e6.txt.gz"
    assert hashlib.sha256(found.read_bytes()).hexdigest() == VOCABULARY_HASH
    assert "already" in run(ROOT / "scripts/get-tokenizer.sh", SEMBLANCE_CACHE=str(tmp_path)).stdout


def test_says_which_cache_cannot_be_written():
    result = run(ROOT / "scripts/get-model.sh", SEMBLANCE_CACHE="/proc/semblance")
    assert result.returncode != 0
    assert "/proc/semblance cannot be written" in result.stderr


def test_forgets_a_download_that_was_cut_short(tmp_path):
    requirements = tmp_path / "list.txt"
    requirements.write_text(f"some==1 --hash=sha256:{hashlib.sha256(b'whole').hexdigest()}\n")
    (tmp_path / "some-1.whl").write_bytes(b"who")
    script = f"source scripts/common.sh; downloads={tmp_path}; find_wheel {requirements} 'some-*.whl'"
    assert run("bash", "-c", script).returncode != 0
    assert not (tmp_path / "some-1.whl").exists()
    (tmp_path / "some-1.whl").write_bytes(b"whole")
    assert run("bash", "-c", script).stdout.strip() == str(tmp_path / "some-1.whl")


def test_leaves_the_demo_out_when_asked():
    result = run("make", "--no-print-directory", "-o", "setup", "demo", "DEMO=none")
    assert result.returncode == 0, result.stderr
    assert "left out" in result.stdout


@pytest.fixture
def server_mode(tmp_path):
    """`make run-worker` and the like in a project with an .env of its own and a program that shows what it is given."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / ".build/release").mkdir(parents=True)
    for name in ("common.sh", "server-mode.sh"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    program = tmp_path / ".build/release/semblance"
    program.write_text('#!/bin/sh\necho "$@"\necho "$SEMBLANCE_DATABASE"\necho "$SEMBLANCE_QUEUE"\n')
    program.chmod(0o755)

    def start(text, *arguments, **environment):
        (tmp_path / ".env").write_text(text)
        return run(tmp_path / "scripts/server-mode.sh", *arguments, cwd=tmp_path, **environment)

    return start


def test_turns_the_prototypes_variables_into_addresses(server_mode):
    result = server_mode(
        "DB_NAME=bilder\nDB_USER=ä@b\nDB_PASSWORD='p:/?#[]%\" $x€'\nDB_HOST=::1\nDB_PORT=5433\n"
        "REDIS_URL=redis://127.0.0.1:6379\n", "db", "init")
    assert result.stdout.splitlines() == [
        "db init",
        "postgres://%C3%A4%40b:p%3A%2F%3F%23%5B%5D%25%22%20%24x%E2%82%AC@[::1]:5433/bilder",
        "redis://127.0.0.1:6379"]


def test_addresses_of_server_mode_have_defaults(server_mode):
    assert server_mode("DB_HOST=db\n", "worker").stdout.splitlines()[1:] == [
        "postgres://semblance@db:5432/semblance", ""]
    assert server_mode("DB_HOST=/run/postgresql\n", "worker").stdout.splitlines()[1] == (
        "postgres://semblance@%2Frun%2Fpostgresql:5432/semblance")


def test_urls_win_over_the_prototypes_variables(server_mode):
    result = server_mode("DB_NAME=a\nREDIS_URL=redis://b\n", "worker", SEMBLANCE_DATABASE="postgres://c/d")
    assert result.stdout.splitlines()[1:] == ["postgres://c/d", "redis://b"]


@pytest.mark.parametrize("command", ["worker", "db"])
def test_says_what_server_mode_needs(server_mode, command):
    result = server_mode("", command)
    assert result.returncode != 0
    assert "DB_NAME" in result.stderr and "make run-server" in result.stderr


def test_serves_embedded_without_a_database(server_mode):
    # A queue alone is the prototype's example file, copied and left as it is.
    assert server_mode("REDIS_URL=redis://b\n", "serve").stdout.splitlines() == ["serve", "", ""]


def test_lists_the_targets():
    result = run("make")
    for target in ("run", "test", "setup", "build", "bench", "clean", "run-app", "run-worker", "init-db",
                   "run-server"):
        assert f"make {target} " in result.stdout


@pytest.fixture
def project(tmp_path):
    """A project with an .env of its own."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/common.sh", tmp_path / "scripts")

    def print_variables(text, *names, **environment):
        (tmp_path / ".env").write_text(text)
        script = "source scripts/common.sh; load_environment_file; " + "; ".join(
            f'printf "%s\\n" "${{{name}:-(unset)}}"' for name in names)
        return run("bash", "-c", script, cwd=tmp_path, **environment).stdout.splitlines()

    return print_variables


def test_reads_an_environment_file_without_running_it(project, tmp_path):
    text = "# comment\nA=1\nexport B = 2 # why\nC=\"x # y\"\nD='$(touch oops)'\nE=\nF=a#b\r\nG=last"
    assert project(text, "A", "B", "C", "D", "E", "F", "G") == [
        "1", "2", "x # y", "$(touch oops)", "(unset)", "a#b", "last"]
    assert not (tmp_path / "oops").exists()


def test_lets_the_environment_win_over_the_file(project):
    assert project("A=file\n", "A", A="environment") == ["environment"]


#: Names of constants in C, and what only tests and benchmarks read.
NOT_SETTINGS = re.compile(r"SEMBLANCE_(PIXEL_SLACK|WEIGHT_BITS|TEST_.*|BENCH.*)")


def variables_of_the_program() -> set[str]:
    sources = "".join(path.read_text() for path in (ROOT / "Sources").rglob("*.swift"))
    names = set(re.findall(r"\bSEMBLANCE_[A-Z_]+\b", sources))
    return {name for name in names if not NOT_SETTINGS.fullmatch(name)}


def variables_of_the_readme() -> set[str]:
    """The first column of the table that tells them."""
    section = (ROOT / "README.md").read_text().split("\n## Configuration\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def variables_of_the_scripts() -> set[str]:
    """What the make targets and compose.yaml let one choose."""
    files = [f"scripts/{name}.sh" for name in ("run", "run-server", "server-mode", "get-demo")] + ["compose.yaml"]
    names = {name for file in files for name in re.findall(r"\$\{([A-Z_]+):[-?]", (ROOT / file).read_text())}
    return {name for name in names if not NOT_SETTINGS.fullmatch(name)}


@pytest.mark.parametrize("known", [variables_of_the_program, variables_of_the_readme, variables_of_the_scripts])
def test_ships_an_example_with_every_variable(known):
    text = (ROOT / ".env.example").read_text()
    shipped = set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))
    assert len(known()) > 10 and known() <= shipped, known() - shipped


def test_tells_how_long_a_step_took():
    script = "source scripts/common.sh; SECONDS=30; work() { SECONDS=$((SECONDS + 65)); }; step 'Doing the work' work"
    assert run("bash", "-c", script).stdout == "==> Doing the work\n    done in 65 s\n"


def test_tells_how_long_a_failed_step_took_and_hands_its_code_on():
    script = "source scripts/common.sh; SECONDS=30; work() { SECONDS=$((SECONDS + 65)); return 7; }; step 'Doing the work' work"
    result = run("bash", "-c", script)
    assert (result.returncode, result.stdout) == (7, "==> Doing the work\n")
    assert result.stderr == "    FAILED after 65 s\n"
