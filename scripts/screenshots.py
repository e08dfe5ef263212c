"""Takes the README's screenshot, docs/images/search.png, of a server that runs with the demo catalogue.

Usage: screenshots.py [URL] [NAME]

URL is the server's address, by default http://127.0.0.1:8000; NAME is the name in the metadata of the picture to search
with. Needs Chromium with its driver, selenium and pillow: .deps/venv/bin/python scripts/screenshots.py
"""

import io
import json
import pathlib
import sys
import urllib.parse
import urllib.request

from PIL import Image
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "images" / "search.png"
SIZE = {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False}
MAXIMUM_BYTES = 400_000
LOADED = """
    const pictures = [...document.querySelectorAll('.tile:not(.skeleton) .picture')];
    const seen = pictures.filter(picture => picture.getBoundingClientRect().top < innerHeight);
    return seen.length > 8 && seen.every(picture => picture.classList.contains('loaded'))
        && document.querySelector('.query .picture.loaded') !== null
        && document.getAnimations().every(animation => animation.playState !== 'running');
"""


def main(url="http://127.0.0.1:8000", name="Oak chair"):
    filter = urllib.parse.urlencode({"filter": f'name="{name}"', "limit": 1})
    with urllib.request.urlopen(f"{url}/v1/catalogues/demo/images?{filter}") as response:
        images = json.load(response)["images"]
    if not images:
        sys.exit(f"error: expected a picture named '{name}' in the catalogue 'demo', found none")
    picture = shoot(f"{url}/#/demo/like/{images[0]['id']}")
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_bytes(compressed(picture))
    print(f"{OUTPUT}: {OUTPUT.stat().st_size:,} bytes")


def shoot(address):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SIZE)
        driver.get(address)
        WebDriverWait(driver, 30).until(lambda browser: browser.execute_script(LOADED), "the pictures did not load")
        return driver.get_screenshot_as_png()
    finally:
        driver.quit()


def compressed(png):
    """As it is if it is small enough, else with fewer colours."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (None, 256, 128, 64):
        output = io.BytesIO()
        (image.quantize(colours) if colours else image).save(output, "PNG", optimize=True)
        if output.tell() < MAXIMUM_BYTES:
            return output.getvalue()
    sys.exit(f"error: expected at most {MAXIMUM_BYTES} bytes, not {output.tell()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
