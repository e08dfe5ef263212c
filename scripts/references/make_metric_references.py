#!/usr/bin/env python3
"""Writes the numbers that the tests of Semblance's metrics and statistics compare with. Development only.

Metrics are trec_eval's, through pytrec_eval; F1 is made of its precision and recall. Micro average precision is
trec_eval's `map` of one topic whose documents are all pairs of query and image. p-values are SciPy's.

Usage:  python3 -m venv venv && venv/bin/pip install pytrec-eval-terrier==0.5.11 scipy==1.17.1
        venv/bin/python scripts/references/make_metric_references.py

Written to Tests/SemblanceLabTests/Fixtures/metrics.json, one case a line.
"""

import json
import math
import pathlib
import random
import struct

import pytrec_eval
import scipy.special
import scipy.stats

FIXTURE = pathlib.Path(__file__).resolve().parents[2] / "Tests/SemblanceLabTests/Fixtures/metrics.json"
CUTOFFS = [1, 2, 5, 10, 30]
FAMILIES = {"P": "P", "recall": "R", "success": "hit", "map_cut": "mAP", "ndcg_cut": "nDCG"}
SINGLES = {"map": "mAP", "Rprec": "R-precision", "recip_rank": "MRR", "ndcg": "nDCG"}
KEYS = list(SINGLES.values()) + [f"{key}@{k}" for key in [*FAMILIES.values(), "F1"] for k in CUTOFFS]


def measure(run: dict, judged: dict) -> list[float]:
    """What trec_eval says of one topic, in the order of KEYS."""
    cutoffs = ",".join(map(str, CUTOFFS))
    names = set(SINGLES) | {f"{family}.{cutoffs}" for family in FAMILIES}
    found = pytrec_eval.RelevanceEvaluator({"q": judged}, names).evaluate({"q": run})["q"]
    values = {key: found[name] for name, key in SINGLES.items()}
    for family, key in FAMILIES.items():
        values |= {f"{key}@{k}": found[f"{family}_{k}"] for k in CUTOFFS}
    for k in CUTOFFS:
        precision, recall = values[f"P@{k}"], values[f"R@{k}"]
        values[f"F1@{k}"] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return [values[key] for key in KEYS]


def single(score: float) -> float:
    return struct.unpack("f", struct.pack("f", score))[0]


def next_single(score: float) -> float:
    """The next greater single-precision number after a positive one."""
    return struct.unpack("f", struct.pack("I", struct.unpack("I", struct.pack("f", score))[0] + 1))[0]


def random_case(generator: random.Random, ties: bool):
    count = generator.randint(1, 60)
    names = generator.sample([f"i{number}" for number in range(200)], count + generator.randint(0, 15))
    levels = generator.choice([2, 2, 3, 5])
    share = generator.choice([0.05, 0.2, 0.6])
    judged = {}
    for name in names:
        if generator.random() < share:
            judged[name] = generator.randint(1, levels - 1)
        elif generator.random() < 0.3:
            judged[name] = generator.choice([0, 0, 0, -1])
    judged.setdefault(names[0], 0)
    judged[names[0]] = max(judged[names[0]], 0)  # trec_eval cannot take a topic with negative judgements only
    run = {name: generator.randint(0, 4) / 4 if ties else round(generator.uniform(-1, 1), 6) for name in names[:count]}
    return run, judged


def adversarial_cases():
    """Name, run, judgements."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    yield "nothing found", {}, {"a": 1}
    yield "one image, right", {"a": 0.5}, {"a": 1}
    yield "one image, wrong", {"b": 0.5}, {"a": 1, "c": 2}
    yield "nothing relevant", {"a": 2.0, "b": 1.0}, {"a": 0, "b": 0}
    yield "all tied", {name: 0.25 for name in letters}, {"a": 1, "m": 3, "z": 2, "y": 0}
    yield "all tied, relevant last", {name: 0.0 for name in letters}, {"a": 1, "b": 1, "c": 1}
    yield "tied in single precision only", {"a": 1 + 1e-9, "b": 1.0, "c": 1 - 1e-9}, {"a": 2, "c": 1}
    yield "one step apart in single precision", {"a": next_single(0.7), "b": single(0.7)}, {"a": 1}
    yield "halfway between two singles", {"a": 1 + 2 ** -24, "b": 1.0, "c": 1 + 3 * 2 ** -24}, {"a": 1, "c": 3}
    yield "zeros of both signs", {"a": 0.0, "b": -0.0, "c": 0.0, "d": -0.0}, {"a": 1, "d": 2}
    yield "below zero", {"a": -0.1, "b": -0.2, "c": -0.3, "d": 0.05}, {"a": 1, "c": 1}
    yield "subnormal numbers", {"a": 1e-40, "b": 2e-40, "c": -1e-40, "d": 0.0, "e": 1e-46}, {"a": 1, "d": 1, "e": 2}
    yield "beyond single precision", {"a": 1e39, "b": 3e38, "c": 1e300, "d": -1e39, "e": -3e38}, {"a": 1, "e": 1}
    yield "ids that are numbers", {"1": 0.5, "10": 0.5, "100": 0.5, "2": 0.5, "9": 0.5}, {"10": 1, "9": 2}
    yield "ids that begin alike", {"a": 0.5, "ab": 0.5, "a b": 0.5, "a/b": 0.5, "A": 0.5}, {"ab": 1, "A": 1}
    scripts = ["Z", "a", "\u00e9", "e\u0301", "\u4e2d", "\uff5e", "\U0001f600", "~", "\u00df", "ss"]
    yield "ids in other scripts, tied", {name: 0.5 for name in scripts}, {"\u00e9": 1, "\uff5e": 2, "ss": 1}
    yield "ids that look alike", {"e\u0301": 0.9, "\u00e9": 0.1, "x": 0.5}, {"\u00e9": 1, "e\u0301": 0}
    yield "high grades", {"a": 4.0, "b": 3.0, "c": 2.0, "d": 1.0}, {"a": 1, "b": 1000, "c": 7, "d": 1999}
    yield "best order", {f"{n:02}": 100 - n for n in range(30)}, {f"{n:02}": max(0, 8 - n) for n in range(30)}
    yield "worst order", {f"{n:02}": n for n in range(30)}, {f"{n:02}": max(0, 8 - n) for n in range(30)}
    yield "everything relevant", {f"{n:02}": (n * 7919) % 31 for n in range(31)}, {f"{n:02}": 1 for n in range(31)}
    yield "exactly ten found", {f"{n:02}": n for n in range(10)}, {"00": 1, "09": 1, "77": 1}
    yield "more relevant than found", {"a": 1.0, "b": 2.0}, {name: 1 for name in letters}
    yield "unjudged and judged below zero", {"a": 1.0, "b": 3.0, "x": 2.0}, {"a": 1, "b": -1, "c": 2}


def copy_case(generator: random.Random, ties: bool):
    """Queries, their right images and what was found; some queries have nothing to find."""
    pairs, right, pooled_run, pooled_judged = [], [], {}, {}
    for query in range(8):
        images = generator.sample(range(30), generator.randint(0, 12))
        sought = [] if query % 3 == 2 else generator.sample(range(30), generator.randint(1, 3))
        for image in sought:
            right.append([query, image])
            pooled_judged[f"q{query:02}\ti{image:02}"] = 1
        for image in images:
            lift = 0.3 if image in sought else 0
            score = generator.randint(0, 3) / 4 + lift if ties else round(generator.random() + lift, 6)
            pairs.append([query, image, score])
            pooled_run[f"q{query:02}\ti{image:02}"] = score
    found = pytrec_eval.RelevanceEvaluator({"q": pooled_judged}, {"map"}).evaluate({"q": pooled_run})
    return {"pairs": pairs, "right": right, "expected": found["q"]["map"]}


def paired_cases(generator: random.Random):
    for count, shift in [(2, 0.3), (3, 0), (5, 0.1), (8, 0.05), (10, 0.2), (12, 0), (40, 0.02), (200, 0.01), (1500, 0.001)]:
        values = [round(generator.gauss(shift, 0.1), 3) for _ in range(count)]
        case = {"differences": values, "student": float(scipy.stats.ttest_1samp(values, 0).pvalue)}
        if count <= 12:
            case["randomisation"] = float(scipy.stats.permutation_test(
                (values,), lambda x, axis: x.sum(axis=axis), permutation_type="samples", n_resamples=math.inf,
                vectorized=True).pvalue)
        yield case


def lines(cases) -> str:
    return "[\n" + ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases) + "\n]"


def main() -> None:
    generator = random.Random(20261122)
    named = [(f"random {n}", *random_case(generator, ties=n % 2 == 1)) for n in range(60)] + list(adversarial_cases())
    rankings = [
        {"name": name, "run": list(run.items()), "judged": list(judged.items()), "expected": measure(run, judged)}
        for name, run, judged in named]
    copies = [copy_case(generator, ties=n % 2 == 1) for n in range(6)]
    beta = [
        [x, a, b, float(scipy.special.betainc(a, b, x))]
        for x in (0.001, 0.2, 0.5, 0.9, 0.9999) for a, b in ((0.5, 0.5), (1, 0.5), (4.5, 0.5), (50, 0.5), (749.5, 0.5), (3, 7))]
    parts = {
        "keys": json.dumps(KEYS), "rankings": lines(rankings), "copies": lines(copies),
        "paired": lines(paired_cases(generator)), "beta": lines(beta)}
    text = "{\n" + ",\n".join(f'"{name}": {value}' for name, value in parts.items()) + "\n}\n"
    json.loads(text)
    FIXTURE.write_text(text, encoding="utf-8")
    print(f"{len(rankings)} rankings, {len(text.encode())} bytes")


if __name__ == "__main__":
    main()
