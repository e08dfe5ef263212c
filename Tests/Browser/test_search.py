"""Searching: by drop, paste, choice, stored picture and region; filters; the way back."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

import pictures


def browse(page):
    page.open("#/shapes").wait_for_tiles(12)


def drag_region(page, start, end):
    """Draws a box on the query, in fractions of it."""
    frame = page.visible(".region-frame")
    page.wait(lambda: page.js("return arguments[0].querySelector('img').naturalWidth > 0", frame), "the query")
    width, height = frame.size["width"], frame.size["height"]
    at = [(round((x - 0.5) * width), round((y - 0.5) * height)) for x, y in (start, end)]
    ActionChains(page.driver).move_to_element_with_offset(frame, *at[0]).click_and_hold() \
        .move_to_element_with_offset(frame, *at[1]).release().perform()


def test_searches_with_a_dropped_picture(page):
    browse(page)
    page.drop(("found.png", pictures.encoded(pictures.draw("triangle", 1))))
    assert page.wait_for_results("triangle")[0] == "triangle-1.png"
    scores = page.scores()
    assert scores == sorted(scores, reverse=True) and scores[0] > 0.98
    assert page.text(".query-title") == "found.png"
    page.pictures_are_loaded()


def test_searches_with_a_pasted_picture(page):
    browse(page)
    page.paste(("clipboard.png", pictures.encoded(pictures.draw("square", 2))))
    page.wait_for_results("square")


def test_searches_with_a_chosen_picture(page, tmp_path):
    path = tmp_path / "chosen.jpg"
    path.write_bytes(pictures.encoded(pictures.draw("disc", 1), "JPEG"))
    browse(page)
    page.find("#query-file").send_keys(str(path))
    page.wait_for_results("disc")


@pytest.mark.complaints("/search - Failed to load resource: the server responded with a status of 4")
def test_explains_a_query_that_is_no_picture(page):
    browse(page)
    page.drop(("broken.png", b"this is no picture"))
    assert len(page.text(".is-error p")) > 20
    page.driver.back()
    page.wait_for_tiles(12)


def test_searches_with_a_part_of_the_picture(page):
    browse(page)
    page.drop(("both.png", pictures.encoded(pictures.side_by_side("disc", "square"))))
    page.wait(lambda: len(page.tiles()) == 12 and page.all(".results"), "results")
    drag_region(page, (0.51, 0.02), (0.99, 0.98))
    page.wait(lambda: "region=" in page.hash, "the region in the address")
    page.wait_for_results("square")
    drag_region(page, (0.03, 0.08), (0.49, 0.96))
    page.wait_for_results("disc")
    page.driver.back()
    page.wait_for_results("square")
    page.click_button("Whole picture")
    page.wait(lambda: "region=" not in page.hash, "the whole picture")


def test_selects_a_part_by_keyboard(page):
    browse(page)
    page.drop(("one.png", pictures.encoded(pictures.draw("disc"))))
    page.wait_for_results("disc")
    page.click_button("Search a part")
    page.wait(lambda: "region=0.25%2C0.25%2C0.5%2C0.5" in page.hash, "a box in the middle")
    page.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    page.wait(lambda: "region=0.27%2C0.25%2C0.5%2C0.5" in page.hash, "the box moved")
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.wait(lambda: "region=" not in page.hash, "no box")


def test_finds_similar_pictures_to_a_result(page):
    browse(page)
    tile = page.wait(lambda: next((t for t in page.all(".tile") if "square-1" in t.text), None), "a tile")
    ActionChains(page.driver).move_to_element(tile).perform()
    tile.find_element("css selector", ".tile-similar").click()
    names = page.wait_for_results("square")
    assert page.text(".query-title") == "square-1.png"
    assert all(name.startswith("square") for name in names[:3]) and "square-1.png" not in names


def test_leaves_out_what_is_less_similar(page):
    browse(page)
    page.drop(("one.png", pictures.encoded(pictures.draw("disc"))))
    page.wait_for_results("disc")
    page.js("""
        const slider = document.querySelector('#threshold');
        slider.value = '0.95';
        slider.dispatchEvent(new Event('input'));
        slider.dispatchEvent(new Event('change'));
    """)
    page.wait(lambda: "min=0.95" in page.hash and 0 < len(page.tiles()) < 12, "fewer results")
    assert min(page.scores()) >= 0.95


def test_filters_pictures_and_results(page):
    browse(page)
    page.filter("shape=triangle")
    assert all(name.startswith("triangle") for name in page.wait_for_tiles(4))
    page.drop(("one.png", pictures.encoded(pictures.draw("disc"))))
    page.wait(lambda: page.all(".results") and len(page.tiles()) == 4, "filtered results")
    assert all(name.startswith("triangle") for name in page.tiles())
    page.filter("sides>3")
    page.wait(lambda: [name[:6] for name in page.tiles()] == ["square"] * 4, "squares")
    page.filter("sides>9")
    assert "Nothing similar enough" in page.text(".state")
    page.filter("nonsense")
    assert "not a condition" in page.text(".filter-problem")


def test_goes_back_step_by_step(page):
    browse(page)
    page.filter("shape=disc")
    page.wait_for_tiles(4)
    page.drop(("one.png", pictures.encoded(pictures.draw("disc"))))
    page.wait(lambda: page.all(".results") and page.tiles(), "results")
    page.click(".tile-picture")
    page.visible(".detail")
    page.driver.back()
    page.wait(lambda: not any(e.is_displayed() for e in page.all(".detail")), "the results again")
    page.driver.back()
    page.wait(lambda: page.all(".browse") and len(page.tiles()) == 4, "the filtered pictures")
    page.driver.back()
    page.wait_for_tiles(12)


def test_says_that_an_own_picture_is_gone_after_reloading(page):
    browse(page)
    page.drop(("one.png", pictures.encoded(pictures.draw("disc"))))
    page.wait_for_results("disc")
    page.driver.refresh()
    assert "This search has ended" in page.text(".state")
    page.click_button("All pictures")
    page.wait_for_tiles(12)
