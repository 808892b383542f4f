"""What people do most, in another browser: sign in, filter, rename, undo, archive, delete, compare, palette.

Each journey leaves the demo as it found it. A page is driven by real keys and clicks, and read by what it shows.
"""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from tests.other_browsers.drivers import Driver

ENTER, ESCAPE, CONTROL, DOWN = "\ue006", "\ue00c", "\ue009", "\ue015"
TUNES = "/models/?type=fine-tuned&group=none&sort=name"
# The first fine-tune that answers and has a name.
ROW = "[...document.querySelectorAll('.models tr.live')].find((row) => row.querySelector('.name:not(.unnamed)'))"
NAME = f"return {ROW}?.querySelector('.name').textContent.trim()"


class Page:
    def __init__(self, driver: Driver, base: str) -> None:
        self._driver = driver
        self._base = base

    def open(self, path: str) -> None:
        self._driver.open(urljoin(self._base, path))

    def read(self, script: str) -> Any:
        return self._driver.evaluate(script)

    def wait(self, script: str, what: str) -> Any:
        """Wait until the script returns something true, which is returned."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if value := self.read(script):
                return value
            time.sleep(0.1)
        raise AssertionError(f"{what}; the page shows {self.read('return document.title + location')}")

    def shows(self, selector: str, text: str = "") -> str:
        """Return a script that finds an element which is visible and has the text."""
        return (
            f"return [...document.querySelectorAll({json.dumps(selector)})].some((each) => each.checkVisibility()"
            f" && each.textContent.includes({json.dumps(text)}))"
        )

    def click(self, element: str) -> None:
        """Click the middle of an element, which is a JavaScript expression."""
        find = (
            f"const box = {element}; box.scrollIntoView({{ block: 'center' }}); const r = box.getBoundingClientRect();"
        )
        x, y = self.read(f"{find} return [Math.round(r.x + r.width / 2), Math.round(r.y + r.height / 2)]")
        move = {"type": "pointerMove", "x": x, "y": y, "duration": 0, "origin": "viewport"}
        press = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._driver.act([{"type": "pointer", "id": "mouse", "actions": [move, *press]}])

    def press(self, keys: str, *, holding: str = "") -> None:
        actions = [{"type": "keyDown", "value": key} for key in holding]
        for key in keys:
            actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        actions += [{"type": "keyUp", "value": key} for key in holding]
        self._driver.act([{"type": "key", "id": "keyboard", "actions": actions}])

    def choose(self, verb: str) -> None:
        """Open the menu of the first live fine-tune and choose an action."""
        self.click(f"{ROW}.querySelector('[data-more]')")
        self.wait("return document.querySelector('#row-menu').matches(':popover-open')", "the menu opens")
        self.click(f"document.querySelector('#row-menu [data-verb={verb}]')")


def sign_in(page: Page) -> None:
    page.open("/accounts/login/")
    page.click("[...document.querySelectorAll('.demo-people button')].at(-1)")
    page.wait(page.shows("#account-menu, .menu button", "manager"), "a Manager is signed in")


def filter_models(page: Page) -> None:
    page.open("/models/")
    total = page.read("return document.querySelector('#count').textContent")
    page.click("document.querySelector('[data-facet=capability][data-value=vision] input')")
    page.wait("return location.search === '?capability=vision'", "the address says the filter")
    page.wait(page.shows(".chips .chip", "Vision"), "the filter stands above the list")
    page.read("history.back()")
    page.wait(f"return document.querySelector('#count').textContent === {json.dumps(total)}", "Back shows all again")


def rename_and_undo(page: Page) -> None:
    page.open(TUNES)
    name = page.wait(NAME, "a fine-tune is there")
    page.choose("rename")
    page.wait(
        "return document.activeElement.matches('.models tr.open input[type=text]')", "the name is edited in its row"
    )
    page.press("Renamed elsewhere" + ENTER)
    page.wait(page.shows(".models .name", "Renamed elsewhere"), "the new name stands in the row")
    page.press("z")
    page.wait(page.shows(".models .name", name), "undo brings the former name back")


def archive_and_undo(page: Page) -> None:
    page.open(TUNES)
    name = page.wait(NAME, "a fine-tune is there")
    page.choose("archive")
    page.wait(
        "return document.activeElement.closest('dialog:modal form[method=dialog]') !== null",
        "the safe way has the focus",
    )
    page.press(ESCAPE)
    page.wait("return !document.querySelector('dialog:modal')", "Escape closes the question")
    page.choose("archive")
    page.wait("return document.querySelector('dialog:modal') !== null", "the question is asked")
    page.click("document.querySelector('dialog:modal .primary')")
    page.wait(page.shows(".models tr.archived .name", name), "the model is archived")
    page.click("document.querySelector('#flash form button, #flash button[formaction]')")
    page.wait(page.shows(".models tr.live .name", name), "undo restores it")


def ask_for_deletion(page: Page) -> None:
    page.open(TUNES)
    page.wait(NAME, "a fine-tune is there")
    page.choose("delete")
    page.wait("return document.activeElement.matches('dialog:modal [form=keep-model]')", "the safe way has the focus")
    page.press(ENTER)
    page.wait("return !document.querySelector('dialog:modal')", "keeping the model closes the dialog")
    page.wait("return document.activeElement.matches('[data-more]')", "the focus is on the row's menu again")


def compare_models(page: Page) -> None:
    page.open(TUNES)
    page.wait(NAME, "a fine-tune is there")
    for place in (0, 1):
        page.click(f"document.querySelectorAll('.models .pick input')[{place}]")
    page.wait(page.shows(".bulk .picked", "2"), "two are chosen")
    page.click(
        "[...document.querySelectorAll('.bulk button')].find((button) => button.textContent.includes('Compare'))"
    )
    page.wait("return document.querySelectorAll('.comparison thead th').length === 2", "two models stand side by side")


def open_palette(page: Page) -> None:
    page.open("/models/")
    page.press("k", holding=CONTROL)
    page.wait("return document.activeElement.matches('#palette input')", "the palette opens")
    page.press("sup")
    page.wait(page.shows("#palette-choices [role=option]", "Support triage"), "what is typed is found")
    page.press(DOWN)
    page.wait(
        "return document.querySelectorAll('#palette-choices [role=option]')[1]?.ariaSelected === 'true'",
        "an arrow chooses",
    )
    page.press(ENTER)
    page.wait("return document.querySelector('#model') !== null", "Enter opens the model")


JOURNEYS: tuple[Callable[[Page], None], ...] = (
    sign_in,
    filter_models,
    rename_and_undo,
    archive_and_undo,
    ask_for_deletion,
    compare_models,
    open_palette,
)
