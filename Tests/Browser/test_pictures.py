"""Browsing and the detail view: facts, keyboard, deletion, names that try to be markup, narrow screens."""

from selenium.webdriver.common.keys import Keys

import pictures


def browse(page):
    page.open("#/shapes").wait_for_tiles(12)


def active(page):
    return page.driver.switch_to.active_element


def test_shows_a_picture_with_what_is_known_about_it(page):
    browse(page)
    page.click(".tile-picture")
    facts = page.text(".detail-words")
    for text in ("Shape", "320 × 320 px", "PNG"):
        assert text in facts
    page.wait(lambda: page.js("return document.querySelector('.detail-picture img')?.naturalWidth > 0"), "the picture")
    active(page).send_keys(Keys.ESCAPE)
    page.wait(lambda: "image=" not in page.hash, "the grid")


def test_leads_from_a_metadata_value_to_all_that_share_it(page):
    browse(page)
    page.click(".tile-picture")
    # By name: while the view fades in, the second link may be the first that can be seen.
    link = page.visible(".fact-link[title*='shape=']")
    value = link.text
    link.click()
    page.wait(lambda: "filter=" in page.hash, "the filter")

    # Until they are here, the tiles are those of before.
    def are_filtered():
        names = page.tiles()
        return len(names) == 4 and all(name.startswith(value) for name in names)

    page.wait(are_filtered, "the filtered pictures")


def test_works_by_keyboard(page):
    browse(page)
    page.js("document.querySelector('.tile-picture').focus()")
    first = page.tiles()[0]
    active(page).send_keys(Keys.ARROW_RIGHT)
    second = active(page).get_attribute("aria-label")
    assert second == page.tiles()[1] != first
    active(page).send_keys(Keys.ENTER)
    page.wait(lambda: page.text(".detail-head h2") == second, "the second picture")
    active(page).send_keys(Keys.ARROW_LEFT)
    page.wait(lambda: page.text(".detail-head h2") == first, "the first picture")
    active(page).send_keys(Keys.ESCAPE)
    page.wait(lambda: active(page).get_attribute("aria-label") == first, "focus on the picture that was open")
    active(page).send_keys("s")
    page.wait(lambda: page.all(".query-title") and page.text(".query-title") == first, "pictures similar to it")
    active(page).send_keys(Keys.ESCAPE)
    page.wait(lambda: page.all(".browse"), "the catalogue")
    page.find("body").send_keys("/")
    page.wait(lambda: active(page).get_attribute("id") == "filter", "the filter")


def test_deletes_only_after_asking(page, server):
    server.upload("scratch", pictures.group("disc", 3))
    page.open("#/scratch").wait_for_tiles(3)
    name = page.tiles()[0]
    page.click(".tile-picture")
    page.click_button("Delete from catalogue")
    page.click_button("Keep it")
    page.click_button("Delete from catalogue")
    assert name in page.text("dialog.prompt")
    page.click_button("Delete", within="dialog.prompt")
    assert name not in page.wait_for_tiles(2)
    assert server.request("GET", "/v1/catalogues/scratch")["image_count"] == 2


def test_shows_names_as_text(page, server):
    name = "<img src=x onerror=document.title='caught'>.png"
    server.upload("markup", {name: pictures.encoded(pictures.draw("disc"))}, {"note": "<b>bold</b>"})
    page.open("#/markup").wait_for_tiles(1)
    assert page.tiles() == [name]
    page.click(".tile-picture")
    assert "<b>bold</b>" in page.text(".detail-words")
    assert page.driver.title != "caught"


def test_loads_more_as_one_scrolls(page, server):
    turned = [pictures.draw("disc").rotate(index).resize((64, 64)) for index in range(90)]
    files = {f"{index:03}.png": pictures.encoded(image) for index, image in enumerate(turned)}
    server.upload("many", files)
    page.open("#/many").wait(lambda: len(page.tiles()) >= 60, "a page")
    page.js("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_tiles(90)
    page.js("scrollTo(0, 700)")
    page.drop(("one.png", pictures.encoded(pictures.draw("disc"))))
    page.wait(lambda: page.all(".results") and page.tiles(), "results")
    page.driver.back()
    page.wait_for_tiles(90)
    assert page.js("return scrollY") == 700, "the way back leads to where one was"


def test_fits_a_narrow_screen(page):
    # The window itself has a least width; the emulated device does not.
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        for state in ("#/shapes", "#/shapes?image=" + first_id(page), "#/shapes/like/" + first_id(page)):
            page.open(state).wait(lambda: len(page.tiles()) >= 11, "pictures")
            assert page.js("return document.documentElement.scrollWidth") <= 390, state
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def first_id(page):
    browse(page)
    return page.js("return document.querySelector('.tile').dataset.id")


def test_offers_the_neighbours_of_a_picture_opened_by_its_address(page):
    browse(page)
    ids = page.js("return [...document.querySelectorAll('.tile')].map(tile => tile.dataset.id)")
    page.open(f"#/shapes?image={ids[1]}")
    page.click(".detail-arrow.is-right:not(:disabled)")
    page.wait(lambda: ids[2] in page.hash, "the next picture")
