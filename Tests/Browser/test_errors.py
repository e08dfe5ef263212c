"""When things go wrong: the server gone and back, unknown things, a key wanted."""

import pytest

import pictures
from page import Page
from server import Server


@pytest.mark.complaints("net::ERR_", "Failed to load resource: net::")
def test_says_that_the_server_is_gone_and_goes_on_when_it_is_back(clean_driver, tmp_path):
    server = Server(tmp_path / "data").start()
    try:
        server.upload("shapes", pictures.group("disc"))
        page = Page(clean_driver, server.url)
        page.open("#/shapes").wait_for_tiles(4)
        server.stop()
        page.drop(("one.png", pictures.encoded(pictures.draw("disc"))))
        assert "does not answer" in page.text("#banner")
        assert "does not answer" in page.text(".is-error")
        server = Server(tmp_path / "data", port=server.port).start()
        page.wait_for_results("disc")
        page.wait(lambda: not page.find("#banner").is_displayed(), "the end of the banner")
    finally:
        server.stop()


@pytest.mark.complaints("/v1/catalogues/nowhere")
def test_offers_to_make_a_catalogue_that_is_not_there(page):
    page.open("#/nowhere")
    assert "no catalogue “nowhere” yet" in page.text(".state h2")
    page.click(".state button")
    assert page.find("#update-catalogue").get_attribute("value") == "nowhere"


@pytest.mark.complaints("/v1/catalogues/shapes")
def test_shows_the_servers_reason_for_a_bad_request(page):
    page.open("#/shapes?filter=a%3D1&model=no-such-model").wait(lambda: page.all(".state"), "an empty grid")
    page.open("#/shapes/like/" + "0" * 64)
    assert len(page.text(".is-error p")) > 10
    page.visible(".is-error button")


@pytest.mark.complaints("/v1/catalogues/shapes")
def test_explains_an_unknown_picture(page):
    page.open("#/shapes?image=" + "0" * 64)
    page.visible(".detail .is-error")
    page.click(".detail .dialog-close")
    page.wait_for_tiles(12)


@pytest.mark.complaints("401 (Unauthorized)")
def test_asks_for_a_key_where_one_is_wanted(clean_driver, tmp_path):
    data = tmp_path / "data"
    server = Server(data, "--host", "0.0.0.0")
    key = server.create_key("write")
    server.start()
    try:
        server.upload("shapes", pictures.group("disc"), key=key)
        page = Page(clean_driver, server.url)
        page.open("#/shapes")
        page.visible("#api-key").send_keys("sem_wrong\n")
        page.wait(lambda: "not accepted" in page.text("dialog.prompt"), "the second question")
        page.visible("#api-key").send_keys(key + "\n")
        page.wait_for_tiles(4)
        page.pictures_are_loaded()
        page.drop(("one.png", pictures.encoded(pictures.draw("disc"))))
        page.wait_for_results("disc")
        clean_driver.refresh()
        assert not page.all("#api-key"), "the key is kept for this tab"
    finally:
        server.stop()
