"""One browser and one server for the whole run; a clean page for each test, and no complaint in its console."""

import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
# For the model that knows words; this folder comes first.
sys.path.append(str(pathlib.Path(__file__).parent.parent / "System"))

import pictures  # noqa: E402
from narrow_clip import save_narrow_clip  # noqa: E402
from page import Page, open_browser  # noqa: E402
from server import Server  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "complaints(*texts): console messages that the test provokes")


@pytest.fixture(scope="session")
def driver():
    driver = open_browser()
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("data") / "semblance").start()
    for shape in pictures.COLOURS:
        sides = {"square": 4, "triangle": 3}.get(shape, 0)
        server.upload("shapes", pictures.group(shape), {"shape": shape, "sides": sides})
    yield server
    server.stop()


@pytest.fixture(scope="session")
def words_server(tmp_path_factory):
    """A server whose catalogue `words` belongs to a model that knows words."""
    folder = tmp_path_factory.mktemp("words")
    server = Server(folder / "semblance")
    server.command("models", "add", str(save_narrow_clip(folder / "clip.safetensors")), "--id", "narrow-clip")
    server.start()
    server.request("POST", "/v1/catalogues", json.dumps({"name": "words", "model": "narrow-clip"}).encode())
    for shape in pictures.COLOURS:
        server.upload("words", pictures.group(shape), {"shape": shape})
    yield server
    server.stop()


@pytest.fixture
def words_page(clean_driver, words_server):
    return Page(clean_driver, words_server.url)


@pytest.fixture
def console(driver, request):
    """After each test: what the browser complained about, less what the test provoked."""
    expected = [text for mark in request.node.iter_markers("complaints") for text in mark.args]
    driver.get_log("browser")
    yield
    entries = [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    unexpected = [message for message in entries if not any(text in message for text in expected)]
    assert unexpected == [], "the browser's console has complaints"


@pytest.fixture
def clean_driver(driver, console):
    yield driver
    # Storage belongs to an origin: clear it where the test left the browser.
    driver.execute_script("try { localStorage.clear(); sessionStorage.clear() } catch {}")
    driver.set_window_size(1280, 900)
    driver.get("about:blank")


@pytest.fixture
def page(clean_driver, server):
    return Page(clean_driver, server.url)


@pytest.fixture
def folder(tmp_path):
    """A folder as people have them: pictures in subfolders, a text file, and a text file that claims to be a JPEG."""
    root = tmp_path / "holiday"
    for shape in pictures.COLOURS:
        (root / shape).mkdir(parents=True)
        for name, data in pictures.group(shape, 2).items():
            (root / shape / name).write_bytes(data)
    (root / "notes.txt").write_text("sun, sea")
    (root / "broken.jpg").write_text("this is no picture")
    return root
