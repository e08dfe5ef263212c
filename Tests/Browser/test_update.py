"""Update Catalogue: from a folder, by drop, with failures, cancelled."""

import pytest

import pictures


def choose_new_catalogue(page, name):
    page.click("#update-button")
    page.js("""
        const choice = document.querySelector('#update-catalogue');
        choice.value = [...choice.options].at(-1).value;
        choice.dispatchEvent(new Event('change'));
    """)
    page.visible("#update-name").send_keys(name)


def tally(page):
    """Counts of added, skipped and failed files once the update has ended."""
    page.visible(".update-actions .solid")
    return [int(item.text) for item in page.all(".tally-item dd")]


def test_indexes_a_folder_and_lists_what_failed(page, folder):
    page.open("#/shapes").wait_for_tiles(12)
    choose_new_catalogue(page, "holiday")
    page.find("#update-folder").send_keys(str(folder))
    assert tally(page) == [6, 0, 1]
    failures = page.text(".failures")
    assert "holiday/broken.jpg" in failures
    reason = page.text(".failure-reason")
    assert len(reason) > 20 and "no picture" not in failures, "a reason, and not the file's content"
    assert "1 other file left out" in page.text(".step-text")
    page.click_button("Show the catalogue")
    assert page.hash == "#/holiday"
    assert sorted(page.wait_for_tiles(6))[0] == "disc-0.png"


def test_recognises_pictures_that_are_there_already(page, folder):
    page.open("#/shapes").wait_for_tiles(12)
    choose_new_catalogue(page, "twice")
    page.find("#update-folder").send_keys(str(folder / "disc"))
    assert tally(page) == [2, 0, 0]
    page.click_button("Add more")
    page.find("#update-folder").send_keys(str(folder / "disc"))
    page.wait(lambda: "up to date already" in page.text(".update-headline"), "the headline")
    assert tally(page) == [0, 2, 0]


def test_asks_before_it_adds_dropped_pictures(page, server):
    server.request("POST", "/v1/catalogues", b'{"name": "dropped"}')
    page.open("#/dropped").visible(".state")
    assert "No pictures yet" in page.text(".state")
    page.drop(*pictures.group("square", 3).items())
    page.click_button("Add 3 pictures")
    assert tally(page) == [3, 0, 0]
    page.click_button("Show the catalogue")
    page.wait_for_tiles(3)


def test_says_when_a_drop_holds_no_picture(page):
    page.open("#/shapes").wait_for_tiles(12)
    page.js("""
        const transfer = new DataTransfer();
        transfer.items.add(new File(['a,b'], 'table.csv', {type: 'text/csv'}));
        document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true}));
    """)
    assert "no picture" in page.text(".notice")


def test_shows_upload_progress_and_stops_on_request(page, server, tmp_path):
    server.request("POST", "/v1/catalogues", b'{"name": "stopped"}')
    files = []
    for seed in range(4):
        files.append(tmp_path / f"noise-{seed}.png")
        files[-1].write_bytes(pictures.encoded(pictures.noise(seed)))
    page.open("#/stopped").visible(".state")
    page.driver.execute_cdp_cmd("Network.enable", {})
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow)
    try:
        page.click("#update-button")
        page.find("#update-files").send_keys("\n".join(map(str, files)))
        page.wait(lambda: 0 < int(page.find(".step .progress").get_attribute("aria-valuenow") or 0) < 100, "progress")
        page.click_button("Cancel")
        page.wait(lambda: page.text(".update-headline").startswith("Stopped"), "the end")
    finally:
        page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    assert server.request("GET", "/v1/catalogues/stopped")["image_count"] == 0


@pytest.mark.complaints("/v1/catalogues - Failed to load resource: the server responded with a status of 4")
def test_makes_a_catalogue(page):
    page.open("#/shapes").wait_for_tiles(12)
    page.click(".catalogue-button")
    page.click_button("New catalogue")
    page.visible("#catalogue-name").send_keys("no spaces!\n")
    page.wait(lambda: page.text(".menu-form .problem") != "", "the server's reason")
    field = page.find("#catalogue-name")
    field.clear()
    field.send_keys("fresh\n")
    page.wait(lambda: page.hash == "#/fresh", "the new catalogue")
    assert "No pictures yet" in page.text(".state")
