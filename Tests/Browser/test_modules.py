"""The page's own modules that have laws: the filter's syntax, the address, the rows of the grid."""

import pytest

FILTERS = [
    ("category=chair", {"category": {"$eq": "chair"}}),
    ("price<20", {"price": {"$lt": 20}}),
    (" a != b , n>=1.5", {"$and": [{"a": {"$ne": "b"}}, {"n": {"$gte": 1.5}}]}),
    ('code="007"', {"code": {"$eq": "007"}}),
    ('brand="Acme, Inc",sold=true', {"$and": [{"brand": {"$eq": "Acme, Inc"}}, {"sold": {"$eq": True}}]}),
    ('{"a": {"$in": [1, 2]}}', {"a": {"$in": [1, 2]}}),
    ("", None),
]


@pytest.mark.parametrize("text, expected", FILTERS)
def test_reads_filters_as_the_server_does(page, text, expected):
    page.open("#/shapes").wait_for_tiles(12)
    assert page.run_module("/web/filter.js", f"return module.parseFilter({text!r})") == expected


@pytest.mark.parametrize("text", ["chair", "=chair", 'a="b', "a=1,", "{not json"])
def test_refuses_filters_that_cannot_be_read(page, text):
    page.open("#/shapes").wait_for_tiles(12)
    code = f"try {{ module.parseFilter({text!r}); return 'read' }} catch (e) {{ return e.constructor.name }}"
    assert page.run_module("/web/filter.js", code) == "FilterError"


@pytest.mark.parametrize("value", ["Chair", "Acme, Inc", "007", " spaced ", "true"])
def test_writes_conditions_that_read_back_as_the_same_value(page, value):
    page.open("#/shapes").wait_for_tiles(12)
    code = f"return module.parseFilter(module.condition('key', {value!r}))"
    assert page.run_module("/web/filter.js", code) == {"key": {"$eq": value}}


def test_writes_addresses_that_read_back(page):
    page.open("#/shapes").wait_for_tiles(12)
    route = {
        "catalogue": "Möbel & mehr", "view": "like", "query": "ab12", "filter": 'a="b&c",d<1', "model": "m",
        "region": [0.25, 0.5, 0.5, 0.125], "minimumScore": 0.5, "image": "cd/34", "words": "rot & grün", "without": "a=b",
    }
    assert page.js("window.route = arguments[0]", route) is None
    assert page.run_module("/web/route.js", "return module.parseRoute(module.formatRoute(window.route))") == route


def test_fills_rows_exactly_and_keeps_them_near_the_target(page):
    page.open("#/shapes").wait_for_tiles(12)
    ratios = [0.72 + (index * 37 % 100) / 72 for index in range(200)]
    page.js("window.ratios = arguments[0]", ratios)
    code = "return module.rowWidths(window.ratios, {width: 1000, gap: 10, target: 180})"
    widths = page.run_module("/web/components/rows.js", code)
    rows, row = [], []
    for width, ratio in zip(widths, ratios, strict=True):
        height = width / ratio
        if row and abs(height - row[-1][1]) > 1e-6:
            rows.append(row)
            row = []
        row.append((width, height))
    rows.append(row)
    for row in rows[:-1]:
        assert sum(width for width, _ in row) + 10 * (len(row) - 1) == pytest.approx(1000)
        assert 180 / 1.35 < row[0][1] < 180 * 1.35
    assert len(rows) > 20
