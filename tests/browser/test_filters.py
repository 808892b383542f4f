"""Facets, chips, presets, ranges, order and pages: the list, the address bar and history agree after every step."""

import time
from collections.abc import Callable

import pytest
from django.http import HttpRequest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from models_ui.web import request as web_request
from tests.browser.conftest import HeldUp, ids


def tick(page: Page, facet: str, value: str) -> Locator:
    return page.locator(f'[data-facet="{facet}"][data-value="{value}"] input')


def count_of(page: Page, facet: str, value: str) -> int:
    option = page.locator(f'[data-facet="{facet}"][data-value="{value}"]')
    assert option.locator(".count").inner_text() == option.get_attribute("data-count")
    return int(option.get_attribute("data-count"))


def rows(page: Page, number: int) -> None:
    expect(page.locator("#count")).to_have_text("43 models" if number == 43 else f"{number} of 43 models")
    expect(page.locator("[data-model-id]")).to_have_count(min(number, 50))


STEPS = [("capability", "vision"), ("capability", "function_calling"), ("status", "live")]


def test_each_ticked_value_yields_the_count_beside_it_and_unticking_gives_it_back(catalog: Page):
    path = [43]
    for facet, value in STEPS:
        path.append(count_of(catalog, facet, value))
        tick(catalog, facet, value).check()
        rows(catalog, path[-1])
        expect(tick(catalog, facet, value)).to_be_checked()
        expect(tick(catalog, facet, value)).to_be_focused()
    expect(catalog).to_have_url("/models/?capability=function_calling&capability=vision&status=live")
    for facet, value in reversed(STEPS):
        path.pop()
        tick(catalog, facet, value).uncheck()
        rows(catalog, path[-1])
    expect(catalog).to_have_url("/models/")


def test_two_values_of_one_facet_are_alternatives_whose_counts_add_up(catalog: Page):
    archived, live = count_of(catalog, "status", "archived"), count_of(catalog, "status", "live")
    tick(catalog, "status", "archived").check()
    rows(catalog, archived)
    assert count_of(catalog, "status", "live") == live
    tick(catalog, "status", "live").check()
    rows(catalog, archived + live)
    expect(catalog).to_have_url("/models/?status=archived&status=live")


def test_a_capability_can_be_asked_for_or_excluded(catalog: Page):
    catalog.locator("#legend-capability_any").click()
    catalog.locator("#legend-capability_not").click()
    tick(catalog, "capability_any", "vision").check()
    rows(catalog, (seeing := count_of(catalog, "capability", "vision")))
    catalog.locator("#more-capability_not > summary").click()
    left_out = count_of(catalog, "capability_not", "reasoning")
    tick(catalog, "capability_not", "reasoning").check()
    rows(catalog, left_out)
    assert left_out < seeing
    expect(catalog).to_have_url("/models/?capability_any=vision&capability_not=reasoning")


def test_chips_remove_one_filter_each_and_clear_all_removes_the_rest(catalog: Page):
    catalog.goto("/models/?q=mistral&type=base&capability=vision&capability=fine_tuning&context_min=128k&sort=name")
    names = catalog.get_by_role("list", name="Filters in use").get_by_role("link")
    expect(names).to_have_count(5)  # the type is a tab
    catalog.get_by_role("link", name="Remove filter: Must be able to: Vision").click()
    expect(catalog).to_have_url("/models/?q=mistral&type=base&capability=fine_tuning&context_min=128000&sort=name")
    expect(catalog.locator("#count")).to_be_focused()
    catalog.get_by_role("link", name="Remove filter: “mistral”").click()
    expect(catalog).to_have_url("/models/?type=base&capability=fine_tuning&context_min=128000&sort=name")
    expect(catalog.locator("#q")).to_have_value("")
    catalog.get_by_role("link", name="Clear all").click()
    expect(catalog).to_have_url("/models/?type=base&sort=name")
    expect(catalog.locator("#count")).to_have_text("27 models")
    expect(names).to_have_count(0)
    expect(catalog.get_by_role("link", name="Mistral’s models 27")).to_have_attribute("aria-current", "page")


def test_alternatives_of_one_facet_share_a_chip(catalog: Page):
    catalog.goto("/models/?status=live&status=at_risk&capability=vision")
    names = catalog.get_by_role("list", name="Filters in use").get_by_role("link")
    expect(names).to_have_count(3)
    expect(catalog.get_by_role("button", name="Filters · 2")).to_be_visible()
    catalog.get_by_role("link", name="Remove filter: Status: Live, At risk").click()
    expect(catalog).to_have_url("/models/?capability=vision")


def test_context_presets_and_ranges_take_words_people_write(catalog: Page):
    preset = catalog.get_by_role("link", name="≥ 128k")
    preset.click()
    expect(catalog).to_have_url("/models/?context_min=128000")
    expect(preset).to_have_attribute("aria-current", "true")
    preset.click()
    expect(catalog).to_have_url("/models/")
    catalog.get_by_text("from – to").click()
    lowest, highest = catalog.get_by_label("from", exact=True), catalog.get_by_label("to", exact=True)
    lowest.fill("100k")
    lowest.press("Tab")
    expect(catalog).to_have_url("/models/?context_min=100000")
    expect(highest).to_be_focused()
    highest.fill("128k")
    highest.press("Enter")
    expect(catalog).to_have_url("/models/?context_min=100000&context_max=131072")
    assert set(catalog.locator("td.number").all_inner_texts()) == {"128k"}
    lowest.fill("many")
    lowest.press("Enter")
    expect(catalog.get_by_text("“many” is not a number")).to_be_visible()


SHOWN = "columns=status,deprecation,context,type,root,created,owner"


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Name", "name"),
        ("Status", "status"),
        ("Stops working", "deprecation"),
        ("Context", "context"),
        ("Type", "type"),
        ("Base model", "root"),
        ("Created", "created"),
        ("Owned by", "owner"),
    ],
)
def test_each_heading_sorts_up_then_down_then_not_at_all(catalog: Page, heading: str, column: str):
    catalog.goto(f"/models/?group=none&{SHOWN}")
    cell = catalog.get_by_role("columnheader", name=heading)
    link = cell.get_by_role("link")
    usual = ids(catalog)
    for direction, sort in (("ascending", column), ("descending", f"-{column}")):
        link.click()
        expect(cell).to_have_attribute("aria-sort", direction)
        expect(catalog).to_have_url(f"/models/?group=none&sort={sort}&{SHOWN}")
        expect(link).to_be_focused()
        expect(catalog.locator("[aria-sort]")).to_have_count(1)
    assert ids(catalog) != usual
    link.click()
    expect(catalog).to_have_url(f"/models/?group=none&{SHOWN}")
    expect(catalog.locator("[aria-sort]")).to_have_count(0)
    assert ids(catalog) == usual


def test_shift_click_sorts_by_a_second_column_and_says_which_comes_first(catalog: Page):
    catalog.goto("/models/?type=base")
    status, context = (catalog.get_by_role("columnheader", name=name) for name in ("Status", "Context"))
    status.get_by_role("link").click()
    expect(catalog).to_have_url("/models/?type=base&sort=status")
    context.get_by_role("link").click(modifiers=["Shift"])
    expect(catalog).to_have_url("/models/?type=base&sort=status,context")
    context.get_by_role("link").press("Shift+Enter")
    expect(catalog).to_have_url("/models/?type=base&sort=status,-context")
    expect(status.locator("sup")).to_have_text("1")
    expect(context.locator("sup")).to_have_text("2")
    live = catalog.locator("tr.live td.number").all_inner_texts()
    assert [number.removesuffix("k") for number in live] == sorted((n.removesuffix("k") for n in live), key=int)[::-1]
    assert len(catalog.context.pages) == 1


def test_paging_starts_at_the_top_and_knows_where_it_is(catalog: Page):
    everything = ids(catalog)
    catalog.get_by_role("link", name="25", exact=True).click()
    expect(catalog).to_have_url("/models/?per_page=25")
    assert ids(catalog) == everything[:25]
    catalog.get_by_role("link", name="Next").click()
    expect(catalog).to_have_url("/models/?per_page=25&page=2")
    assert ids(catalog) == everything[25:]
    expect(catalog.locator("#count")).to_be_in_viewport()
    expect(catalog.locator("#count")).to_be_focused()
    expect(catalog.get_by_role("link", name="Page 2")).to_have_attribute("aria-current", "page")
    expect(catalog.get_by_role("table")).to_have_accessible_name("Models 26 to 43 of 43")
    expect(catalog.locator("#live")).to_have_text("Models 26 to 43 of 43")
    # A filter that leaves less goes back to the first page.
    tick(catalog, "status", "live").check()
    expect(catalog).to_have_url("/models/?status=live&per_page=25")


def journey(page: Page) -> list[tuple[str, str]]:
    """Six steps, each with the address and the count it must have."""
    seen = [("/models/", "43 models")]

    def step(act: Callable[[], None], address: str) -> None:
        act()
        expect(page).to_have_url(address)
        seen.append((address, page.locator("#count").inner_text()))

    step(tick(page, "capability", "vision").check, "/models/?capability=vision")
    step(tick(page, "capability", "reasoning").check, "/models/?capability=reasoning&capability=vision")
    step(tick(page, "status", "live").check, "/models/?capability=reasoning&capability=vision&status=live")
    step(
        page.get_by_role("columnheader", name="Context").get_by_role("link").click,
        "/models/?capability=reasoning&capability=vision&status=live&sort=context",
    )
    step(
        page.get_by_role("link", name="Remove filter: Status: Live").click,
        "/models/?capability=reasoning&capability=vision&sort=context",
    )
    return seen


def shows(page: Page, address: str, count: str) -> None:
    """The whole page, not a fragment, with fields that say what the address says."""
    expect(page).to_have_url(address)
    expect(page.locator("#count")).to_have_text(count)
    expect(page.get_by_role("heading", level=1)).to_have_text("Models")
    expect(page.locator("header.top")).to_have_count(1)
    for value in ("vision", "reasoning"):
        expect(tick(page, "capability", value)).to_be_checked(checked=f"capability={value}" in address)
    expect(tick(page, "status", "live")).to_be_checked(checked="status=live" in address)


def test_back_and_forward_go_through_every_step_with_page_fields_and_rows(catalog: Page):
    seen = journey(catalog)
    for address, count in reversed(seen[:-1]):
        catalog.go_back()
        shows(catalog, address, count)
    for address, count in seen[1:]:
        catalog.go_forward()
        shows(catalog, address, count)
    # Filtering goes on from there, with both values of the repeated key.
    tick(catalog, "status", "live").check()
    expect(catalog).to_have_url("/models/?capability=reasoning&capability=vision&status=live&sort=context")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The view with this query string takes its time."""

    def make(slow: str) -> None:
        def query_string(request: HttpRequest) -> str:
            asked = web_request.query_string(request)
            time.sleep(0.6 if asked == slow else 0)
            return asked

        monkeypatch.setattr("models_ui.views.catalog.query_string", query_string)

    return make


def test_two_quick_steps_back_show_the_second_though_the_first_answers_last(catalog: Page, slow):
    seen = journey(catalog)
    slow(seen[-2][0].partition("?")[2])
    catalog.evaluate("() => { history.back(); setTimeout(() => history.back(), 50); }")
    expect(catalog).to_have_url(seen[-3][0])
    catalog.wait_for_timeout(800)  # what must not come in would have done so by then
    shows(catalog, *seen[-3])
    expect(catalog.locator("[aria-sort]")).to_have_count(0)


def test_a_list_that_was_asked_for_before_a_step_back_does_not_come_in_after_it(catalog: Page):
    tick(catalog, "capability", "vision").check()
    expect(catalog).to_have_url("/models/?capability=vision")
    late = HeldUp(catalog, "status=live")
    tick(catalog, "status", "live").check()
    expect(catalog.locator("#results[aria-busy]")).to_be_visible()
    catalog.go_back()
    shows(catalog, "/models/", "43 models")
    late.let_go()
    catalog.wait_for_timeout(300)
    shows(catalog, "/models/", "43 models")


def test_a_step_back_leads_to_where_one_was_on_the_page(catalog: Page):
    def scrolled(by: int, to: int) -> None:
        catalog.mouse.wheel(0, by)
        catalog.wait_for_function("y => window.scrollY === y", arg=to)
        catalog.wait_for_timeout(300)  # browsers note the place a little later

    scrolled(700, 700)
    tick(catalog, "status", "live").evaluate("box => box.click()")
    expect(catalog).to_have_url("/models/?status=live")
    scrolled(-500, 200)
    catalog.go_back()
    shows(catalog, "/models/", "43 models")
    catalog.wait_for_function("window.scrollY === 700")


def test_back_from_another_page_and_from_the_search_brings_the_fields_along(catalog: Page):
    catalog.locator("#q").fill("mistral")
    expect(catalog).to_have_url("/models/?q=mistral")
    tick(catalog, "status", "live").check()
    expect(catalog).to_have_url("/models/?q=mistral&status=live")
    catalog.locator("[data-model-id] a.name").first.click()
    expect(catalog.get_by_role("article")).to_be_visible()
    catalog.go_back()
    expect(catalog).to_have_url("/models/?q=mistral&status=live")
    expect(catalog.locator("#q")).to_have_value("mistral")
    expect(tick(catalog, "status", "live")).to_be_checked()
    catalog.go_back()
    expect(catalog).to_have_url("/models/?q=mistral")
    expect(tick(catalog, "status", "live")).not_to_be_checked()


def test_a_copied_address_gives_the_same_view_after_reload_and_after_login(
    catalog: Page, new_context: Callable[..., BrowserContext]
):
    journey(catalog)
    view = ids(catalog)
    catalog.reload()
    assert ids(catalog) == view
    other = new_context().new_page()
    other.goto(catalog.url)
    other.get_by_label("Login").fill("carol")
    other.get_by_label("Password").fill("correct horse battery staple")
    other.get_by_role("button", name="Sign in").click()
    expect(other).to_have_url(catalog.url)
    assert ids(other) == view


def test_a_filter_that_was_opened_or_closed_stays_so(catalog: Page):
    catalog.locator("#legend-status").click()
    catalog.locator("#legend-owner").click()
    tick(catalog, "capability", "vision").check()
    expect(catalog).to_have_url("/models/?capability=vision")
    expect(catalog.locator("#facet-status")).not_to_have_attribute("open", "")
    expect(catalog.locator("#facet-owner")).to_have_attribute("open", "")
    expect(catalog.locator("#facet-capability")).to_have_attribute("open", "")


def test_ticking_moves_neither_the_page_nor_the_list_of_values(catalog: Page):
    catalog.set_viewport_size({"width": 1280, "height": 500})
    values = catalog.get_by_role("complementary", name="Filters")
    values.evaluate("list => list.scrollTop = 200")
    box = tick(catalog, "capability", "fine_tuning")
    box.scroll_into_view_if_needed()
    before = box.bounding_box()
    scrolled = catalog.evaluate("() => window.scrollY")
    box.check()
    expect(catalog).to_have_url("/models/?capability=fine_tuning")
    expect(box).to_be_focused()
    expect(box).to_be_in_viewport()
    assert catalog.evaluate("() => window.scrollY") == scrolled
    # Values that no model has any more are gone above it, so the column scrolls along as far as it can.
    rest = values.evaluate("list => Math.min(list.scrollTop, list.scrollHeight - list.clientHeight - list.scrollTop)")
    assert abs(box.bounding_box()["y"] - before["y"]) <= 2 or rest <= 1


def test_parameters_nobody_knows_are_named_and_harmless(catalog: Page):
    response = catalog.goto("/models/?colour=%3Cb%3Ered&state=gone&page=x&type=base")
    assert response.status == 200
    expect(catalog.locator(".list .notice")).to_have_count(3)
    expect(catalog.get_by_text("“colour” is not a filter of this page")).to_be_visible()
    expect(catalog.locator("#count")).to_have_text("27 models")
