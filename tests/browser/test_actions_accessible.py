"""Every state of every action: axe's rules in light and dark, no sideways scrolling, and the keyboard alone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from models_ui.access.verbs import Verb
from models_ui.bulk import jobs, runner
from sandbox import Sandbox
from tests.browser.conftest import archive, choose, message, opener_of, row_of
from tests.support.browser import FOCUS, LAYOUT, violations

TUNES = "/models/?type=fine-tuned&q=contract"  # a row or two; `test_catalog_screen.py` looks at the whole tab


def in_place(page: Page, sandbox: Sandbox, tune: str) -> Iterator[str]:
    """The row and the model's page while they are edited, and each level of message."""
    for address, place in ((TUNES, row_of(page, tune)), (f"/models/{tune}/", page.locator("#model"))):
        page.goto(address)
        choose(place, "rename")
        field = place.get_by_label("Name", exact=True)
        expect(field).to_be_focused()
        yield f"editing {address}"
        field.evaluate("field => field.removeAttribute('maxlength')")
        field.fill("x" * 101)
        field.press("Enter")
        expect(field).to_have_attribute("aria-invalid", "true")
        yield f"an error {address}"
        sandbox.catalog.rename(tune, f"A name that somebody else has given, and a long one, at {address}")
        field.fill("Mine")
        field.press("Enter")
        expect(place.get_by_role("alert")).to_be_visible()
        yield f"a conflict {address}"
        place.get_by_role("button", name="Use mine").click()
        expect(message(page, "The name is now “Mine”.")).to_be_visible()
        sandbox.faults.add("504", verb="archive", times=1)
        archive(place)
        expect(message(page, "It is not known whether this worked")).to_be_visible()
        yield f"messages {address}"


def dialogs(page: Page, tune: str) -> Iterator[str]:
    """What asks before it deletes, over the row and over the model's page, at first and after a wrong id."""
    for address, place in (("/models/?q=contract", row_of(page, tune)), (f"/models/{tune}/", page.locator("#model"))):
        page.goto(address)
        choose(place, "delete")
        dialog = page.get_by_role("alertdialog")
        expect(dialog.locator("[autofocus]")).to_be_focused()
        yield f"a dialog {address}"
        dialog.get_by_label("Type the id to confirm").fill("wrong")
        dialog.get_by_role("button", name="Delete for ever").click()
        expect(dialog.locator(".errorlist")).to_be_visible()
        yield f"a dialog with an error {address}"


def pages(page: Page, alice, tune: str, archived: str, sandbox: Sandbox) -> Iterator[str]:
    """The pages of actions, the history, a job in each of its states, the retirements and the overview."""
    for verb in ("rename", "describe", "archive", "protect", "delete"):
        page.goto(f"/models/{tune}/{verb}/")
        yield verb
    page.get_by_label("Type the id to confirm").fill("wrong")
    page.get_by_role("button", name="Delete for ever").click()
    expect(page.locator(".errorlist")).to_be_visible()
    yield "delete with an error"
    page.get_by_label("Type the id to confirm").fill(tune)
    page.get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_text("It cannot be made again.")).to_be_visible()
    yield "tombstone"
    page.goto(f"/models/{tune}/delete/")
    yield "denied"
    job = jobs.make_job(actor=alice, verb=Verb.ARCHIVE, model_ids=sandbox.catalog.fine_tunes())
    page.goto(f"/bulk/{job.pk}/")
    yield "review"
    jobs.start_job(actor=alice, job_id=job.pk, reason="Spring cleaning")
    sandbox.faults.add("422", verb="archive", times=1)
    for _ in range(3):
        runner.run_one()
    page.goto(f"/bulk/{job.pk}/")
    yield "progress"
    while runner.run_one():
        pass
    page.goto(f"/bulk/{job.pk}/")
    page.locator("#everything").evaluate("fold => { fold.open = true; }")
    yield "done"
    for address in ("/bulk/", "/activity/", "/activity/?outcome=failed&kind=model.renamed", "/retirements/", "/"):
        page.goto(address)
        for fold in page.locator("#facets, main details").all():
            fold.evaluate("fold => { fold.open = true; }")
        yield address


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("width", [1280, 360])
def test_no_state_of_an_action_breaks_a_rule(width, browser_of, alice, sandbox, tune, archived, axe: Axe, troubles):
    troubles.expect("40[0-9]|422|50[0-9]")
    page = browser_of(alice, width=width)
    found = []
    for states in (in_place(page, sandbox, tune), dialogs(page, tune), pages(page, alice, tune, archived, sandbox)):
        for state in states:
            found += [f"{state}: {each}" for each in violations(page, axe)]
    assert not found, "\n".join(found)


@pytest.mark.usefixtures("at_once")
def test_action_pages_do_not_scroll_sideways_on_a_small_phone(browser_of, alice, sandbox, tune, archived, troubles):
    troubles.expect("40[0-9]|422|50[0-9]")
    page = browser_of(alice, width=320)
    found = []
    for states in (in_place(page, sandbox, tune), dialogs(page, tune), pages(page, alice, tune, archived, sandbox)):
        for state in states:
            layout = page.evaluate(LAYOUT)
            # Messages and the bar of what is chosen lie above the rest on purpose.
            found += [f"{state}: {name}: {layout[name]}" for name in ("sideways", "outside") if layout[name]]
    assert not found, "\n".join(found)


def press_until(page: Page, what: str, key: str = "Tab") -> None:
    """Go on with the Tab key until the focus is on what says this; it must be in sight at each step."""
    for _ in range(150):
        page.keyboard.press(key)
        step = page.evaluate(FOCUS)
        if step["tag"] != "BODY":
            assert step["inSight"], step
            assert not step["covered"], step
            assert step["outlined"], step
        if page.evaluate("() => document.activeElement.textContent.trim()") == what:
            return
    pytest.fail(f"the Tab key never came to {what!r}")


def test_rename_archive_undo_and_restore_without_a_mouse(browser_of, bob, sandbox: Sandbox, tune):
    page = browser_of(bob)
    page.goto("/models/?q=contract")
    row = row_of(page, tune)
    press_until(page, "Contract clause finder")
    page.keyboard.press("F2")
    expect(row.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener_of(row, "rename")).to_be_focused()
    page.keyboard.press("F2")
    expect(row.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    expect(opener_of(row, "rename")).to_be_focused()
    press_until(page, "•••")
    page.keyboard.press("Enter")
    press_until(page, "Archive… stops answering", "ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep the model")).to_be_focused()
    press_until(page, "Archive")
    page.keyboard.press("Enter")
    expect(opener_of(row, "unarchive")).to_be_focused()
    press_until(page, "Undo", "Shift+Tab")  # of the last message, which stands above
    page.keyboard.press("Enter")
    expect(message(page, "By keys is restored.")).to_be_visible()
    expect(row.locator(".status")).to_have_text("Live")
    assert sandbox.catalog.find(tune)["name"] == "By keys"


@pytest.mark.usefixtures("at_once")
def test_delete_without_a_mouse(browser_of, alice, sandbox: Sandbox, tune):
    page = browser_of(alice)
    page.goto("/models/?q=contract")
    row = row_of(page, tune)
    press_until(page, "•••")
    for _ in range(2):
        page.keyboard.press("Enter")
        press_until(page, "Delete…", "ArrowUp")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Keep the model")).to_be_focused()
        page.keyboard.press("Escape")
        expect(opener_of(row, "delete")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "Delete…", "ArrowUp")
    page.keyboard.press("Enter")
    press_until(page, "Keep the model")
    page.keyboard.press("Tab")
    page.keyboard.type(tune)
    press_until(page, "Delete for ever")
    page.keyboard.press("Space")
    expect(row_of(page, tune).locator(".status")).to_have_text("Deleted")


def test_bulk_without_a_mouse(browser_of, bob, sandbox: Sandbox, tune):
    page = browser_of(bob)
    page.goto("/models/?q=contract")
    row_of(page, tune).get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    press_until(page, "Archive…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Archive 1 model?")
    press_until(page, "Archive 1 model")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Archiving 1 model")
    while runner.run_one():
        pass
    expect(page.get_by_role("heading", level=1)).to_have_text("1 model is archived")
    assert sandbox.catalog.find(tune)["archived"]
