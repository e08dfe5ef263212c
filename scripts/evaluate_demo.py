"""Evaluates models on the demo's pictures and writes docs/benchmarks/evaluation.

Usage: evaluate_demo.py [MODEL…]

Needs a built program, `make demo`, `make clipart`, and the models' weights (`semblance models pull`). A model whose weights
are missing is left out and named. Embeddings are kept, so that a run that was interrupted goes on. Standard library only.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".build/release/semblance"
DEMO, CLIPART, COPIES = ROOT / ".deps/demo", ROOT / ".deps/clipart", ROOT / ".deps/copies"
OUTPUT = ROOT / "docs/benchmarks/evaluation"
MODELS = ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2", "open-nsfw-resnet50", "sscd-int8"]
KEYS = ["mAP", "P@1", "P@10", "R@10", "nDCG@10", "MRR"]

FURNITURE = (
    "Pictures: Sweet Home 3D's furniture by Blend Swap's, Kator Legaz's, Reallusion's and Scopia's artists, CC0-1.0, "
    "CC-BY-3.0 and CC-BY-3.0-US, reduced in size.")
STAMPS = "The stamps' pictures (GPL-2.0-or-later) are left out."

#: name, what evaluate gets, what it is, the model whose page is published, and whether pictures may be on it
SETS = [
    ("stamps", ["stamps.jsonl"], "Tux Paint's stamps by topic", "efficientnet-lite2", STAMPS, False),
    ("furniture", ["furniture.jsonl"], "Sweet Home 3D's furniture by category, a room", "efficientnet-lite2", FURNITURE, True),
    ("furniture-kinds", ["furniture-kinds.jsonl"], "the same by what it is", "efficientnet-lite2", FURNITURE, True),
    ("clipart", [".", "--class-depth", "2"], "Open Clip Art by topic", "efficientnet-lite2",
     "Pictures: Open Clip Art Library, public domain, reduced in size.", True),
    ("copies", ["."], "altered copies of 100 pieces of furniture, and of 20 strangers",
     "sscd-int8", FURNITURE, True),
]
FOLDERS = {"clipart": CLIPART, "copies": COPIES}
COMPARED = [("furniture-kinds", "efficientnet-lite0", "efficientnet-lite2"), ("copies", "efficientnet-lite0", "sscd-int8")]


def run(*words, folder):
    """Runs the program in a set's folder, so that reports hold no path of this machine; broken images are no failure."""
    result = subprocess.run([PROGRAM, *map(str, words)], cwd=folder, capture_output=True, text=True)
    if result.returncode not in (0, 2):
        raise RuntimeError(result.stderr.strip())


def main(models):
    OUTPUT.mkdir(parents=True, exist_ok=True)
    run("dataset", "demo", ".", folder=DEMO)
    if not COPIES.exists():
        run("dataset", "copies", "furniture", COPIES, folder=DEMO)
    results, missing = {}, {}
    for name, words, _, page_model, credit, has_pictures in SETS:
        folder = FOLDERS.get(name, DEMO)
        if not folder.exists():
            missing[name] = "its pictures are not here"
            continue
        for model in models:
            target = OUTPUT / f"{name}-{model}.json"
            page = ["--html", OUTPUT / f"{name}-{model}.html", "--credit", credit] if model == page_model else []
            page += [] if has_pictures else ["--pictures", "0"]
            print(f"{name} · {model}", flush=True)
            try:
                run("evaluate", *words, "--model", model, "--json", target, *page, folder=folder)
                results[name, model] = json.loads(target.read_text())
            except RuntimeError as error:
                missing[model] = str(error).removeprefix("semblance: ")
    for name, first, second in COMPARED:
        if (name, first) in results and (name, second) in results:
            words = next(entry for entry in SETS if entry[0] == name)
            run("compare", first, second, *words[1], "--html", OUTPUT / f"{name}-{first}-or-{second}.html", "--credit",
                words[4], folder=FOLDERS.get(name, DEMO))
    (OUTPUT / "README.md").write_text(text(results, missing, models))
    (OUTPUT / "CREDITS.md").write_text(credits_of_furniture())


def credits_of_furniture():
    """Who made the pictures of furniture, as the package tells."""
    makers = {}
    for line in (DEMO / "metadata.jsonl").read_text().splitlines():
        metadata = json.loads(line)["metadata"]
        if metadata["collection"] == "Sweet Home 3D furniture":
            makers.setdefault(metadata["licence"], set()).add(metadata["attribution"].removesuffix(", Sweet Home 3D"))
    lines = ["# Who made the furniture on these pages", "",
             "From Debian's package sweethome3d-furniture; shown reduced in size, and altered where a page is about copies.", ""]
    for licence, names in sorted(makers.items()):
        lines += [f"**{licence}**: " + ", ".join(sorted(names)) + ".", ""]
    return "\n".join(lines)


def text(results, missing, models):
    lines = [(OUTPUT / "notes.md").read_text().rstrip(), ""]
    for name, _, meaning, page_model, _, _ in SETS:
        rows = [(model, results[name, model]) for model in models if (name, model) in results]
        if not rows:
            continue
        sizes = rows[0][1]["set"]
        keys = (["muAP"] if name == "copies" else []) + KEYS
        lines += [
            f"## {name}", "",
            f"{meaning[0].upper()}{meaning[1:]}: {sizes['queries']:,} queries among {sizes['gallery']:,} images"
            + (f", {len(rows[0][1]['classes'])} classes." if name != "copies" else
               f", and {sizes['queries_without_relevant']:,} with nothing to find."), "",
            "| model | " + " | ".join(keys) + " | balanced cut-off |", "|---" * (len(keys) + 2) + "|"]
        best = max(rows, key=lambda row: row[1]["metrics"][keys[0]])[0]
        for model, report in rows:
            values = [f"{report['metrics'][key]:.3f}" for key in keys]
            low, high = report["intervals"][keys[0]]
            values[0] += f" ({low:.3f}–{high:.3f})"
            title = f"**{model}**" if model == best else model
            lines.append(f"| {title} | " + " | ".join(values) + f" | {report['cut_offs']['balanced']['score']:.3f} |")
        pages = [f"[page of {page_model}]({name}-{page_model}.html)"] + [
            f"[{a} or {b}?]({name}-{a}-or-{b}.html)" for n, a, b in COMPARED if n == name]
        lines += ["", "JSON: " + ", ".join(f"[{m}]({name}-{m}.json)" for m, _ in rows) + ". " + ", ".join(pages) + ".", ""]
        if name == "copies":
            lines += groups(rows) + [""]
    if missing:
        lines += ["## Not run", ""] + [f"- {name}: {reason}" for name, reason in missing.items()] + [""]
    settings = next(iter(results.values()))["settings"]
    machine = settings["machine"]
    lines += [
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['system']}; Semblance "
        f"{settings['versions']['semblance']}, OpenVINO {settings['versions']['openvino']}, "
        f"{settings['chosen_precision']}. Times are not compared here: see the benchmark.", ""]
    return "\n".join(lines)


def groups(rows):
    """mAP of each change in each strength: what a model sees through."""
    labels = list(rows[0][1]["classes"])
    lines = ["mAP by change and strength:", "", "| change | " + " | ".join(model for model, _ in rows) + " |",
             "|---" * (len(rows) + 1) + "|"]
    for label in labels:
        values = [report["classes"][label]["metrics"]["mAP"] for _, report in rows]
        lines.append(f"| {label} | " + " | ".join(
            f"**{value:.3f}**" if value == max(values) else f"{value:.3f}" for value in values) + " |")
    return lines


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK) or shutil.which(str(PROGRAM)) is None:
        sys.exit("error: there is no program; run make build")
    main(sys.argv[1:] or MODELS)
