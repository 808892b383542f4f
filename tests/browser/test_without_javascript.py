"""Everything by forms and links alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sandbox import Sandbox
from tests.browser.conftest import ids
from tests.conftest import PASSWORD


@pytest.fixture
def plain(new_context: Callable[..., BrowserContext], carol, synced, sign_in) -> Page:
    context = new_context(java_script_enabled=False)
    sign_in(context, carol)
    page = context.new_page()
    page.goto("/models/")
    return page


def test_signing_in(new_context: Callable[..., BrowserContext], carol, synced):
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/models/?type=base")
    page.get_by_label("Login").fill("carol")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".errorlist")).to_contain_text("not correct")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url("/models/?type=base")


def test_searching_filtering_sorting_and_paging_end_at_canonical_addresses(plain: Page):
    plain.locator("#q").fill("mistral")
    plain.get_by_role("button", name="Search").click()
    expect(plain).to_have_url("/models/?q=mistral")
    plain.get_by_role("link", name="Mistral’s models").click()
    expect(plain).to_have_url("/models/?q=mistral&type=base")
    for value in ("vision", "function_calling"):
        plain.locator(f'[data-facet="capability"][data-value="{value}"] input').check()
    plain.get_by_text("from – to").click()
    plain.get_by_label("from", exact=True).fill("128k")
    plain.get_by_role("button", name="Apply filters").click()
    expect(plain).to_have_url(
        "/models/?q=mistral&type=base&capability=function_calling&capability=vision&context_min=128000"
    )
    plain.get_by_role("columnheader", name="Context").get_by_role("link").click()
    expect(plain.locator("[aria-sort=ascending]")).to_have_count(1)
    # The order survives the next search.
    plain.locator("#q").fill("")
    plain.get_by_role("button", name="Search").click()
    expect(plain).to_have_url(
        "/models/?type=base&capability=function_calling&capability=vision&context_min=128000&sort=context"
    )
    plain.get_by_role("link", name="Clear all").click()
    plain.get_by_role("link", name="25", exact=True).click()
    plain.get_by_role("link", name="Next").click()
    expect(plain).to_have_url("/models/?type=base&sort=context&per_page=25&page=2")
    assert len(ids(plain)) == 2


def test_choosing_columns_and_their_order_and_grouping(plain: Page):
    plain.get_by_role("button", name="Columns").click()
    plain.get_by_role("checkbox", name="Created").check()
    plain.get_by_role("checkbox", name="Can do").uncheck()
    plain.get_by_role("button", name="Apply", exact=True).click()
    expect(plain).to_have_url("/models/?columns=status,deprecation,context,created")
    plain.get_by_role("button", name="Columns").click()
    plain.get_by_role("button", name="Move Created to the left").click()
    expect(plain).to_have_url("/models/?columns=status,deprecation,created,context")
    headings = plain.get_by_role("columnheader").all_inner_texts()
    assert headings == ["Name", "Status", "Stops working", "Created", "Context"]
    plain.get_by_role("button", name="Group: base model").click()
    plain.get_by_role("radio", name="status").check()
    plain.get_by_role("button", name="Apply", exact=True).click()
    expect(plain).to_have_url("/models/?group=status&columns=status,deprecation,created,context")
    plain.get_by_role("button", name="Columns").click()
    plain.get_by_role("button", name="The usual columns", exact=True).click()
    expect(plain).to_have_url("/models/?group=status")


def test_the_menu_of_a_row_leads_to_the_models_page(plain: Page):
    plain.get_by_role("link", name="Actions for Parcel damage").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Parcel damage")


def test_only_ticking_leads_to_a_canonical_address_too(plain: Page):
    plain.locator('[data-facet="capability"][data-value="vision"] input').check()
    plain.get_by_role("button", name="Apply filters").click()
    expect(plain).to_have_url("/models/?capability=vision")


def test_refreshing_switching_the_language_and_reading_about_a_model(plain: Page, sandbox: Sandbox):
    plain.goto("/models/?type=base")
    sandbox.catalog.update_model("devstral-2512", description="Fresh words")
    sandbox.catalog.add({"id": "aaa-new", "object": "model", "name": "aaa-new", "type": "base"})
    plain.get_by_role("button", name="Refresh").click()
    expect(plain).to_have_url("/models/?type=base")
    expect(plain.locator('[data-model-id="aaa-new"]')).to_be_visible()
    plain.get_by_role("button", name="FR Français").click()
    expect(plain).to_have_url("/models/?type=base")
    expect(plain.locator("html")).to_have_attribute("lang", "fr")
    plain.get_by_role("link", name="mistral-large-2512", exact=True).click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("mistral-large-2512")
    expect(plain.locator("[data-copy]").first).to_be_hidden()
    plain.locator(".menu > button").click()
    expect(plain.locator("#sign-out")).to_be_visible()
