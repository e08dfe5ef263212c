"""Evaluation from the outside: real pictures, a real model, real mistakes in sets."""

import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from labelled import measures, save_classes
from pictures import BAD_FILES, jpeg
from program import PATIENCE, Program, wait_for

DEMO = Path(__file__).resolve().parents[2] / ".deps" / "demo"


@pytest.fixture
def evaluator(binary, tmp_path) -> Program:
    """The program with a cache of its own, in which the weights are the shared ones."""
    shared = Path(os.environ.get("SEMBLANCE_CACHE") or Path.home() / ".cache/semblance")
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "models").symlink_to(shared / "models")
    return Program(binary, data=tmp_path / "data", SEMBLANCE_CACHE=str(cache))


@pytest.fixture(scope="session")
def classes(tmp_path_factory) -> Path:
    """Five classes of six pictures; not to be changed."""
    return save_classes(tmp_path_factory.mktemp("classes") / "set", classes=5, each=6)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_numbers_are_those_of_another_implementation(evaluator, classes, tmp_path):
    report = evaluator.json("evaluate", classes, "--precision", "f32", "--per-query")
    paths = sorted(classes.rglob("*.jpg"))
    evaluator.run("embed", *paths, "--precision", "f32", "--output", tmp_path / "vectors.npy", expect=0)
    expected = measures(
        np.load(tmp_path / "vectors.npy"), [str(path.relative_to(classes)) for path in paths],
        [path.parent.name for path in paths])
    for key, value in expected.items():
        assert report["metrics"][key] == pytest.approx(value, abs=2e-3), key
    assert 0.3 < report["metrics"]["mAP"] < 1, "a set that tells models apart"
    for key, (low, high) in report["intervals"].items():
        assert low <= report["metrics"][key] <= high, key
    assert len(report["queries"]) == 30 and len(report["classes"]) == 5
    mean = np.mean([entry["metrics"]["mAP"] for entry in report["classes"].values()])
    assert mean == pytest.approx(report["metrics"]["mAP"]), "classes of one size"
    assert report["model"]["id"] == "efficientnet-lite0" and len(report["model"]["version"]) >= 16
    assert report["settings"]["machine"]["processor"] and report["settings"]["versions"]["openvino"]


def test_the_next_run_keeps_what_was_embedded_and_says_the_same(evaluator, classes):
    first, second = (evaluator.json("evaluate", classes) for _ in range(2))
    assert first["timings"]["embedded"] == 30 and second["timings"]["kept"] == 30
    assert second["metrics"] == first["metrics"] and second["classes"] == first["classes"]
    other = evaluator.json("evaluate", classes, "--precision", "f32")
    assert other["timings"]["kept"] == 0, "another arithmetic's embeddings are others"


def test_files_and_table(evaluator, classes, tmp_path):
    result = evaluator.run(
        "evaluate", classes, "--json", tmp_path / "out.json", "--html", tmp_path / "out.html", "--k", "1,5", expect=0)
    report = json.loads((tmp_path / "out.json").read_text())
    assert {"P@1", "P@5", "nDCG@5"} <= report["metrics"].keys() and "P@10" not in report["metrics"]
    assert f"mAP          {report['metrics']['mAP']:.4f}" in result.out
    page = (tmp_path / "out.html").read_text()
    assert "data:image/webp" in page and "<script" not in page
    evaluator.run("evaluate", classes, "--html", tmp_path / "plain.html", "--pictures", "0", expect=0)
    assert "data:image/webp" not in (tmp_path / "plain.html").read_text()


def test_broken_and_missing_images_are_counted_and_named(evaluator, classes, tmp_path):
    shutil.copytree(classes, tmp_path / "set")
    for name in ("truncated.jpg", "bomb.png", "text.jpg"):
        (tmp_path / "set/class 1" / name).write_bytes(BAD_FILES[name][0])
    report = evaluator.json("evaluate", tmp_path / "set", expect=2)
    assert report["issues"]["counts"] == {"broken-image": 3}
    assert {issue["subject"] for issue in report["issues"]["examples"]} == {
        "class 1/truncated.jpg", "class 1/bomb.png", "class 1/text.jpg"}
    assert all(issue["detail"] for issue in report["issues"]["examples"])
    assert report["set"]["queries"] == 30
    lines = ["image,label"] + [f"{path.relative_to(classes)},{path.parent.name}" for path in classes.rglob("*.jpg")]
    shutil.copytree(classes, tmp_path / "listed")
    report = evaluator.json("evaluate", write(tmp_path / "listed/list.csv", *lines, "gone.jpg,class 1"))
    assert report["issues"]["counts"] == {"missing-image": 1} and report["set"]["images"] == 30


def test_what_makes_numbers_mean_less_is_told(evaluator, classes, tmp_path):
    shutil.copytree(classes, tmp_path / "set")
    (tmp_path / "set/single").mkdir()
    (tmp_path / "set/single/one.jpg").write_bytes(jpeg(77))
    (tmp_path / "set/beside.jpg").write_bytes(jpeg(78))
    shutil.copy(tmp_path / "set/class 0/part 00.jpg", tmp_path / "set/class 0/again.jpg")
    result = evaluator.run("evaluate", tmp_path / "set", "--k", "40", "--json", tmp_path / "out.json", expect=0)
    counts = json.loads((tmp_path / "out.json").read_text())["issues"]["counts"]
    assert counts["class-with-one-image"] == counts["query-without-relevant"] == counts["outside-classes"] == 1
    assert counts["identical-images"] == 1 and counts["cutoff-beyond-gallery"] == 6
    assert "classes with a single image: single" in result.out


@pytest.mark.parametrize("lines, options, code, words", [
    (["image,label", "a.jpg,x", "a.jpg,y"], [], "set-duplicate-id", "line 2"),
    (["image,label", "a.jpg,x", "b.jpg,y"], ["--labels", "labels.txt"], "set-unknown-label", "'y'"),
    (["image,label", "a.jpg,x", "b.jpg,y"], [], "set-unusable", "relevant"),
    (["image,label", "no.jpg,x", "nor.jpg,x"], [], "set-unusable", "None of the 2 images"),
    (["image", "a.jpg", "b.jpg"], [], "set-unusable", "label"),
    (["image,label", "a.jpg,x,y,\"z"], [], "set-malformed", "Line 2"),
    (["image,label", "a.jpg,x", "b.jpg,x"], ["--judgements", "qrels.txt"], "set-unusable", "judges no image"),
    (["image,label", "a.jpg,x", "b.jpg,x"], ["--model", "nonesuch"], "model-unknown", "nonesuch"),
    (["image,label", "a.jpg,x", "b.jpg,x"], ["--html", "nowhere/report.html"], "data-folder-not-writable", "nowhere"),
    (["image,label", "a.jpg,x", "b.jpg,x"], ["--html", "set.csv"], "data-folder-not-writable", "the set itself"),
])
def test_a_set_that_cannot_be_used_gets_one_clear_line(evaluator, tmp_path, lines, options, code, words):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(jpeg(len(name)))
    write(tmp_path / "labels.txt", "x")
    write(tmp_path / "qrels.txt", "q.jpg 0 c.jpg 1")
    before = write(tmp_path / "set.csv", *lines).read_bytes()
    result = evaluator.run("evaluate", "set.csv", *options, "--json", expect=1, cwd=tmp_path)
    assert result.error["code"] == code and words in result.error["message"], result
    assert result.err.count("\n") == 1 and words in result.err
    assert (tmp_path / "set.csv").read_bytes() == before


def test_judgements_decide_and_absent_images_are_counted(evaluator, classes, tmp_path):
    shutil.copytree(classes, tmp_path / "set")
    names = sorted(str(path.relative_to(classes)) for path in classes.rglob("*.jpg"))
    write(tmp_path / "set/list.csv", "image", *names)
    write(tmp_path / "set/qrels.txt", f"{names[0]}\t0\t{names[1]}\t2", f"{names[0]}\t0\t{names[2]}\t1", "x\t0\ty\t1")
    report = evaluator.json("evaluate", tmp_path / "set/list.csv", "--judgements", tmp_path / "set/qrels.txt")
    assert report["set"]["queries"] == 1 and report["set"]["relevance"] == "judgements"
    assert report["issues"]["counts"] == {"absent-image-judged": 1}
    assert 0 <= report["metrics"]["muAP"] <= 1


def test_ctrl_c_stops_and_the_next_run_goes_on(evaluator, tmp_path):
    folder = save_classes(tmp_path / "set", classes=30, each=20)
    cache = Path(evaluator.environment["SEMBLANCE_CACHE"]) / "evaluation"
    process = evaluator.start("evaluate", folder, "--json", tmp_path / "out.json")

    def has_begun():
        assert process.poll() is None, process.stderr.read()
        return sum(path.stat().st_size for path in cache.glob("*")) > 50_000

    wait_for(has_begun, "the first embeddings")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE) == 130
    assert not (tmp_path / "out.json").exists()
    rest = evaluator.json("evaluate", folder)["timings"]
    assert rest["kept"] > 0 and rest["embedded"] > 0 and rest["kept"] + rest["embedded"] == 600


def test_two_models_are_compared_query_by_query(evaluator, classes, tmp_path):
    words = ["efficientnet-lite0", "open-nsfw-resnet50", classes]
    report = evaluator.json("compare", *words, "--html", tmp_path / "compared.html")
    single = [evaluator.json("evaluate", classes, "--model", model, "--per-query") for model in words[:2]]
    for key, entry in report["metrics"].items():
        assert [entry["first"], entry["second"]] == [run["metrics"][key] for run in single]
        assert entry["difference"] == pytest.approx(entry["second"] - entry["first"], abs=1e-12)
        assert 0 < entry["p_randomisation"] <= 1
    values = [{q["id"]: q["values"]["mAP"] for q in run["queries"]} for run in single]
    for query in report["queries"]:
        assert query["difference"] == pytest.approx(values[1][query["id"]] - values[0][query["id"]], abs=1e-12)
    assert (tmp_path / "compared.html").read_text().count("open-nsfw-resnet50") > 5


def test_copies_are_the_same_every_time_and_weak_ones_are_found(evaluator, classes, tmp_path):
    (tmp_path / "pictures").mkdir()
    for number in range(40):
        (tmp_path / f"pictures/{number}.jpg").write_bytes(jpeg(900 + number))
    (tmp_path / "pictures/broken.jpg").write_bytes(BAD_FILES["truncated.jpg"][0])
    sizes = ("--originals", "10", "--strangers", "4")
    for name in ("first", "second"):
        evaluator.run("dataset", "copies", tmp_path / "pictures", tmp_path / name, *sizes)
    files = sorted(path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*") if path.is_file())
    assert len([path for path in files if path.parts[0] == "copies"]) in (13 * 17, 14 * 17)
    for path in files:
        assert (tmp_path / "first" / path).read_bytes() == (tmp_path / "second" / path).read_bytes(), path
    assert sorted(path.relative_to(tmp_path / "second") for path in (tmp_path / "second").rglob("*") if path.is_file()) == files
    report = evaluator.run(
        "evaluate", tmp_path / "first/list.jsonl", "--judgements", tmp_path / "first/qrels.txt", "--json").json
    group = {name: entry["metrics"]["mAP"] for name, entry in report["classes"].items()}
    assert group["compression 30%"] > 0.95 and group["flip"] > 0.5, group
    assert group["crop 30%"] > group["crop 80%"] and group["blur 30%"] > group["blur 80%"], group
    assert report["set"]["queries_without_relevant"] == 4 * 17 or report["set"]["queries_without_relevant"] == 3 * 17
    message = evaluator.fails(
        "dataset", "copies", tmp_path / "pictures", tmp_path / "first", *sizes, code="set-unreadable")
    assert "is there already" in message
    message = evaluator.fails(
        "dataset", "copies", tmp_path / "pictures", tmp_path / "third", "--originals", "99", code="set-unusable")
    assert "119 pictures are asked for" in message and "has 41" in message


def test_stamps_score_as_measured(evaluator, tmp_path):
    """Tux Paint's stamps, if `make demo` got them: 280 MB that the tests do not fetch.

    An independent implementation gave 0.462 for pictures padded to a square in another selection of 35 classes; this is
    what was measured here, in single precision.
    """
    if not (DEMO / "metadata.jsonl").exists():
        pytest.skip("make demo has not been run")
    shutil.copy(DEMO / "metadata.jsonl", tmp_path)
    (tmp_path / "stamps").symlink_to(DEMO / "stamps")
    evaluator.run("dataset", "demo", tmp_path, "--least", "6", expect=0)
    report = evaluator.json("evaluate", tmp_path / "stamps.jsonl", "--precision", "f32")
    assert report["set"]["queries"] == 457 and len(report["classes"]) == 35
    assert report["metrics"]["mAP"] == pytest.approx(0.442, abs=0.01)
