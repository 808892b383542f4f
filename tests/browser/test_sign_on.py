"""Signing in by an identity provider, in the browser: the button, the provider's page, and back."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.core.management import call_command
from playwright.sync_api import Page, expect

from models_ui.access.roles import Role, role_of
from tests.browser.conftest import Troubles
from tests.conftest import PASSWORD, person
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

DORA = {
    "sub": "1",
    "preferred_username": "dora",
    "name": "Dora Maar",
    "email": "dora@example.org",
    "groups": ["ml-team"],
}


@pytest.fixture
def provider(settings) -> Iterator[IdentityProvider]:
    with IdentityProvider(people={"dora": dict(DORA)}) as running:
        settings.OIDC_ISSUER = running.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OIDC_NAME = "Acme ID"
        settings.OIDC_ROLES = {"ml-admins": "Manager", "ml-team": "Editor"}
        yield running


def sign_on(page: Page, provider: IdentityProvider, button: str = "I am dora") -> None:
    """Press the button here, and the one on the provider's page, which is at another host."""
    page.get_by_role("button", name="Acme ID").click()
    page.wait_for_url(f"http://localhost:{provider.port}/page?**")
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("script", [True, False])
def test_the_button_leads_there_and_back_to_the_page_that_was_wanted(new_context, synced, provider, script: bool):
    page = new_context(java_script_enabled=script).new_page()
    page.goto("/retirements/?q=mistral")
    sign_on(page, provider)
    page.wait_for_url("**/retirements/?q=mistral")
    expect(page.locator("header.top")).to_contain_text("Dora Maar")
    expect(page.locator("header.top")).to_contain_text("Editor")


def test_who_comes_again_has_the_role_of_their_groups_now(new_context, page: Page, synced, provider):
    page.goto("/models/")
    sign_on(page, provider)
    expect(page.locator("header.top")).to_contain_text("Editor")
    provider.people["dora"]["groups"] = ["ml-admins"]
    again = new_context().new_page()
    again.goto("/people/")
    sign_on(again, provider)
    expect(again.get_by_role("row", name="dora")).to_contain_text("Manager from sign-on")
    expect(again.get_by_role("row", name="dora").get_by_role("button", name="Role of")).to_have_count(0)
    assert role_of(User.objects.get()) is Role.MANAGER


def test_who_declines_or_has_no_group_reads_why(page: Page, synced, provider, troubles: Troubles):
    troubles.expect("403")
    page.goto("/accounts/login/")
    sign_on(page, provider, "I decline")
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    expect(page.get_by_text("You declined at Acme ID")).to_be_visible()
    provider.people["dora"]["groups"] = []
    page.get_by_role("link", name="Back to the sign-in page").click()
    sign_on(page, provider)
    expect(page.get_by_text("none of your groups has access to this dashboard")).to_be_visible()


@pytest.fixture
def link_of_terminal(alice: User, capsys) -> Callable[[], str]:
    def make_link() -> str:
        call_command("sign_in_link", "alice")
        return urlsplit(capsys.readouterr().out.strip()).path

    return make_link


def test_a_manager_gets_in_by_a_link_while_the_provider_is_down_and_passwords_are_off(
    page: Page, synced, provider, settings, link_of_terminal, troubles: Troubles
):
    troubles.expect("503|404")
    settings.PASSWORD_SIGN_IN = False
    provider.stop()
    page.goto("/accounts/login/")
    expect(page.locator("input[type=password]")).to_have_count(0)
    page.get_by_role("button", name="Acme ID").click()
    expect(page.get_by_text("Acme ID does not answer")).to_be_visible()
    expect(page.get_by_text("manage.py sign_in_link")).to_be_visible()
    link = link_of_terminal()
    page.goto(link)
    expect(page.get_by_role("heading", name="Sign in as alice")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/models/")
    expect(page.locator("header.top")).to_contain_text("alice")
    page.goto(link)
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


def test_it_is_french_from_the_button_to_the_profile(new_context, synced, provider, troubles: Troubles):
    troubles.expect("403")
    page = new_context(locale="fr-FR").new_page()
    page.goto("/profile/")
    expect(page.get_by_role("button", name="Se connecter avec Acme ID")).to_be_visible()
    sign_on(page, provider, "I decline")
    expect(page.get_by_text("Vous avez refusé la connexion avec Acme ID")).to_be_visible()
    page.goto("/profile/")
    sign_on(page, provider)
    expect(page.get_by_text("viennent de Acme ID, à chaque connexion")).to_be_visible()


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("passwords", [True, False])
def test_the_pages_break_no_rule_of_accessibility(
    new_context, provider, settings, axe: Axe, link_of_terminal, troubles, language: str, theme: str, passwords: bool
):
    troubles.expect("400")
    settings.PASSWORD_SIGN_IN = passwords
    page = new_context(locale=language, color_scheme=theme).new_page()
    for path in ("/accounts/login/", "/sign-on/callback/", link_of_terminal()):
        page.goto(path)
        violations = [each["id"] for each in axe.run(page).response["violations"]]
        assert violations == [], path


def test_the_page_in_between_can_be_left_by_its_link(page: Page, synced, provider):
    page.goto("/accounts/login/")
    # As where a browser is told to follow no refresh.
    page.route("**/sign-on/", lambda route: _answer_without_refresh(route))
    page.get_by_role("button", name="Acme ID").click()
    expect(page.get_by_role("heading", name="You sign in with Acme ID")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name="I am dora").click()
    page.wait_for_url("**/models/")


def _answer_without_refresh(route) -> None:
    response = route.fetch()
    kept = {name: value for name, value in response.headers.items() if name != "refresh"}
    route.fulfill(response=response, headers=kept)


def test_the_sign_in_page_fits_a_phone(new_context, provider):
    page = new_context(viewport={"width": 320, "height": 600}).new_page()
    page.goto("/accounts/login/")
    button = page.get_by_role("button", name="Sign in with Acme ID")
    expect(button).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_password_works_beside_it(page: Page, synced, provider):
    person("bob", Role.EDITOR)
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill("bob")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/models/")
