"""Preferences in the browser: shown at once, kept, nothing typed is lost; and the same without a script."""

from playwright.sync_api import Page, expect

from models_ui.people.preferences import preferences_of
from tests.support.browser import violations

GROUND = "getComputedStyle(document.documentElement).backgroundColor"


def test_a_theme_is_chosen_by_keyboard_and_nothing_typed_is_lost(catalog: Page):
    before = catalog.evaluate(GROUND)
    catalog.locator("#q").fill("half a wo")
    theme = catalog.get_by_role("button", name="Theme", exact=True)
    theme.press("Enter")
    catalog.locator("#theme-menu").get_by_role("button", name="Dark").press("Enter")
    expect(catalog.locator("html")).to_have_attribute("data-theme", "dark")
    expect(catalog.locator("#theme-menu")).to_be_hidden()
    expect(theme).to_be_focused()
    expect(catalog.locator("#q")).to_have_value("half a wo")
    dark = catalog.evaluate(GROUND)
    assert dark != before
    catalog.goto("/activity/")
    assert catalog.evaluate(GROUND) == dark


def test_rows_become_roomy_where_they_stand_and_the_focus_stays(catalog: Page):
    catalog.goto("/models/?type=base")
    button = catalog.locator("#density-button")
    described = catalog.get_by_text("Code model with fill-in-the-middle")
    expect(described).to_have_count(0)
    button.press("Enter")
    expect(described).to_be_visible()
    expect(button).to_be_focused()
    expect(button).to_contain_text("Roomy")
    expect(catalog).to_have_url("/models/?type=base")


def test_the_column_of_filters_stays_as_it_was_left(catalog: Page, carol):
    facets = catalog.locator("#facets")
    expect(facets).to_be_visible()
    with catalog.expect_response("**/profile/choose/"):
        catalog.locator("#filters-button").click()
    expect(facets).to_be_hidden()
    catalog.reload()
    expect(facets).to_be_hidden()
    expect(catalog.locator("#filters-button")).to_have_attribute("aria-expanded", "false")


def test_the_page_takes_the_zone_of_the_browser(browser_of, carol):
    page = browser_of(carol, timezone_id="Europe/Paris")
    page.goto("/profile/")
    page.get_by_role("button", name="Take the zone of this browser").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Paris")


def test_everything_is_chosen_without_a_script(browser_of, carol):
    page = browser_of(carol, script=False)
    page.goto("/models/?type=base")
    page.get_by_role("button", name="Theme", exact=True).click()
    page.locator("#theme-menu").get_by_role("button", name="Dark").click()
    expect(page).to_have_url("/models/?type=base")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("#filters-button").click()
    expect(page.locator("#facets")).to_be_hidden()
    page.locator("#filters-button").click()
    expect(page.locator("#facets")).to_be_visible()
    page.goto("/profile/")
    page.get_by_label("Keyboard shortcuts of a single key").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    carol.refresh_from_db()
    assert not preferences_of(carol).keyboard_shortcuts


def test_axe_finds_nothing_on_the_page_and_in_the_menu_of_themes(browser_of, carol, axe):
    for options in ({}, {"width": 320}, {"color_scheme": "dark"}, {"locale": "fr"}):
        page = browser_of(carol, **options)
        page.goto("/profile/")
        page.locator(".theme > button").click()
        assert violations(page, axe) == []
