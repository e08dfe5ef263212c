"""Every command of the command line: what it prints, its JSON, its exit codes."""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import numpy
import pytest

from pictures import encoded, jpeg, picture, save_pictures
from program import Program, wait_for

COMMANDS = ["index", "search", "serve", "list", "remove", "duplicates", "models", "embed", "label", "filterable", "jobs", "keys", "stats", "doctor"]


def leaves(command: dict, path: tuple = ()) -> list[tuple]:
    """The words of every command that does something itself, out of what `--experimental-dump-help` prints."""
    branches = [c for c in command.get("subcommands", []) if c["commandName"] != "help"]
    return [leaf for c in branches for leaf in leaves(c, path + (c["commandName"],))] if branches else [path]


def test_every_command_explains_itself(program):
    commands = leaves(program.run("--experimental-dump-help", expect=0, data=False).json["command"])
    assert {command[0] for command in commands} >= set(COMMANDS) and ("jobs", "show") in commands
    for command in commands:
        text = program.run(*command, "--help", expect=0, data=False).out
        name = " ".join(["semblance", *command])
        assert f"USAGE: {name} " in text
        assert re.search(rf"^EXAMPLES\n(?:  .*\n)*?.*\b{name}\b", text, re.M), f"no example of {name}"
        assert re.search(r"^  --json\b", text, re.M), f"{name} has no --json"


def test_the_program_names_its_commands_and_version(program):
    text = program.run("--help", expect=0, data=False).out
    assert all(command in text for command in COMMANDS)
    assert "EXAMPLES" in text
    assert program.run("--version", expect=0, data=False).out.strip()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_printed(program, shell):
    assert "duplicates" in program.run("--generate-completion-script", shell, expect=0, data=False).out


@pytest.mark.parametrize("arguments", [
    ["nonsense"], ["index"], ["search"], ["embed"], ["search", "a.jpg", "--k", "many"], ["index", ".", "--nonsense"],
    ["search", "a.jpg", "--region", "0,0,2,2"], ["search", "a.jpg", "--region", "1,2,3"], ["embed", "a.jpg", "--precision", "f8"],
    ["search", "a.jpg", "--filter", "=="], ["embed", "a.jpg", "--output", "vectors.txt"], ["remove"], ["keys", "create", "k", "--scope", "root"],
])
def test_misuse_ends_with_64(program, arguments):
    result = program.run(*arguments, expect=64)
    assert result.err.strip() and not result.out


def test_index_reports_what_it_did(program, few_pictures):
    report = program.json("index", few_pictures)
    assert {"catalogue": "default", "indexed": 12, "skipped": 0, "failed": 0, "failures": []}.items() <= report.items()
    assert report["model"] == "efficientnet-lite0"
    again = program.json("index", few_pictures)
    assert (again["indexed"], again["skipped"], again["failed"]) == (0, 12, 0)


def test_index_takes_the_same_bytes_once(program, few_pictures, tmp_path):
    program.json("index", few_pictures)
    copy = tmp_path / "copy.jpg"
    shutil.copy(few_pictures / "a/picture 000.jpg", copy)
    assert program.json("index", copy)["skipped"] == 1
    assert program.json("list", "--catalogue", "default")["total"] == 12


def test_index_notices_a_changed_file(program, tmp_path):
    [path] = save_pictures(tmp_path / "p", count=1, seed=3)
    program.json("index", path)
    path.write_bytes(jpeg(4))
    assert program.json("index", path)["indexed"] == 1


def test_index_leaves_originals_in_place_or_copies_them(program, few_pictures):
    program.json("index", few_pictures / "a")
    assert not list((program.data / "files").rglob("*")) or not [p for p in (program.data / "files").rglob("*") if p.is_file()]
    program.json("index", few_pictures / "b", "--copy")
    stored = [path for path in (program.data / "files").rglob("*") if path.is_file()]
    originals = [path.read_bytes() for path in (few_pictures / "b").iterdir()]
    assert sorted(path.name for path in stored) == sorted(hashlib.sha256(bytes_).hexdigest() for bytes_ in originals)


def test_index_reads_metadata_and_prunes(program, tmp_path):
    paths = save_pictures(tmp_path / "p", count=3, seed=5)
    (tmp_path / "metadata.jsonl").write_text(
        "".join(json.dumps({"path": f"p/{path.name}", "metadata": {"number": n}}) + "\n" for n, path in enumerate(paths)))
    program.json("index", tmp_path / "p", "--metadata", tmp_path / "metadata.jsonl")
    found = program.json("list", "--catalogue", "default", "--filter", "number>=1")
    assert sorted(image["name"] for image in found["images"]) == [paths[1].name, paths[2].name]
    paths[0].unlink()
    program.json("index", tmp_path / "p", "--prune")
    assert program.json("list", "--catalogue", "default")["total"] == 2


def test_relative_paths_are_reported_as_given(program, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p/bad.jpg").write_text("not a picture")
    report = program.json("index", "p", expect=2, cwd=tmp_path)
    assert [failure["path"] for failure in report["failures"]] == ["p/bad.jpg"]


def test_search_finds_the_image_itself_first(indexed, few_pictures):
    path = few_pictures / "a/picture 003.jpg"
    answer = indexed.json("search", path, "--k", "5")
    assert set(answer) >= {"model", "catalogue", "took_ms", "results"}
    assert (answer["model"], answer["catalogue"], len(answer["results"])) == ("efficientnet-lite0", "default", 5)
    first = answer["results"][0]
    assert set(first) >= {"id", "name", "path", "score", "distance", "metadata"}
    assert first["path"] == str(path.resolve()) and first["name"] == path.name
    assert first["id"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert first["score"] > 0.999 and first["distance"] < 0.001
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert all(abs(result["distance"] - (1 - result["score"])) < 1e-5 for result in answer["results"])


def test_search_returns_all_when_asked_for_more(indexed, few_pictures):
    path = few_pictures / "a/picture 000.jpg"
    assert len(indexed.json("search", path, "--k", "1000000")["results"]) == 12
    for k in ["0", "-1", "1000001"]:
        message = indexed.fails("search", path, f"--k={k}", code="invalid-k")
        assert "1,000,000" in message or "1000000" in message


def test_search_narrows_by_score_region_filter_and_offset(indexed, few_pictures):
    path = few_pictures / "a/picture 000.jpg"
    assert len(indexed.json("search", path, "--min-score", "0.9999")["results"]) == 1
    whole = indexed.json("search", path)["results"]
    assert indexed.json("search", path, "--offset", "3")["results"] == whole[3:10] + indexed.json("search", path, "--k", "13")["results"][10:]
    part = indexed.json("search", path, "--region", "0,0,0.4,0.4")["results"]
    assert [r["score"] for r in part] != [r["score"] for r in whole]
    assert indexed.json("search", path, "--filter", "category=none")["results"] == []


def test_search_with_several_images_and_minus(indexed, few_pictures):
    one, two = few_pictures / "a/picture 000.jpg", few_pictures / "b/picture 001.jpg"
    first_two = indexed.json("search", one, two)["results"][:2]
    assert {r["name"] for r in first_two} == {one.name, two.name}
    assert indexed.json("search", one, "--minus", two)["results"][-1]["path"].endswith("b/picture 001.jpg") or \
        indexed.json("search", one, "--minus", two, "--k", "12")["results"][-1]["path"].endswith("b/picture 001.jpg")


def test_embed_prints_unit_vectors_in_the_order_given(program, few_pictures):
    paths = [few_pictures / "b/picture 001.jpg", few_pictures / "a/picture 000.jpg"]
    answer = program.json("embed", *paths)
    assert (answer["model"], answer["dim"]) == ("efficientnet-lite0", 1280)
    assert [item["path"] for item in answer["embeddings"]] == [str(path) for path in paths]
    vectors = numpy.array([item["vector"] for item in answer["embeddings"]])
    assert vectors.shape == (2, 1280)
    assert numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] < 0.999


def test_embed_writes_numpy_arrays(program, few_pictures, tmp_path):
    path = few_pictures / "a/picture 000.jpg"
    program.run("embed", path, "--output", tmp_path / "v.npy", expect=0)
    vectors = numpy.load(tmp_path / "v.npy")
    assert vectors.dtype == numpy.float32 and vectors.shape == (1, 1280)
    printed = program.json("embed", path)["embeddings"][0]["vector"]
    assert numpy.array_equal(vectors[0], numpy.array(printed, dtype=numpy.float32))


def test_embed_names_what_failed_and_goes_on(program, few_pictures, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("not a picture")
    good = few_pictures / "a/picture 000.jpg"
    answer = program.json("embed", bad, good, expect=2)
    assert [item["path"] for item in answer["embeddings"]] == [str(good)]
    assert [failure["path"] for failure in answer["failures"]] == [str(bad)]


def test_precision_changes_little(program, few_pictures):
    path = few_pictures / "a/picture 000.jpg"
    vectors = [
        numpy.array(program.json("embed", path, "--precision", precision)["embeddings"][0]["vector"])
        for precision in ["default", "f32", "bf16"]
    ]
    assert all(vectors[1] @ vector > 0.99 for vector in vectors)


def test_list_and_stats_count(indexed):
    assert [(c["name"], c["images"]) for c in indexed.json("stats")["catalogues"]] == [("default", 12)]
    assert indexed.json("stats")["catalogues"][0]["embeddings"] == {"efficientnet-lite0": 12}
    catalogues = indexed.json("list")["catalogues"]
    assert [c["name"] for c in catalogues] == ["default"]
    listing = indexed.json("list", "--catalogue", "default", "--limit", "5")
    assert listing["total"] == 12 and len(listing["images"]) == 5
    assert set(listing["images"][0]) >= {"id", "name", "path", "format", "width", "height", "bytes", "metadata"}


def test_remove_forgets_images_and_catalogues(indexed, few_pictures):
    path = few_pictures / "a/picture 000.jpg"
    image = indexed.json("search", path, "--k", "1")["results"][0]
    assert indexed.json("remove", image["id"][:10])["removed"] == 1
    assert image["id"] not in [r["id"] for r in indexed.json("search", path, "--k", "100")["results"]]
    assert path.exists(), "an original that was left in place is never deleted"
    indexed.fails("remove", image["id"], code="image-unknown")
    assert indexed.json("remove", "--all")["removed"] == 11
    assert indexed.json("list")["catalogues"] == []
    indexed.fails("search", path, code="catalogue-unknown")


def test_duplicates_are_grouped(program, tmp_path):
    image = picture(77)
    for name, quality in [("one.jpg", 95), ("two.jpg", 60)]:
        (tmp_path / name).write_bytes(encoded(image, quality=quality))
    (tmp_path / "other.jpg").write_bytes(jpeg(78))
    program.json("index", tmp_path / "one.jpg", tmp_path / "two.jpg", tmp_path / "other.jpg")
    [group] = program.json("duplicates", "--threshold", "0.9")["groups"]
    assert sorted(i["name"] for i in group["images"]) == ["one.jpg", "two.jpg"]
    assert group["score"] >= 0.9


def test_models_are_listed_and_shown(program):
    models = program.json("models", "list")
    default = [model for model in models["models"] if model["default"]]
    assert models["default"] == "efficientnet-lite0" and [m["id"] for m in default] == ["efficientnet-lite0"]
    assert {"efficientnet-lite1", "efficientnet-lite2"} <= {model["id"] for model in models["models"]}
    shown = program.json("models", "show", "efficientnet-lite0")
    assert shown["dimension"] == 1280 and len(shown["sha256"]) == 64


def test_jobs_are_listed_and_shown(indexed):
    [job] = indexed.json("jobs", "list")["jobs"]
    assert (job["state"], job["done"], job["catalogue"]) == ("succeeded", 12, "default")
    assert indexed.json("jobs", "show", job["id"])["result"]["indexed"] == 12
    assert indexed.json("jobs", "list", "--state", "queued")["jobs"] == []
    indexed.fails("jobs", "cancel", job["id"], code="job-already-ended")


def test_a_job_lists_every_failure(program, tmp_path):
    (tmp_path / "p").mkdir()
    names = [f"{number}.jpg" for number in range(1001)]
    for name in names:
        (tmp_path / "p" / name).write_text("not a picture")
    program.run("index", tmp_path / "p", expect=2)
    [job] = program.json("jobs", "list")["jobs"]
    failures = program.json("jobs", "show", job["id"])["failures"]
    assert sorted(Path(failure["path"]).name for failure in failures) == sorted(names)
    text = program.run("jobs", "show", job["id"], expect=0).out
    assert len(re.findall(r"^  .*\.jpg: ", text, re.M)) == len(names)


def test_a_job_tells_how_quick_it_was(indexed, few_pictures):
    """Its rate is over the time from its start to its end; what was only looked at, not started or not ended has none."""
    [job] = indexed.json("jobs", "list")["jobs"]

    def shown(changes=None):
        if changes:
            with sqlite3.connect(indexed.data / "semblance.sqlite") as database:
                assert database.execute(f"UPDATE jobs SET {changes} WHERE id = ?", [job["id"]]).rowcount == 1
            database.close()
        return indexed.run("jobs", "show", job["id"], expect=0).out.splitlines()[1]

    assert float(re.fullmatch(r"12 of 12 · (\d+\.\d) a second", shown())[1]) > 0
    assert shown("started_at = ended_at - 4000000") == "12 of 12 · 3.0 a second"
    assert shown("total = 20") == "12 of 20 · 3.0 a second", "what has ended has no time left"
    assert shown("started_at = NULL") == "12 of 20"
    assert shown("started_at = ended_at - 4000000, done = 0, skipped = 12") == "12 of 20 · 12 unchanged"
    assert shown("state = 'running', ended_at = NULL, done = 4, skipped = 0") == "4 of 20"


def test_keys_are_made_listed_and_revoked(program):
    made = program.json("keys", "create", "laptop", "--scope", "write")
    assert made["scope"] == "write" and made["key"]
    listed = program.run("keys", "list", "--json", expect=0)
    assert [key["id"] for key in listed.json["keys"]] == [made["id"]]
    assert made["key"] not in listed.out
    program.json("keys", "revoke", made["id"])
    assert program.json("keys", "list")["keys"] == []
    program.fails("keys", "revoke", made["id"], code="key-unknown")


def test_filterable_keys_are_declared_shown_and_taken_back(indexed):
    assert indexed.json("filterable")["filterable_keys"] == []
    declared = indexed.json("filterable", "price", "maker.country", "price")
    assert declared == {"catalogue": "default", "filterable_keys": ["maker.country", "price"]}
    assert indexed.run("filterable", expect=0).out.split() == ["maker.country", "price"]
    assert indexed.json("filterable", "--none")["filterable_keys"] == []
    assert "not a metadata key" in indexed.run("filterable", "$price", expect=1).err
    assert "no catalogue" in indexed.run("filterable", "-c", "nowhere", expect=1).err
    indexed.run("filterable", "price", "--none", expect=64)


def test_doctor_finds_the_installation_healthy(program):
    report = program.json("doctor")
    assert report["healthy"] is True
    assert {"model", "data folder", "database"} <= {check["check"] for check in report["checks"]}


def test_doctor_finds_and_removes_originals_that_no_catalogue_uses(program, few_pictures):
    program.run("index", few_pictures, "--copy", expect=0)

    def originals(*options):
        [check] = [c for c in program.json("doctor", *options)["checks"] if c["check"] == "originals"]
        return check["state"], check["detail"]

    assert originals() == ("fine", "12 stored, all in use")
    left = hashlib.sha256(b"left by a kill").hexdigest()
    path = program.data / "files" / left[:2] / left
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"left by a kill")
    state, detail = originals()
    assert state == "weak" and detail.startswith("1 of 13 stored originals")
    assert path.exists(), "looking removes nothing"
    assert originals("--remove-unused")[1].startswith("removed 1 of 13")
    assert not path.exists()
    assert originals() == ("fine", "12 stored, all in use")


def test_doctor_removes_nothing_beside_a_server(program, few_pictures, serve):
    program.run("index", few_pictures, "--copy", expect=0)
    serve()
    report = program.json("doctor", "--remove-unused", expect=1)
    [check] = [check for check in report["checks"] if check["check"] == "originals"]
    assert check["state"] == "broken" and "in use" in check["detail"]


def test_the_data_folder_comes_from_the_environment(binary, few_pictures, tmp_path):
    program = Program(binary, data=tmp_path / "unused", SEMBLANCE_DATA=str(tmp_path / "by variable"))
    program.run("index", few_pictures / "a", expect=0, data=False)
    assert (tmp_path / "by variable/semblance.sqlite").exists()
    by_home = Program(binary, data=tmp_path / "unused", XDG_DATA_HOME=str(tmp_path / "xdg"))
    by_home.run("index", few_pictures / "a", expect=0, data=False)
    assert (tmp_path / "xdg/semblance/semblance.sqlite").exists()


def test_output_is_plain_without_a_terminal(indexed, few_pictures):
    for arguments in [["list"], ["stats"], ["index", few_pictures], ["models", "list"]]:
        result = indexed.run(*arguments, expect=0)
        assert "\x1b" not in result.out + result.err


def test_a_reader_that_goes_away_is_no_crash(indexed):
    process = indexed.start("list", "--catalogue", "default")
    process.stdout.close()
    process.stderr.read()
    assert process.wait() >= 0


def watched_folders(process) -> set[int]:
    """The inodes that a process watches (proc(5))."""
    texts = [path.read_text() for path in Path(f"/proc/{process.pid}/fdinfo").iterdir()]
    return {int(inode, 16) for text in texts for inode in re.findall(r"^inotify wd:\S+ ino:([0-9a-f]+)", text, re.M)}


def test_watch_sees_what_index_sees(program, tmp_path):
    """Linked folders are followed, a link that leads back to its own folder once, and dot-folders are left out."""
    folder, elsewhere = tmp_path / "p", tmp_path / "elsewhere"
    save_pictures(folder / "a", count=1, seed=9)
    save_pictures(elsewhere, count=1, seed=10)
    save_pictures(folder / ".cache", count=1, seed=11)
    (folder / "album").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(folder)
    process = program.start("index", folder, "--watch", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def total():
            result = program.run("list", "--catalogue", "default", "--json")
            return result.json["total"] if result.code == 0 else None

        wait_for(lambda: total() == 2, "the first images")
        (elsewhere / "new.jpg").write_bytes(jpeg(92))
        wait_for(lambda: total() == 3, "the image that was added to a linked folder")
        (elsewhere / "deeper").mkdir()
        (elsewhere / "deeper/new.jpg").write_bytes(jpeg(93))
        wait_for(lambda: total() == 4, "the image in a new folder below a linked one")
        (elsewhere / "deeper/later.jpg").write_bytes(jpeg(94))
        wait_for(lambda: total() == 5, "the image that came after that folder was first seen")
        watched = watched_folders(process)
        expected = {folder, folder / "a", elsewhere, elsewhere / "deeper"}
        assert watched == {path.stat().st_ino for path in expected}
    finally:
        process.kill()
        process.wait()


def test_watch_follows_a_single_file_that_is_replaced(program, tmp_path):
    path = tmp_path / "one.jpg"
    path.write_bytes(jpeg(95))
    process = program.start("index", path, "--watch", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def ids():
            result = program.run("list", "--catalogue", "default", "--json")
            return [image["id"] for image in result.json["images"]] if result.code == 0 else []

        for number in [95, 96, 97]:
            (tmp_path / "new").write_bytes(jpeg(number))
            (tmp_path / "new").rename(path)
            expected = [hashlib.sha256(jpeg(number)).hexdigest()]
            wait_for(lambda: ids() == expected, f"picture {number}")
    finally:
        process.kill()
        process.wait()


def test_watch_follows_changes(program, tmp_path):
    folder = tmp_path / "p"
    [first] = save_pictures(folder, count=1, seed=9)
    process = program.start("index", folder, "--watch", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def total():
            result = program.run("list", "--catalogue", "default", "--json")
            return result.json["total"] if result.code == 0 else None

        wait_for(lambda: total() == 1, "the first image")
        (folder / "second.jpg").write_bytes(jpeg(91))
        wait_for(lambda: total() == 2, "the image that was added")
        first.unlink()
        wait_for(lambda: total() == 1, "the image that was deleted to go")
        process.send_signal(2)
        assert process.wait(timeout=60) == 130
    finally:
        process.kill()
        process.wait()


def test_watch_goes_on_after_a_run_that_failed(program, tmp_path):
    folder, notes = tmp_path / "p", tmp_path / "notes"
    save_pictures(folder, count=1, seed=10)
    metadata = tmp_path / "metadata.jsonl"
    metadata.write_text("")
    with notes.open("wb") as output:
        process = program.start(
            "index", folder, "--watch", "--metadata", metadata, stdout=subprocess.DEVNULL, stderr=output)
    try:
        def total():
            result = program.run("list", "--catalogue", "default", "--json")
            return result.json["total"] if result.code == 0 else None

        wait_for(lambda: total() == 1, "the first image")
        # As an editor leaves it half-way.
        metadata.write_text('{"path": "p/second.jpg", "meta')
        (folder / "second.jpg").write_bytes(jpeg(92))
        wait_for(lambda: "Still watching" in notes.read_text(), "the run that fails")
        assert total() == 1 and process.poll() is None
        metadata.write_text('{"path": "p/third.jpg", "metadata": {"n": 3}}')
        (folder / "third.jpg").write_bytes(jpeg(93))
        wait_for(lambda: total() == 3, "the images that were missed")
    finally:
        process.kill()
        process.wait()
