"""The links that make an account, in a browser, which sends headers that a test client does not."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from models_ui.access.roles import Role
from models_ui.people.invitations import invite, make_setup_link
from tests.conftest import person


def invited_by(manager: User) -> str:
    return invite(actor=manager, role=Role.EDITOR, email="", now=timezone.now())[1]


@pytest.mark.parametrize("is_setup", [True, False])
def test_a_one_time_link_makes_an_account(page: Page, synced, is_setup: bool):
    secret = make_setup_link(timezone.now()) if is_setup else invited_by(person("alice", Role.MANAGER))
    page.goto(f"/invitation/{secret}/")
    page.locator("[name=username]").fill("eve")
    page.locator("[name=password1]").fill("correct-horse-battery-9")
    page.locator("[name=password2]").fill("correct-horse-battery-9")
    page.locator("main form button").first.click()
    expect(page.locator("header.top")).to_contain_text("eve")
