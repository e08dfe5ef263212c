"""What the tests do in the page, in words."""

import base64

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 20


def open_browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


class Page:
    def __init__(self, driver, url):
        self.driver, self.url = driver, url

    def open(self, hash=""):
        # A change of the hash alone would not load the page anew.
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}/{hash}")
        return self

    def wait(self, condition, what):
        def holds(_):
            try:
                return condition()
            except StaleElementReferenceException:
                return False

        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(holds, f"waited in vain for {what}")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector):
        return self.wait(lambda: (self.all(selector) or [None])[0], selector)

    def visible(self, selector):
        return self.wait(lambda: next((e for e in self.all(selector) if e.is_displayed()), None), f"sight of {selector}")

    def click(self, selector):
        self.visible(selector).click()

    def click_button(self, label, within="body"):
        button = self.wait(
            lambda: next((e for e in self.all(f"{within} button, {within} a.button")
                          if e.is_displayed() and e.text.strip() == label), None), f"button {label!r}")
        button.click()

    def text(self, selector):
        return self.visible(selector).text

    def js(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def run_module(self, path, code):
        """Runs `code` with `module` bound to one of the page's modules, and returns what it returns."""
        return self.driver.execute_async_script(
            "const [path, code, done] = arguments;"
            f"import(path).then(module => done((() => {{ {code} }})()), error => done(String(error)))", path, code)

    @property
    def hash(self):
        return self.js("return location.hash")

    def tiles(self):
        """Names under the pictures, in order."""
        return self.js(
            "return [...document.querySelectorAll('.tile:not(.skeleton) .tile-name')].map(e => e.textContent)")

    def scores(self):
        return [float(text) for text in self.js(
            "return [...document.querySelectorAll('.tile .score')].map(e => e.textContent.match(/-?[0-9.]+$/)[0])")]

    def wait_for_tiles(self, number):
        self.wait(lambda: len(self.tiles()) == number, f"{number} pictures, not {self.tiles()}")
        return self.tiles()

    def wait_for_results(self, shape):
        """Waits until the nearest picture is of a kind."""
        self.wait(lambda: self.all(".results") and (self.tiles() or [""])[0].startswith(shape), f"a {shape} as nearest")
        return self.tiles()

    def filter(self, text):
        field = self.visible("#filter")
        field.clear()
        field.send_keys(text + "\n")

    def drop(self, *files):
        """Drops files ({name, type, bytes}) on the page as a person would: enter, over, drop."""
        self.js(TRANSFER + """
            for (const name of ['dragenter', 'dragover', 'drop'])
                document.body.dispatchEvent(
                    new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
        """, [encode(file) for file in files])

    def paste(self, file):
        self.js(TRANSFER + """
            document.body.dispatchEvent(
                new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true, cancelable: true}));
        """, [encode(file)])

    def pictures_are_loaded(self):
        self.wait(lambda: self.js(
            "const all = [...document.querySelectorAll('.tile:not(.skeleton) img')];"
            "return all.length > 0 && all.every(i => i.complete && i.naturalWidth > 0)"), "loaded pictures")


TRANSFER = """
    const transfer = new DataTransfer();
    for (const {name, type, data} of arguments[0])
        transfer.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], name, {type}));
"""


def encode(file):
    name, data = file
    return {"name": name, "type": "image/png", "data": base64.b64encode(data).decode()}
