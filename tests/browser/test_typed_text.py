"""Nobody leaves what they have typed behind unasked, and a session that ended does not take it."""

import re

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Dialog, Locator, Page, expect

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.bulk.jobs import make_job
from models_ui.models import BulkJob, CatalogModel
from sandbox import Sandbox
from tests.browser.conftest import TUNES, archive, at_fine_tunes, choose, message, row_of, written
from tests.conftest import PASSWORD
from tests.support import verbs
from tests.support.typed_text import TEXT, edit

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def alices(browser_of, alice) -> Page:
    return at_fine_tunes(browser_of(alice))


@pytest.fixture
def asked(alices: Page) -> list[str]:
    """The questions that the browser puts; each is answered with "stay"."""
    questions: list[str] = []

    def stay(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.dismiss()

    alices.on("dialog", stay)
    return questions


def sign_in_elsewhere(page: Page, name: str = "alice") -> None:
    other = page.context.new_page()
    other.goto("/accounts/login/")
    other.get_by_label("Login").fill(name)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Models")
    other.close()


# --- Leaving the page: asked before

WAYS_OUT = {
    "a menu link": lambda page: page.get_by_role("link", name="Activity", exact=True).click(no_wait_after=True),
    "another language": lambda page: page.get_by_role("button", name="FR Français").click(no_wait_after=True),
    "reloading": lambda page: page.evaluate("() => { setTimeout(() => location.reload()); }"),
    "Back": lambda page: page.evaluate("() => { setTimeout(() => history.back()); }"),
    "signing out": lambda page: page.locator("#sign-out").evaluate("button => { button.form.requestSubmit(button); }"),
    "closing": lambda page: page.close(run_before_unload=True),
}
PLACES = ["row", "model page", "rename", "describe", "archive", "delete", "dialog", "review", "feeds", "digest"]


def type_at(page: Page, place: str, alice, tune: str) -> Locator:
    """Type something into the form of this place."""
    if place == "row":
        return edit(row_of(page, tune))
    if place == "dialog":
        choose(row_of(page, tune), "delete")
        field = page.get_by_role("alertdialog").get_by_label("Reason")
    elif place == "model page":
        page.goto(f"/models/{tune}/")
        return edit(page.locator("#model"), "describe")
    elif place == "digest":
        page.goto("/watching/")
        field = page.get_by_label("Tell me of")
        field.select_option("watched")
        return field
    else:
        job = make_job(actor=alice, verb=Verb.ARCHIVE, model_ids=[tune])
        addresses = {"feeds": "/feeds/", "review": f"/bulk/{job.pk}/"}
        page.goto(addresses.get(place, f"/models/{tune}/{place}/"))
        field = page.locator("main form").get_by_role("textbox").last
    field.fill(TEXT)
    return field


@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_way_out_asks_first(alices: Page, asked: list[str], sandbox: Sandbox, tune, way):
    field = edit(row_of(alices, tune))
    WAYS_OUT[way](alices)
    alices.wait_for_function("() => true")
    expect(field).to_have_value(TEXT)
    for _ in range(50):
        if asked:
            break
        alices.wait_for_timeout(20)
    assert asked == ["beforeunload"]
    expect(alices).to_have_url(TUNES)
    # Staying, one goes on.
    field.press("Enter")
    expect(message(alices, f"The name is now “{TEXT}”.")).to_be_visible()
    assert written(sandbox) == ["update"]


@pytest.mark.parametrize("place", PLACES)
def test_every_form_with_text_asks_first_and_sending_or_giving_up_does_not(
    alices: Page, alice, asked: list[str], tune, place
):
    field = type_at(alices, place, alice, tune)
    alices.evaluate("() => { setTimeout(() => location.reload()); }")
    for _ in range(50):
        if asked:
            break
        alices.wait_for_timeout(20)
    assert asked == ["beforeunload"]
    value = field.input_value()
    assert value in (TEXT, "watched")
    form = alices.locator("main form").filter(has=alices.locator(":focus, textarea, select, input[name=reason]")).last
    words = re.compile("^(Cancel|Keep the model)$")
    cancel = form.get_by_role("link", name=words).or_(form.get_by_role("button", name=words))
    if place == "delete":
        cancel = alices.get_by_role("link", name="Keep the model")
    if place == "dialog":
        cancel = alices.get_by_role("button", name="Keep the model")
    if place in ("feeds", "digest"):
        cancel = form.get_by_role("button")
    cancel.click()
    alices.wait_for_load_state("networkidle")
    assert asked == ["beforeunload"]


def test_without_text_nothing_asks(alices: Page, asked: list[str], tune):
    choose(row_of(alices, tune), "rename")
    expect(row_of(alices, tune).locator("[name=value]")).to_be_focused()
    row_of(alices, tune).get_by_role("checkbox").or_(alices.locator(".pick input").first).first.check()
    alices.locator("#q").fill("contract")
    expect(alices).to_have_url(re.compile("q=contract"))
    for address in ("/feeds/", "/watching/", f"/models/{tune}/delete/", "/accounts/password/change/"):
        alices.goto(address)
    alices.get_by_label("Current Password").fill("x")
    alices.goto("/models/")
    assert asked == []


# --- An input method


@pytest.mark.parametrize("place", ["row", "dialog"])
def test_esc_belongs_to_the_input_method_while_it_composes(alices: Page, alice, tune, place):
    field = type_at(alices, place, alice, tune)
    session = alices.context.new_cdp_session(alices)
    session.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    expect(field).to_have_value(f"{TEXT}にほん")
    alices.keyboard.press("Escape")
    expect(field).to_be_visible()
    expect(field).to_have_value(re.compile(TEXT))
    for key in ({"isComposing": True}, {"keyCode": 229}):
        field.evaluate(
            """(field, key) => field.dispatchEvent(
                 new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true, ...key }))""",
            key,
        )
        expect(field).to_be_visible()
    alices.wait_for_load_state("networkidle")
    expect(field).to_have_value(re.compile(TEXT))


# --- A session that ended


@pytest.mark.parametrize("place", PLACES)
def test_a_lost_session_leaves_the_form_and_saving_works_after_signing_in_elsewhere(
    alices: Page, alice, sandbox: Sandbox, tune, place
):
    field = type_at(alices, place, alice, tune)
    value = field.input_value()
    if place in ("delete", "dialog"):
        alices.get_by_label("Type the id to confirm").fill(tune)
    address = alices.url
    alices.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    names = {"archive": "Archive", "review": "Archive 1 model", "feeds": "Create private link"}
    names |= dict.fromkeys(("delete", "dialog"), "Delete for ever")
    send = alices.locator("main form:has(:is(textarea, select, input:not([type=hidden])))")
    send = send.get_by_role("button", name=names.get(place, "Save"), exact=True)
    if place == "digest":
        send.click()
        expect(alices.get_by_role("heading", level=1)).to_have_text(re.compile("Sign in|Watch list"))
        return  # a choice, and no text
    send.click()
    note = alices.get_by_role("alert").filter(has_text="You are signed out, so nothing was done.")
    expect(note).to_be_visible()
    link = note.get_by_role("link", name="sign in in another tab")
    expect(link).to_have_attribute("target", "_blank")
    expect(alices).to_have_url(address)
    expect(field).to_have_value(value)
    assert written(sandbox) == []
    with alices.context.expect_page() as other:
        link.click()
    expect(other.value.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in_elsewhere(alices)
    send.click()
    if place == "feeds":
        expect(alices.get_by_role("heading", name=f"“{TEXT}” is ready")).to_be_visible()
    elif place == "review":
        expect(alices.get_by_role("progressbar")).to_be_visible()
        assert BulkJob.objects.get().reason == TEXT
    else:
        expect(alices.locator("#flash .flash:not(.trouble)")).to_be_visible()
        assert len(written(sandbox)) == 1
    expect(note).to_have_count(0)


def test_a_lost_session_met_by_a_filter_keeps_the_form_and_says_so(alices: Page, tune):
    field = edit(row_of(alices, tune))
    alices.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    alices.locator("#q").fill("contract")
    corner = alices.get_by_role("alert").filter(has_text="You are signed out")
    expect(corner).to_be_visible()
    expect(field).to_have_value(TEXT)
    expect(alices.locator("#q")).to_have_value("contract")
    sign_in_elsewhere(alices)
    alices.locator("#q").fill("contracts")
    expect(alices).to_have_url(re.compile("q=contracts"))
    expect(corner).to_be_hidden()


def test_a_search_that_meets_a_lost_session_is_there_after_signing_in(browser_of, carol):
    page = browser_of(carol)
    page.goto("/models/")
    page.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    page.locator("#q").fill("voxtral")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Login").fill("carol")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url("/models/?q=voxtral")
    expect(page.locator("#q")).to_have_value("voxtral")


HOSTILE = '</textarea><script>window.pwned = 1</script> & "quotes" \u202egnp'


def test_without_a_script_the_sign_in_page_shows_the_text_and_keeps_it_nowhere(
    browser_of, alice, sandbox: Sandbox, tune, caplog
):
    page = browser_of(alice, script=False)
    page.goto(f"/models/{tune}/describe/")
    page.get_by_label("Description").fill(HOSTILE)
    page.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_text("You were signed out, so nothing was done.")).to_be_visible()
    text = page.get_by_role("region", name="What you had written").get_by_role("textbox")
    expect(text).to_have_value(HOSTILE)
    expect(page.locator("main script")).to_have_count(0)
    page.get_by_label("Login").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("are not correct")).to_be_visible()
    expect(text).to_have_value(HOSTILE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"/models/{tune}/describe/")
    assert "pwned" not in page.url
    assert "pwned" not in caplog.text
    assert all("pwned" not in str(cookie) for cookie in page.context.cookies())
    assert written(sandbox) == []


def test_a_text_that_cannot_be_saved_any_more_can_still_be_copied(browser_of, bob, sandbox: Sandbox, tune, troubles):
    troubles.expect("403|404")
    for script in (True, False):
        page = browser_of(bob, script=script)
        CatalogModel.objects.filter(model_id=tune).update(protected=False)
        page.goto(TUNES)
        row = row_of(page, tune)
        choose(row, "rename")
        field = page.get_by_label("Name", exact=True)
        field.fill(TEXT)
        CatalogModel.objects.filter(model_id=tune).update(protected=True)
        page.get_by_role("button", name="Save").click()
        expect(message(page, "It is protected; a Manager can unprotect it.")).to_be_visible()
        expect(page.locator("main [name=value], main [name=typed_value]")).to_have_value(TEXT)
    assert written(sandbox) == []


def test_a_stale_token_without_a_script_shows_the_text(browser_of, alice, tune, troubles):
    troubles.expect("403")
    page = browser_of(alice, script=False)
    page.goto(f"/models/{tune}/rename/")
    page.get_by_label("Name", exact=True).fill(TEXT)
    page.context.clear_cookies(name=django_settings.CSRF_COOKIE_NAME)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This page was open for too long")
    expect(page.get_by_role("region", name="What you had written").get_by_role("textbox")).to_have_value(TEXT)


def test_a_token_from_before_signing_in_again_is_none_the_worse(alices: Page, tune):
    field = edit(row_of(alices, tune))
    sign_out = alices.context.new_page()
    sign_out.goto("/models/")
    sign_out.locator(".menu > button").click()
    sign_out.get_by_role("button", name="Sign out").click()
    expect(sign_out.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in_elsewhere(alices)
    field.press("Enter")
    expect(message(alices, f"The name is now “{TEXT}”.")).to_be_visible()
    archive(row_of(alices, tune))
    expect(message(alices, "is archived")).to_be_visible()


def test_an_undo_elsewhere_leaves_the_dialog_and_its_text_alone(alices: Page, alice, sandbox: Sandbox, tune):
    verbs.archive_model(context=Context(actor=alice), model_id=tune)
    alices.goto(f"/models/{tune}/")
    choose(alices.locator("#actions"), "delete")
    reason = alices.get_by_role("alertdialog").get_by_label("Reason")
    reason.fill(TEXT)
    changed = {"id": tune, "address": f"/models/{tune}/row/"}
    alices.evaluate(
        "detail => document.body.dispatchEvent(new CustomEvent('model-changed', { detail, bubbles: true }))", changed
    )
    alices.wait_for_load_state("networkidle")
    expect(reason).to_have_value(TEXT)
