"""The second factor and the fresh sign-in, in the browser: with and without a script, read aloud, in the dark."""

import time
from collections.abc import Callable

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from models_ui.models import CatalogModel
from models_ui.web.session_store import SessionStore
from tests.browser.conftest import choose, row_of
from tests.conftest import PASSWORD
from tests.support.sign_in import code_of
from tests.support.sign_in import sign_in as sign_client_in


def check(page: Page, axe: Axe) -> None:
    found = axe.run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("script", [True, False])
def test_it_is_turned_on_in_the_profile_and_asked_for_from_then_on(
    browser_of, new_context, alice: User, axe: Axe, script: bool
):
    page = browser_of(alice, script=script, width=390, color_scheme="dark")
    page.goto("/profile/")
    page.get_by_role("link", name="Add an app…").click()
    page.get_by_text("Type the key instead").click()
    secret = page.locator("code.secret").inner_text()
    if script:
        check(page, axe)
    page.get_by_label("Authenticator code").fill(code_of(secret, timezone.now()))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    if script:
        check(page, axe)

    another = new_context(java_script_enabled=script).new_page()
    another.goto("/models/?type=base")
    another.locator("[name=login]").fill("alice")
    another.get_by_label("Password").fill(PASSWORD)
    another.get_by_role("button", name="Sign in").click()
    expect(another.get_by_role("heading", name="Second factor")).to_be_visible()
    if script:
        check(another, axe)
    another.get_by_label("Code").fill("000000")
    another.get_by_role("button", name="Sign in", exact=True).click()
    expect(another.get_by_text("Incorrect code.")).to_be_visible()
    another.get_by_label("Code").fill(codes[0])
    another.get_by_role("button", name="Sign in", exact=True).click()
    another.wait_for_url("**/models/?type=base")
    another.goto("/profile/")
    expect(another.get_by_text("9 left")).to_be_visible()


def late(context: BrowserContext, sign_in: Callable[[BrowserContext, User], None], user: User, monkeypatch) -> None:
    """Sign a person in who typed the password sixteen minutes ago."""
    monkeypatch.setattr(
        "tests.browser.conftest.sign_client_in", lambda client, user: sign_client_in(client, user, ago=16 * 60)
    )
    sign_in(context, user)


@pytest.mark.parametrize("script", [True, False])
def test_a_deletion_asks_who_is_there_and_goes_on(new_context, sign_in, alice, tune, axe, monkeypatch, script: bool):
    context = new_context(java_script_enabled=script)
    late(context, sign_in, alice, monkeypatch)
    page = context.new_page()
    page.goto(f"/models/{tune}/")
    choose(page.locator("#actions"), "delete")
    expect(page.get_by_role("heading", name="Confirm who you are")).to_be_visible()
    if script:
        check(page, axe)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Reason").fill("no longer used")
    page.get_by_role("button", name="Archive now, delete on").click()
    expect(page.get_by_text("is archived, and is deleted on").first).to_be_visible()
    assert CatalogModel.objects.get(model_id=tune).deletion_due_at is not None


# --- Passkeys


def has_authenticator(page: Page) -> None:
    """The browser of this page has a fingerprint reader, and a finger on it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add_passkey(page: Page, name: str) -> list[str]:
    """Add a passkey from the profile, and return the recovery codes that come with it."""
    page.goto("/profile/")
    page.get_by_role("link", name="Add a passkey…").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return page.locator(".codes code").all_inner_texts()


def enter_password(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("[name=login]").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()


def test_a_passkey_is_added_and_asked_for_after_the_password(browser_of, alice: User, axe: Axe):
    page = browser_of(alice, width=390, color_scheme="dark")
    has_authenticator(page)
    page.goto("/accounts/2fa/webauthn/add/")
    check(page, axe)
    assert len(add_passkey(page, "My <b>laptop</b>")) == 10
    page.goto("/profile/")
    expect(page.get_by_text("My <b>laptop</b>").first).to_be_visible()
    check(page, axe)
    page.context.clear_cookies()
    enter_password(page, "/models/?type=base")
    check(page, axe)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/models/?type=base")


def test_a_browser_without_the_passkey_says_so_and_takes_a_recovery_code(browser_of, new_context, alice: User):
    page = browser_of(alice)
    has_authenticator(page)
    codes = add_passkey(page, "Laptop")
    another = new_context().new_page()
    enter_password(another, "/models/?type=base")
    failure = another.get_by_role("alert").filter(has_text="That did not work.")
    expect(failure).to_have_count(0)
    another.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
    )
    another.get_by_role("button", name="Use a passkey").click()
    expect(failure).to_be_visible()
    another.get_by_label("Code").fill(codes[0])
    another.get_by_role("button", name="Sign in", exact=True).click()
    another.wait_for_url("**/models/?type=base")


def test_without_a_script_a_passkey_is_not_offered_and_a_code_is_taken(browser_of, new_context, alice: User):
    page = browser_of(alice)
    has_authenticator(page)
    codes = add_passkey(page, "Laptop")
    another = new_context(java_script_enabled=False).new_page()
    enter_password(another, "/models/?type=base")
    expect(another.get_by_text("Passkeys need JavaScript. A code does not.")).to_be_visible()
    expect(another.get_by_role("button", name="Use a passkey")).to_have_count(0)
    another.get_by_label("Code").fill(codes[0])
    another.get_by_role("button", name="Sign in", exact=True).click()
    another.wait_for_url("**/models/?type=base")


def test_a_passkey_is_renamed_and_removed(browser_of, alice: User):
    page = browser_of(alice)
    has_authenticator(page)
    add_passkey(page, "Laptop")
    page.goto("/profile/")
    page.get_by_role("link", name="Rename… Laptop").click()
    page.get_by_label("Name").fill("Phone")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove… Phone").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    expect(page.get_by_role("link", name="Add an app…")).to_be_visible()


def test_a_deletion_takes_a_passkey_as_proof(browser_of, sign_in, alice: User, tune, axe: Axe, monkeypatch):
    page = browser_of(alice)
    has_authenticator(page)
    add_passkey(page, "Laptop")
    late(page.context, sign_in, alice, monkeypatch)
    page.goto(f"/models/{tune}/delete/")
    page.get_by_role("link", name="Use a passkey instead").click()
    check(page, axe)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_label("Reason")).to_be_visible()


# --- What was typed while the sign-in became old


def grow_old() -> None:
    """All sessions are as if the password had been typed an hour ago."""
    for key in Session.objects.values_list("session_key", flat=True):
        store = SessionStore(key)
        store[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time() - 3600}]
        store.save()


def test_a_dialog_keeps_what_was_typed_and_goes_on_after_the_proof_in_another_tab(browser_of, alice, tune, axe: Axe):
    page = browser_of(alice)
    page.goto("/models/?type=fine-tuned")
    choose(row_of(page, tune), "delete")
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_label("Reason").fill("no longer used")
    grow_old()
    dialog.get_by_role("button", name="Archive now, delete on").click()
    note = dialog.get_by_role("alert").filter(has_text="You signed in a while ago, so nothing was done yet.")
    expect(note).to_be_visible()
    expect(dialog.get_by_label("Reason")).to_have_value("no longer used")
    assert CatalogModel.objects.get(model_id=tune).deletion_due_at is None
    check(page, axe)
    with page.context.expect_page() as other:
        note.get_by_role("link", name="confirm who you are in another tab").click()
    other.value.get_by_label("Password").fill(PASSWORD)
    other.value.get_by_role("button", name="Confirm").click()
    other.value.wait_for_url("**/models/**")
    dialog.get_by_role("button", name="Archive now, delete on").click()
    expect(page.get_by_text("is archived, and is deleted on").first).to_be_visible()
    assert CatalogModel.objects.get(model_id=tune).deletion_due_at is not None


@pytest.mark.parametrize("script", [True, False])
def test_a_page_sent_too_late_shows_what_was_typed_beside_the_way_to_the_proof(
    browser_of, alice, axe, troubles, script
):
    troubles.expect("403")
    page = browser_of(alice, script=script, width=320)
    page.goto("/people/")
    page.get_by_label("E-mail (optional)").fill("new@example.org")
    grow_old()
    page.get_by_role("button", name="Create the invitation").click()
    expect(page.get_by_role("heading", name="Confirm who you are")).to_be_visible()
    expect(page.get_by_role("region", name="What you had written").get_by_role("textbox")).to_have_value(
        "new@example.org"
    )
    if script:
        check(page, axe)
    with page.context.expect_page() as other:
        page.get_by_role("link", name="Confirm in another tab").click()
    other.value.get_by_label("Password").fill(PASSWORD)
    other.value.get_by_role("button", name="Confirm").click()
    other.value.get_by_label("E-mail (optional)").fill("new@example.org")
    other.value.get_by_role("button", name="Create the invitation").click()
    expect(other.value.get_by_text("/invitation/invite-").first).to_be_attached()
