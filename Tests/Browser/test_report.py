"""Reports of evaluations in a real browser: complete in themselves, readable on any screen."""

import subprocess

import pytest

from labelled import save_classes
from server import BINARY


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """An evaluation's page and a comparison's, of a set that both models get wrong in places."""
    folder = tmp_path_factory.mktemp("reports")
    save_classes(folder / "set", classes=4, each=6)
    (folder / "set/class 0").rename(folder / "set/class <b>0 & more")
    for words in (["evaluate"], ["compare", "efficientnet-lite0", "open-nsfw-resnet50"]):
        subprocess.run(
            [BINARY, *words, str(folder / "set"), "--html", str(folder / f"{words[0]}.html"),
             "--data", str(folder / "data")], check=True, capture_output=True, cwd="/")
    return folder


@pytest.mark.parametrize("name", ["evaluate", "compare"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_shows_everything_and_fetches_nothing(clean_driver, reports, name, width, scheme):
    driver = clean_driver
    emulate = driver.execute_cdp_cmd
    emulate("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    emulate("Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
    try:
        driver.get(f"file://{reports}/{name}.html")
        js = driver.execute_script
        assert js("return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length") == 0
        assert js("return document.scripts.length") == 0
        assert js("return document.documentElement.scrollWidth") <= width, "nothing is wider than the screen"
        assert js("return [...document.images].filter(i => !(i.complete && i.naturalWidth > 0)).length") == 0
        assert js("return document.images.length") >= 10
        assert "class <b>0 & more" in js("return document.body.innerText")
        assert js("return [...document.querySelectorAll('svg')].every(s => s.getBoundingClientRect().width > 40)")
        # A screen reader gets words for every chart and picture.
        assert js("return document.querySelectorAll('svg[role=img]:not([aria-label]), img:not([alt])').length") == 0
        light = js("return getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).map(Number)")
        assert (sum(light) > 600) == (scheme == "light"), light
        small = js(
            "return [...document.querySelectorAll('p, td, th, li, b, span, small')].filter(e => e.innerText &&"
            " parseFloat(getComputedStyle(e).fontSize) < 11).map(e => e.className + e.innerText)")
        assert small == [], "readable without a magnifying glass"
    finally:
        emulate("Emulation.clearDeviceMetricsOverride", {})
        emulate("Emulation.setEmulatedMedia", {"features": []})
