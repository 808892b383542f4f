"""The second factor and the fresh sign-in, in the browser: with and without a script, read aloud, in the dark."""

import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from models_ui.models import CatalogModel
from tests.browser.conftest import choose
from tests.conftest import PASSWORD
from tests.support.sign_in import sign_in as sign_client_in


def code_of(secret: str, periods: int = 0) -> str:
    """Return the code that an authenticator app shows now, or some periods of 30 seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


def check(page: Page, axe: Axe) -> None:
    found = axe.run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("script", [True, False])
def test_it_is_turned_on_in_the_profile_and_asked_for_from_then_on(
    browser_of, new_context, alice: User, axe: Axe, script: bool
):
    page = browser_of(alice, script=script, width=390, color_scheme="dark")
    page.goto("/profile/")
    page.get_by_role("link", name="Turn it on…").click()
    page.get_by_text("Type the key instead").click()
    secret = page.locator("code.secret").inner_text()
    if script:
        check(page, axe)
    page.get_by_label("Authenticator code").fill(code_of(secret))
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
