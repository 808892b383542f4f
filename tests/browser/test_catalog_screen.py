"""The screen of the catalog: how much of it fits a window, and what its parts do."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models_ui.mirror.sync import run_sync
from tests.browser.conftest import archive, ids, is_row, row_of, written
from tests.support.browser import violations

TUNES = "/models/?type=fine-tuned"

# The rows and heads of groups that are wholly in the window, and not behind what stays in sight.
LINES = """() => {
  const top = document.querySelector(".models thead").getBoundingClientRect().bottom;
  const lines = [...document.querySelectorAll(".models tbody tr")].filter((line) => {
    const box = line.getBoundingClientRect();
    return box.height > 0 && box.top >= top - 1 && box.bottom <= innerHeight;
  });
  return {
    lines: lines.length,
    models: lines.filter((line) => !line.matches(".group")).length,
    tallest: Math.max(...lines.map((line) => line.getBoundingClientRect().height)),
    shortest: Math.min(...lines.filter((line) => !line.matches(".group")).map((line) => line.getBoundingClientRect().height)),
  };
}"""


@pytest.fixture(params=["carol", "alice"], ids=["Viewer", "Manager"])
def reader(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["en-GB", "fr-FR"])
def window(request, reader, new_context: Callable[..., BrowserContext], synced, sign_in) -> Page:
    context = new_context(locale=request.param, viewport={"width": 1280, "height": 900})
    sign_in(context, reader)
    return context.new_page()


def test_a_laptop_shows_seventeen_lines_of_our_fine_tunes_eleven_of_them_models(window: Page):
    window.goto(TUNES)
    seen = window.evaluate(LINES)
    assert seen["lines"] >= 17
    assert seen["models"] >= 11
    assert 36 <= seen["shortest"] <= seen["tallest"] <= 40


def test_ungrouped_all_sixteen_fine_tunes_stand_on_one_screen(window: Page):
    window.goto(f"{TUNES}&group=none")
    assert window.evaluate(LINES)["models"] == 16


def test_a_large_screen_shows_twenty_two_lines(window: Page):
    window.set_viewport_size({"width": 1920, "height": 1080})
    window.goto("/models/")
    assert window.evaluate(LINES)["lines"] >= 22


# --- Views


def test_tabs_say_how_many_models_they_show_and_keep_the_words_of_a_search(catalog: Page):
    tabs = catalog.get_by_role("navigation", name="Views").get_by_role("link")
    expect(tabs).to_have_text(["All 43", "Our fine-tunes 16", "Mistral’s models 27"])
    catalog.locator("#q").fill("nemo")
    expect(catalog.locator("#count")).to_contain_text("of 43")
    counts = [int(re.search(r"\d+$", text)[0]) for text in tabs.all_inner_texts()]
    assert counts[0] == counts[1] + counts[2] > 0
    tabs.nth(1).click()
    expect(catalog).to_have_url("/models/?q=nemo&type=fine-tuned")
    expect(tabs.nth(1)).to_be_focused()
    expect(catalog).to_have_title("“nemo” · Our fine-tunes · Models")
    expect(catalog.get_by_role("heading", level=1)).to_have_text("Our fine-tunes")
    assert len(ids(catalog)) == counts[1]


def test_the_sentence_leads_to_exactly_the_models_that_it_counts(catalog: Page):
    said = catalog.locator("#headline strong").inner_text()
    count = int(re.match(r"(\d+) of our 11 live fine-tunes", said)[1])
    catalog.get_by_role("link", name="Show them").click()
    expect(catalog).to_have_url("/models/?type=fine-tuned&status=at_risk")
    assert len(ids(catalog)) == count
    expect(catalog.locator("#headline")).to_contain_text(said)
    expect(catalog.get_by_role("link", name="Show them")).to_have_count(0)
    catalog.goto("/models/?type=base")
    expect(catalog.locator("#headline p")).to_have_count(0)


def test_without_a_fine_tune_the_tab_says_what_one_is(signed_in: Page, sandbox, transactional_db):
    for tune in sandbox.catalog.fine_tunes():
        sandbox.catalog.remove(tune)
    run_sync()
    signed_in.goto(TUNES)
    expect(signed_in.get_by_role("link", name="Our fine-tunes 0")).to_be_visible()
    expect(signed_in.get_by_role("heading", name="No fine-tune yet")).to_be_visible()


# --- Groups, filters and columns fold and come back


def test_a_group_folds_and_stays_folded_over_filters_and_a_reload(catalog: Page):
    catalog.goto(TUNES)
    head = catalog.locator("tr.group").filter(has_text="ministral-8b-2512")
    fold = head.get_by_role("button", name="ministral-8b-2512")
    row = catalog.get_by_role("row").filter(has_text="Contract clause finder")
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(row).to_be_hidden()
    catalog.locator('[data-facet="status"][data-value="live"] input').check()
    expect(catalog).to_have_url(re.compile("status=live"))
    expect(row).to_be_hidden()
    catalog.reload()
    expect(row).to_be_hidden()
    fold.press("Enter")
    expect(row).to_be_visible()


def test_the_head_of_a_group_says_when_its_base_model_ends_and_what_replaces_it(catalog: Page):
    head = catalog.locator("tr.group").filter(has_text="open-mistral-nemo")
    expect(head).to_contain_text(re.compile(r"ends \d+ \w+, in \d+ days"))
    expect(head).to_contain_text("ministral-8b-latest, gains Vision")
    expect(head).to_contain_text("2 fine-tunes")
    head.get_by_role("link", name="ministral-8b-latest").click()
    expect(catalog.get_by_role("heading", level=1)).to_have_text("ministral-8b-2512")


def test_a_page_begins_with_the_head_of_the_group_that_goes_on(catalog: Page):
    catalog.goto("/models/?per_page=25&page=2")
    expect(catalog.locator("tr.group").first).to_contain_text("Mistral’s models")
    expect(catalog.locator("tr.group").first).to_contain_text("27 models, continued")


def test_filters_fold_away_and_stay_so(catalog: Page):
    button, facets = catalog.get_by_role("button", name="Filters"), catalog.get_by_role("complementary", name="Filters")
    expect(button).to_have_attribute("aria-expanded", "true")
    width = catalog.locator(".list").bounding_box()["width"]
    button.click()
    expect(facets).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    assert catalog.locator(".list").bounding_box()["width"] > width
    catalog.get_by_role("link", name="Our fine-tunes").click()
    expect(catalog).to_have_url(TUNES)
    expect(facets).to_be_hidden()
    catalog.goto("/models/")
    expect(facets).to_be_hidden()
    button.click()
    expect(facets).to_be_visible()


def test_values_that_no_model_here_has_are_named_and_not_offered(catalog: Page):
    catalog.goto(TUNES)
    expect(catalog.locator('[data-facet="capability"][data-value="ocr"]')).to_have_count(0)
    facet = catalog.get_by_role("group", name="Must be able to")
    facet.get_by_text("more that none here has").click()
    expect(facet).to_contain_text("OCR")


def test_columns_are_chosen_and_moved_without_the_menu_closing(catalog: Page):
    catalog.get_by_role("button", name="Columns").click()
    menu = catalog.locator("#columns-menu")
    menu.get_by_role("checkbox", name="Created").check()
    expect(catalog).to_have_url("/models/?columns=status,deprecation,context,capability,created")
    expect(menu.get_by_role("checkbox", name="Created")).to_be_focused()
    menu.get_by_role("button", name="Move Created to the left").click()
    expect(catalog).to_have_url("/models/?columns=status,deprecation,context,created,capability")
    expect(menu.get_by_role("button", name="Move Created to the left")).to_be_focused()
    assert catalog.get_by_role("columnheader").all_inner_texts()[-2:] == ["Created", "Can do"]
    catalog.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    catalog.get_by_role("button", name="Group: base model").click()
    catalog.get_by_role("radio", name="status").check()
    expect(catalog).to_have_url("/models/?group=status&columns=status,deprecation,context,created,capability")
    expect(catalog.locator("tr.group").first).to_contain_text("Live")


# --- Rows


@pytest.mark.parametrize("way", ["F2", "double click"])
def test_a_name_is_edited_where_it_stands(browser_of, bob, sandbox, tune, way):
    page = browser_of(bob)
    page.goto(TUNES)
    name = row_of(page, tune).locator("a.name")
    if way == "F2":
        name.focus()
        page.keyboard.press("F2")
    else:
        name.dblclick()
    field = row_of(page, tune).get_by_label("Name", exact=True)
    expect(field).to_be_focused()
    expect(page).to_have_url(TUNES)
    field.fill("Clauses")
    field.press("Enter")
    expect(name).to_have_text("Clauses")
    expect(name).to_be_focused()
    assert written(sandbox) == ["update"]


def test_one_click_on_a_name_opens_the_model(browser_of, bob, tune):
    page = browser_of(bob)
    page.goto(TUNES)
    row_of(page, tune).locator("a.name").click()
    expect(page).to_have_url(f"/models/{tune}/")


def test_an_id_that_is_shortened_is_copied_whole(catalog: Page, live_server, tune):
    catalog.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    catalog.goto(TUNES)
    row = row_of(catalog, tune)
    expect(row.locator("code")).to_have_attribute("title", tune)
    row.locator("code").evaluate("code => getSelection().selectAllChildren(code)")
    catalog.keyboard.press("ControlOrMeta+C")
    assert catalog.evaluate("() => navigator.clipboard.readText()") == tune
    row.locator("[data-more]").click()
    catalog.get_by_role("button", name="Copy the id").click()
    expect(catalog.locator("#live")).to_have_text("Id copied")
    assert catalog.evaluate("() => navigator.clipboard.readText()") == tune


def test_the_address_of_the_view_is_copied(catalog: Page, live_server):
    catalog.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    catalog.goto("/models/?status=archived")
    catalog.get_by_role("button", name="Export").click()
    catalog.get_by_role("button", name="Copy link").click()
    assert catalog.evaluate("() => navigator.clipboard.readText()") == f"{live_server.url}/models/?status=archived"


def test_what_one_works_on_stays_in_sight_at_400_percent(browser_of, bob, tune):
    page = browser_of(bob, width=320)
    page.set_viewport_size({"width": 320, "height": 225})
    page.goto(TUNES)
    row = row_of(page, tune)
    assert is_row(row)
    row.locator("a.name").focus()
    page.keyboard.press("F2")
    field = row.get_by_label("Name", exact=True)
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport(ratio=1)
    field.fill("Clauses")
    field.press("Enter")
    expect(row.locator("a.name")).to_be_focused()
    expect(row.locator("a.name")).to_be_in_viewport()
    archive(row)
    expect(row.locator("[data-more]")).to_be_in_viewport()


def test_print_gives_the_table_with_the_filters_as_its_caption(catalog: Page):
    catalog.goto("/models/?status=live&capability=vision")
    catalog.emulate_media(media="print")
    expect(catalog.locator(".models caption")).to_contain_text("Status: Live")
    expect(catalog.locator(".models caption")).to_contain_text("Must be able to: Vision")
    for control in (
        ".facets",
        ".tools",
        ".search",
        ".chips",
        ".views",
        ".pick input",
        "[data-more]",
        ".pager",
        ".fold",
    ):
        expect(catalog.locator(control).first).to_be_hidden()
    expect(catalog.locator("[data-model-id]").first).to_be_visible()


@pytest.mark.parametrize("who", ["carol", "alice"])
def test_every_state_of_a_row_keeps_the_rules(browser_of, request, who, tune, axe):
    page = browser_of(request.getfixturevalue(who))
    page.goto(f"{TUNES}&group=status&sort=status,-context")
    found = violations(page, axe)
    row_of(page, tune).get_by_role("checkbox").check()
    found += violations(page, axe)
    row_of(page, tune).locator("[data-more]").click()
    found += violations(page, axe)
    page.keyboard.press("Escape")
    if who == "alice":
        row_of(page, tune).locator("[data-more]").click()
        page.locator("#row-menu [data-verb=archive]").click()
        expect(page.get_by_role("alertdialog")).to_be_visible()
        found += violations(page, axe)
    assert not found, "\n".join(found)
