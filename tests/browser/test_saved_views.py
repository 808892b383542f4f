"""Saved views in the browser: named by keyboard, a tab at once; and by forms alone where there is no script."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import save_list
from models_ui.models import SavedList
from tests.support.browser import violations


@pytest.fixture
def plain(new_context: Callable[..., BrowserContext], carol, synced, sign_in) -> Page:
    context = new_context(java_script_enabled=False)
    sign_in(context, carol)
    return context.new_page()


def tab(page: Page, name: str):
    return page.locator("#views").get_by_role("link", name=name)


def test_the_list_in_sight_is_named_by_keyboard_and_is_a_tab_at_once(catalog: Page, axe: Axe):
    catalog.goto("/models/?type=base")
    catalog.locator('[data-facet="capability"][data-value="vision"] input').check()
    expect(catalog).to_have_url("/models/?type=base&capability=vision")
    catalog.get_by_role("button", name="Save this view").press("Enter")
    expect(catalog.get_by_label("Name of the view")).to_be_focused()
    assert violations(catalog, axe) == []
    catalog.keyboard.type("Mistral’s that see")
    catalog.keyboard.press("Enter")
    expect(tab(catalog, "Mistral’s that see")).to_have_attribute("aria-current", "page")
    expect(catalog).to_have_title("Mistral’s that see · Models")
    catalog.locator('[data-facet="capability"][data-value="function_calling"] input').check()
    expect(tab(catalog, "Mistral’s that see")).to_contain_text("changed")
    catalog.get_by_role("button", name="Save changes").press("Enter")
    expect(catalog.locator("#flash")).to_contain_text("has these filters now")
    expect(tab(catalog, "Mistral’s that see")).to_have_attribute("aria-current", "page")
    assert violations(catalog, axe) == []


def test_a_view_is_saved_renamed_and_deleted_by_forms_alone(plain: Page):
    plain.goto("/models/?capability=vision")
    plain.get_by_role("button", name="Save this view").click()
    plain.get_by_label("Name of the view").fill("Sees")
    plain.get_by_role("button", name="Save", exact=True).click()
    expect(tab(plain, "Sees")).to_have_attribute("aria-current", "page")
    plain.goto("/views/")
    plain.get_by_role("link", name="Rename Sees").click()
    plain.get_by_label("Name", exact=True).fill("Looks")
    plain.get_by_role("button", name="Save", exact=True).click()
    expect(plain.locator("#flash")).to_contain_text("The view “Looks” is saved.")
    plain.get_by_text("Delete…").click()
    expect(plain.get_by_text("The models in it are not touched.")).to_be_visible()
    plain.get_by_role("button", name="Delete the view Looks").click()
    expect(plain.locator("#flash")).to_contain_text("The view “Looks” is deleted.")
    assert not SavedList.objects.exists()


def test_leaving_asks_for_a_name_that_was_typed_and_for_nothing_else(catalog: Page, sign_in, bob):
    sign_in(catalog.context, bob)
    catalog.goto("/models/?capability=vision")
    asked = []
    catalog.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    for name in ("", "half a na"):
        catalog.get_by_role("button", name="Save this view").click()
        expect(catalog.get_by_label("Everyone sees it")).not_to_be_checked()
        catalog.keyboard.type(name)
        catalog.keyboard.press("Escape")
        catalog.get_by_role("link", name="Overview").click()
        expect(catalog).to_have_url("/")
        assert asked == (["beforeunload"] if name else [])
        catalog.goto("/models/?capability=vision")


def test_many_tabs_leave_a_small_phone_as_wide_as_it_is(new_context, carol, synced, sign_in, axe: Axe):
    for number in range(8):
        query = CatalogQuery(q=f"word{number}")
        save_list(
            owner=carol, name=f"A view with a long name, number {number}", query=query, shared=False, now=timezone.now()
        )
    context = new_context(viewport={"width": 320, "height": 568})
    sign_in(context, carol)
    page = context.new_page()
    page.goto("/models/?q=word7")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto("/views/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page, axe) == []
