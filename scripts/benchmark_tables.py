"""Writes the tables of docs/benchmarks/README.md out of results.json beside it.

Usage: benchmark_tables.py

What stands above the heading "Tables" is written by hand and stays. Standard library only.
"""

import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "docs/benchmarks"
HEADING = "\n## Tables\n"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def done(outcome):
    return outcome.get("done") if outcome else None


def quality(report):
    for place, of_set in enumerate(report["sets"]):
        rows = []
        for row in report["rows"]:
            values = done(row["quality"])["sets"][place]["values"]
            first = values[0]
            rows.append(
                [row["title"], f"{first['value']:.3f} ({first['low']:.3f}–{first['high']:.3f})",
                 *(f"{value['value']:.3f}" for value in values[1:])])
        yield f"### {of_set['name']}: {of_set['image_count']:,} images, {of_set['label_count']} labels"
        yield table(["model", *(value["metric"] for value in values)], rows)


def speed(report):
    rows = []
    for row in report["rows"]:
        speed, model = done(row["speed"]), done(row["quality"])
        means = [of_set["values"][0]["value"] for of_set in model["sets"]]
        size = f"{model['model_byte_count'] / 1e6:.1f} MB" if model["model_byte_count"] else "none"
        rows.append(
            [row["title"], *(f"{speed['latency'][share]:.2f}" for share in ("p50", "p95", "p99")),
             f"{speed['images_per_second']:.0f}", f"{speed['load_seconds']:.2f}", size, model["dimension"],
             f"{sum(means) / len(means):.3f}"])
    yield "### Speed and size"
    yield table(
        ["model", "one image, ms: p50", "p95", "p99", "images/s", "loads in s", "weights", "dimension", "mean mAP"], rows)


def indexes(report):
    titles = {"real": "Indexes of real vectors", "large": "Indexes of real and augmented vectors"}
    for kind, title in titles.items():
        rows = []
        for row in report["rows"]:
            results = [done(index["outcome"]) for index in row["indexes"]]
            results = [result for result in results if result and (result["collection"] == "real") == (kind == "real")]
            for result in results:
                latency = result["latency"]
                rows.append(
                    [row["title"], result["index"], f"{result['recall']:.4f}",
                     *(f"{latency[share]:.3f}" for share in ("p50", "p95", "p99")),
                     f"{result['queries_per_second']:,.0f}", f"{result['build_seconds']:.2f}",
                     f"{result['byte_count'] / result['vector_count']:,.0f}", f"{result['byte_count'] / 1e6:.1f} MB"])
        yield f"### {title}: {result['vector_count']:,}, {result['query_count']} queries"
        yield table(
            ["model", "index", f"recall@{report['options']['limit']}", "one search, ms: p50", "p95", "p99", "searches/s",
             "built in s", "bytes a vector", "in all"], rows)


def settings(report):
    """How hashing was tuned; the other indexes are set alike everywhere."""
    rows = []
    for row in report["rows"]:
        for index in row["indexes"]:
            result = done(index["outcome"])
            if result and result["index"] == "lsh":
                rows.append([row["title"], f"{result['vector_count']:,}", result["settings"]])
    yield "### How hashing was tuned"
    yield table(["model", "vectors", "settings"], rows)


def answers(report):
    names = [of_set["name"] for of_set in report["sets"]]
    keys = [value["metric"] for value in done(report["rows"][0]["index_qualities"][0]["outcome"])]
    rows = []
    for row in report["rows"]:
        found = {
            (quality["index"], quality["set"]): {value["metric"]: value["value"] for value in done(quality["outcome"])}
            for quality in row["index_qualities"]}
        for index in dict.fromkeys(index for index, _ in found):
            mean = {key: sum(found[index, name][key] for name in names) / len(names) for key in keys}
            changes = {
                key: max((found[index, name][key] - found["exact", name][key] for name in names), key=abs)
                for key in keys}
            rows.append(
                [row["title"], index,
                 *(f"{mean[key]:.3f}" + (f" ({changes[key]:+.3f})".replace("-", "−") if index != "exact" else "")
                   for key in keys)])
    yield "### Answers through each index"
    yield (
        "Means over the five sets; in brackets the largest change from the exact scan on one of them. The report has every "
        "set on its own.")
    yield table(["model", "index", *keys], rows)


def main():
    report = json.loads((FOLDER / "results.json").read_text())
    readme = FOLDER / "README.md"
    head, _, _ = readme.read_text().partition(HEADING)
    parts = [part for make in (quality, speed, indexes, settings, answers) for part in make(report)]
    readme.write_text(head + HEADING + "\n" + "\n\n".join(parts) + "\n")


main()
