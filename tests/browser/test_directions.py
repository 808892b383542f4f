"""What a name from right to left leaves in its place, as a browser really draws it."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, expect

from models_ui.actions.context import Context
from models_ui.mirror.sync import run_sync
from sandbox import Sandbox
from tests.support import verbs
from tests.support.directions import NAMES

# Where each of the letters asked for stands, from the left.
PLACES = """(element, letters) => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const places = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.length; at += 1) {
      if (!letters.includes(node.data[at])) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      places.push([node.data[at], range.getBoundingClientRect().left]);
    }
  }
  return places;
}"""


def drawn(line: Locator, letters: str) -> str:
    """Return those of the letters that the line holds, in the order in which they are drawn."""
    return "".join(letter for letter, _left in sorted(line.evaluate(PLACES, letters), key=lambda place: place[1]))


@pytest.fixture(params=NAMES, ids=ascii)
def name(request, tune: str, sandbox: Sandbox) -> str:
    sandbox.catalog.rename(tune, request.param)
    run_sync()
    return request.param


@pytest.mark.usefixtures("at_once")
def test_the_question_before_deleting_is_drawn_as_it_is_written(browser_of, alice, tune: str, name: str):
    page = browser_of(alice)
    page.goto(f"/models/{tune}/delete/")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("for ever?")
    assert drawn(heading, "Dtf?") == "Dtf?"


def test_quotation_marks_stay_around_the_name(browser_of, alice, tune: str, name: str):
    verbs.rename_model(context=Context(actor=alice), model_id=tune, name=f"{name}z", seen=name)
    verbs.rename_model(context=Context(actor=alice), model_id=tune, name="Q", seen=f"{name}z")
    page = browser_of(alice)
    page.goto("/activity/")
    diffs = page.locator(".diff")
    expect(diffs).to_have_count(2)
    for diff in diffs.all():
        assert drawn(diff, "“”→") == "“”→“”"


def test_copying_takes_the_id_itself(browser_of, alice, sandbox: Sandbox, synced):
    model_id = "a\u202eb\u2069c"
    sandbox.catalog.add({"id": model_id, "name": None, "object": "model", "type": "base"})
    run_sync()
    page = browser_of(alice, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/models/{quote(model_id)}/")
    page.get_by_role("button", name="Copy id").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == model_id
