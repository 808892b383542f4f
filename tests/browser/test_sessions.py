"""A session that the server ends while its page is open: the click after that leads to the sign-in page and back."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from models_ui.web.session_store import SessionStore
from tests.conftest import PASSWORD

LIST = "/models/?type=base&capability=vision"


def make_old() -> None:
    """The only session that there is began fifteen days ago."""
    store = SessionStore(Session.objects.get().session_key)
    store["signed_in_at"] -= 15 * 86_400
    store.save()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(
    "locale, sentence, login, password, button",
    [
        ("en-GB", "You were signed out after some time. Sign in to go on.", "Login", "Password", "Sign in"),
        (
            "fr-FR",
            "Vous avez été déconnecté au bout d’un certain temps. Connectez-vous pour continuer.",
            "Identifiant",
            "Mot de passe",
            "Se connecter",
        ),
    ],
    ids=["en", "fr"],
)
def test_the_next_click_leads_to_the_sign_in_page_with_a_reason_and_back(
    browser_of, carol, script: bool, locale: str, sentence: str, login: str, password: str, button: str
):
    page: Page = browser_of(carol, script=script, locale=locale)
    page.goto(LIST)
    make_old()
    if script:
        page.locator('[data-facet="status"][data-value="live"] input').click()
    else:
        page.reload()
    expect(page.get_by_text(sentence)).to_have_count(1)
    page.get_by_label(login).fill("carol")
    page.get_by_label(password).fill(PASSWORD)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page).to_have_url(LIST)
    expect(page.get_by_text(sentence)).to_have_count(0)
