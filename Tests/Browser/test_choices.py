"""What a person can choose at the top of the page, what is seen while pictures load, and whose pictures they are."""

import json
import subprocess

import pytest

import pictures
from page import Page
from server import BINARY, Server

OTHER = "efficientnet-lite0-crop"
ATTRIBUTION = "Jo Bloggs, <i>Shapes for everyone</i>"


def weights():
    """Where the default model's weights lie."""
    command = [BINARY, "models", "show", "efficientnet-lite0", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=30).stdout)["path"]


@pytest.fixture(scope="module")
def choices(tmp_path_factory):
    """A server with two catalogues and a second model, as docs/models.md shows it."""
    folder = tmp_path_factory.mktemp("choices")
    configuration = folder / "model_config.json"
    configuration.write_text(json.dumps([{
        "model_id": OTHER, "model_type": "efficientnet-lite", "model_subtype": "lite0", "model_dim": 1280,
        "model_path": weights(), "preprocessing": {"fit": "crop", "resize_to": 256}, "summary": "Sees the middle only.",
    }]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMBLANCE_MODEL_CONFIG", str(configuration))
        server = Server(folder / "data").start()
    server.upload("round", pictures.group("disc", 3), {"attribution": ATTRIBUTION, "licence": "CC BY 4.0"})
    server.upload("straight", pictures.group("square", 4) | pictures.group("triangle", 1))
    yield server
    server.stop()


@pytest.fixture
def page(clean_driver, choices):
    return Page(clean_driver, choices.url)


def rows(page, menu):
    """The rows of an open menu, by the first line of their text."""
    return {row.text.splitlines()[0]: row for row in page.all(f".{menu}-panel .menu-row") if row.is_displayed()}


def on_button(page, menu):
    """What a menu's button shows; what only screen readers hear is left out."""
    return page.text(f".{menu}-button .menu-content").split()


def choose(page, menu, name):
    page.click(f".{menu}-button")
    page.wait(lambda: name in rows(page, menu), f"{name} in the menu, not {list(rows(page, menu))}")
    rows(page, menu)[name].click()


def test_chooses_another_catalogue(page):
    page.open("#/round").wait_for_tiles(3)
    choose(page, "catalogue", "straight")
    names = page.wait_for_tiles(5)
    assert page.hash == "#/straight" and "square-0.png" in names
    page.wait(lambda: on_button(page, "catalogue") == ["straight", "5"], "its name and size on the button")
    assert not rows(page, "catalogue"), "the menu is closed"
    page.driver.back()
    page.wait_for_tiles(3)


def test_remembers_the_catalogue_that_was_used_last(page):
    page.open("#/straight").wait_for_tiles(5)
    page.open().wait_for_tiles(5)
    assert page.hash == "#/straight"


def test_chooses_another_model(page):
    page.open("#/round").wait_for_tiles(3)
    choose(page, "model", OTHER)
    page.wait(lambda: f"model={OTHER}" in page.hash, "the model in the address")
    assert on_button(page, "model") == [OTHER]
    page.click(".model-button")
    page.wait(lambda: OTHER in rows(page, "model"), "the menu")
    assert "Sees the middle only." in rows(page, "model")[OTHER].text
    assert "No picture of “round” is indexed with it" in rows(page, "model")[OTHER].text
    assert "All pictures indexed" in rows(page, "model")["efficientnet-lite0"].text
    assert rows(page, "model")[OTHER].get_attribute("aria-pressed") == "true"


def test_explains_a_search_by_a_model_that_no_picture_is_indexed_with(page):
    page.open(f"#/round?model={OTHER}").wait_for_tiles(3)
    page.drop(("one.png", pictures.encoded(pictures.draw("disc"))))
    assert "has no picture that this model could compare with" in page.text(".state")
    assert f"model={OTHER}" in page.hash
    choose(page, "model", "efficientnet-lite0")
    page.wait_for_results("disc")
    assert "model=" not in page.hash, "the catalogue's own model needs no mention"


def test_shows_frames_while_pictures_load(page):
    page.open("#/round").wait_for_tiles(3)
    slow_down(page, milliseconds=3000)
    try:
        page.js("location.hash = '#/straight'")
        assert page.visible(".tile.skeleton .tile-picture").size["height"] > 40
        assert len(page.all(".tile.skeleton")) == 18 and page.tiles() == []
        assert page.find(".gallery").get_attribute("aria-busy") == "true"
        page.wait_for_tiles(5)
    finally:
        slow_down(page, milliseconds=0)
    assert not page.all(".tile.skeleton")
    assert page.find(".gallery").get_attribute("aria-busy") == "false"


def texts(page, selector):
    return [element.text for element in page.all(selector)]


def slow_down(page, milliseconds):
    """Makes every request wait."""
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
        "offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1})


def test_shows_whose_picture_it_is(page):
    page.open("#/round").wait_for_tiles(3)
    page.click(".tile-picture")
    page.wait(lambda: "Attribution" in texts(page, ".detail dt"), "the facts")
    facts = dict(zip(texts(page, ".detail dt"), texts(page, ".detail dd")))
    assert facts["Attribution"] == ATTRIBUTION and facts["Licence"] == "CC BY 4.0"
