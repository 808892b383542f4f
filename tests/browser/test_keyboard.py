"""The keyboard alone, with the focus in sight at every step."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import FOCUS


def walk(page: Page) -> list[dict]:
    """Tab from the top until the focus leaves the page."""
    steps = []
    for _ in range(250):
        page.keyboard.press("Tab")
        step = page.evaluate(FOCUS)
        if step["tag"] == "BODY":
            break
        steps.append(step)
    return steps


@pytest.mark.parametrize("width", [1280, 360])
def test_tab_reaches_everything_and_the_focus_is_always_seen(catalog: Page, width: int):
    catalog.set_viewport_size({"width": width, "height": 700})
    catalog.goto("/models/?type=base&per_page=25")
    catalog.locator("#facets").evaluate("fold => { fold.open = true; }")
    steps = walk(catalog)
    assert [step for step in steps if not (step["outlined"] and step["inSight"])] == []
    assert [step for step in steps if step["covered"]] == []
    reached = {step["what"] for step in steps}
    assert {"#main", "language", "q", "refresh-button", "sort-name", "sort-context", "legend-capability"} <= reached
    assert {"/models/?type=fine-tuned&per_page=25", "/models/codestral-2508/", "model"} <= reached
    assert {"Columns", "/models/?type=base&per_page=25&page=2"} <= reached


def test_the_skip_link_jumps_over_the_header(catalog: Page):
    catalog.keyboard.press("Tab")
    skip = catalog.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    catalog.keyboard.press("Enter")
    expect(catalog.locator("#main")).to_be_focused()
    catalog.keyboard.press("Tab")
    expect(catalog.get_by_role("link", name="All 43")).to_be_focused()


def test_filtering_sorting_paging_and_reading_without_a_mouse(catalog: Page):
    catalog.locator("#q").focus()
    catalog.keyboard.type("mistral")
    expect(catalog).to_have_url("/models/?q=mistral")
    catalog.locator('[data-value="vision"] input').first.focus()
    catalog.keyboard.press("Space")
    expect(catalog).to_have_url("/models/?q=mistral&capability=vision")
    catalog.keyboard.press("Tab")
    catalog.keyboard.press("Shift+Tab")
    expect(catalog.locator('[data-value="vision"] input').first).to_be_focused()
    catalog.locator("#sort-context").focus()
    catalog.keyboard.press("Enter")
    expect(catalog.locator("[aria-sort=ascending]")).to_have_text("Context")
    expect(catalog.locator("#sort-context")).to_be_focused()


def test_the_menu_of_a_row_opens_walks_and_closes_by_keys(catalog: Page):
    more = catalog.get_by_role("link", name="Actions for Parcel damage")
    more.focus()
    catalog.keyboard.press("Enter")
    menu = catalog.locator("#row-menu")
    expect(menu.get_by_role("button", name="Watch")).to_be_focused()  # all that a Viewer may do
    catalog.keyboard.press("ArrowDown")
    expect(menu.get_by_role("button", name="Copy the id")).to_be_focused()
    catalog.keyboard.press("ArrowDown")
    expect(menu.get_by_role("button", name="Watch")).to_be_focused()
    catalog.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(more).to_be_focused()


def test_the_menu_opens_and_closes_as_menus_do(catalog: Page):
    menu, opener = catalog.locator("#account-menu"), catalog.locator(".menu > button")
    opener.focus()
    catalog.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Change password")).to_be_visible()
    catalog.keyboard.press("Tab")
    catalog.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="Change password")).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    catalog.locator("#count").click()
    expect(menu.get_by_role("link", name="Change password")).to_be_hidden()


def test_the_language_changes_in_place(catalog: Page):
    catalog.goto("/models/?type=base")
    catalog.get_by_role("button", name="FR Français").focus()
    catalog.keyboard.press("Enter")
    expect(catalog.locator("html")).to_have_attribute("lang", "fr")
    expect(catalog).to_have_url("/models/?type=base")
