"""Searching with words, beside a picture or without one, where the model knows them."""

import json

import pytest
from selenium.webdriver.common.keys import Keys

import pictures


def found(server, *query):
    """Names in the order in which the API returns them."""
    body = json.dumps({"query": list(query), "k": 60}).encode()
    return [result["name"] for result in server.request("POST", "/v1/catalogues/words/search", body)["results"]]


def image_id(server, name):
    images = server.request("GET", "/v1/catalogues/words/images?limit=100")["images"]
    return next(image["id"] for image in images if image["name"] == name)


def enter(page, selector, text):
    # Typed over: clearing a field is a change of its own.
    page.visible(selector).send_keys(Keys.CONTROL + "a", Keys.NULL, Keys.BACKSPACE, text + Keys.ENTER)


def wait_for_order(page, names):
    page.wait(lambda: page.all(".results") and page.tiles() == names, f"{names}, not {page.tiles()}")


def test_searches_with_words(words_page, words_server):
    page = words_page
    page.open("#/words").wait_for_tiles(12)
    enter(page, "#words", "red chair")
    wait_for_order(page, found(words_server, {"text": "red chair"}))
    assert page.hash == "#/words/text?words=red+chair"
    assert page.text(".query-title") == "“red chair”"
    assert not page.all(".region-frame"), "there is no picture"
    page.pictures_are_loaded()
    enter(page, "#words", "a tree")
    wait_for_order(page, found(words_server, {"text": "a tree"}))
    page.driver.back()
    wait_for_order(page, found(words_server, {"text": "red chair"}))
    assert page.js("return document.querySelector('#words').value") == "red chair"
    page.driver.back()
    page.wait_for_tiles(12)
    assert page.js("return document.querySelector('#words').value") == ""


def test_takes_words_away(words_page, words_server):
    page = words_page
    page.open("#/words/text?words=red+chair")
    wait_for_order(page, found(words_server, {"text": "red chair"}))
    enter(page, "#query-without", "made of wood")
    wait_for_order(page, found(words_server, {"text": "red chair"}, {"text": "made of wood", "weight": -1}))
    assert "without=made+of+wood" in page.hash
    enter(page, "#query-without", "")
    wait_for_order(page, found(words_server, {"text": "red chair"}))
    enter(page, "#query-words", "")
    page.wait(lambda: page.all(".browse") and page.hash == "#/words", "all pictures")


def test_combines_words_with_a_picture_of_the_catalogue(words_page, words_server):
    page, name = words_page, "square-1.png"
    id = image_id(words_server, name)
    page.open(f"#/words/like/{id}")
    wait_for_order(page, found(words_server, {"image_id": id}))
    enter(page, "#query-words", "in green leather")
    wait_for_order(page, found(words_server, {"image_id": id}, {"text": "in green leather"}))
    assert page.text(".query-title") == name
    page.visible(".region-frame")


def test_combines_words_with_a_dropped_picture(words_page, words_server):
    page = words_page
    page.open("#/words").wait_for_tiles(12)
    page.drop(("own.png", pictures.encoded(pictures.draw("disc", 1))))
    page.wait(lambda: page.all(".results") and page.tiles()[:1] == ["disc-1.png"], "the picture itself")
    enter(page, "#query-without", "disc")
    same = {"image_id": image_id(words_server, "disc-1.png")}
    others = found(words_server, same, {"text": "disc", "weight": -1})
    page.wait(lambda: [name for name in page.tiles() if name != "disc-1.png"] == others, "pictures without a disc")


def test_says_that_words_were_cut(words_page):
    page = words_page
    page.open("#/words").wait_for_tiles(12)
    enter(page, "#words", "chair " * 60)
    assert "longer than the model reads" in page.text(".notice")
    page.wait(lambda: len(page.tiles()) == 12 and page.all(".results"), "results")


def test_offers_no_words_where_the_model_knows_none(words_page):
    page = words_page
    page.open("#/words?model=efficientnet-lite0").wait_for_tiles(12)
    page.visible("#choose-query")
    page.wait(lambda: not any(field.is_displayed() for field in page.all("#words")), "no field for words")
    page.click(".model-button")
    assert "· words" in page.wait(
        lambda: next((row.text for row in page.all(".model-row") if "narrow-clip" in row.text), None), "the model's row")
    assert not any("· words" in row.text for row in page.all(".model-row") if row.text.startswith("efficientnet-lite0"))


@pytest.mark.complaints("/search - Failed to load resource: the server responded with a status of 422")
def test_explains_that_a_model_knows_no_words(words_page):
    page = words_page
    page.open("#/words/text?words=red&model=efficientnet-lite0")
    assert "This model knows no words" in page.text(".is-error")
    assert "narrow-clip" in page.text(".is-error p")
