"""What the eye notices first: lines that begin below each other, filters in one line, ids that stay in sight."""

import pytest
from playwright.sync_api import Page, expect

from models_ui.catalog.status import STATUSES
from tests.browser.conftest import choose, ids, row_of

SEVERAL = "/models/?capability=vision&capability=function_calling&context_min=32k&status=live"
LEFT = "element => Math.round(element.getBoundingClientRect().left)"
TOP = "element => Math.round(element.getBoundingClientRect().top)"


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_several_filters_stand_in_one_line_below_the_tools(new_context, carol, synced, sign_in, locale):
    context = new_context(locale=locale, viewport={"width": 1280, "height": 900})
    sign_in(context, carol)
    page = context.new_page()
    page.goto(SEVERAL)
    chips = page.locator(".chips .chip")
    assert len({chip.evaluate(TOP) for chip in chips.all()}) == 1
    assert chips.count() == 4
    assert chips.first.evaluate(TOP) > page.locator(".tools").evaluate(TOP)


def test_the_head_of_the_table_stays_below_several_filters(catalog: Page):
    catalog.set_viewport_size({"width": 1280, "height": 600})
    catalog.goto(SEVERAL)
    catalog.mouse.wheel(0, 300)
    catalog.wait_for_function("scrollY > 100")
    tools = catalog.locator(".toolbar").bounding_box()
    head = catalog.locator(".models thead th").first.bounding_box()
    assert tools
    assert head
    assert abs(tools["y"] + tools["height"] - head["y"]) <= 1


def test_the_name_of_a_group_stands_above_the_names_of_its_models(catalog: Page):
    catalog.goto("/models/?type=fine-tuned")
    group = catalog.locator(".models .group .name").first.evaluate(LEFT)
    assert abs(group - catalog.locator(".models tbody th .title .name").first.evaluate(LEFT)) <= 1


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_a_model_without_a_name_always_shows_its_id(new_context, carol, synced, sign_in, locale):
    context = new_context(locale=locale, viewport={"width": 1280, "height": 900})
    sign_in(context, carol)
    page = context.new_page()
    page.goto("/models/?type=fine-tuned")
    for title in page.locator(".title:has(.unnamed)").all():
        box, code = title.bounding_box(), title.locator("code").bounding_box()
        assert box
        assert code
        assert code["y"] < box["y"] + box["height"] / 2


def test_side_by_side_on_a_phone_the_names_stand_above_the_facts(catalog: Page, sandbox):
    catalog.set_viewport_size({"width": 390, "height": 844})
    first, second = sandbox.catalog.fine_tunes()[:2]
    catalog.goto(f"/compare/?model={first}&model={second}")
    names = catalog.locator(".comparison thead th")
    facts = catalog.locator(".comparison tbody tr").first.locator("td")
    for place in (0, 1):
        expect(names.nth(place)).to_be_visible()
        assert names.nth(place).evaluate(LEFT) == facts.nth(place).evaluate(LEFT)


def test_both_answers_to_a_deletion_stand_in_one_line(browser_of, alice, tune):
    page = browser_of(alice)
    page.goto("/models/?q=contract")
    choose(row_of(page, tune), "delete")
    dialog = page.get_by_role("alertdialog")
    keep = dialog.get_by_role("button", name="Keep the model")
    assert keep.evaluate(TOP) == dialog.get_by_role("button", name="Archive now").evaluate(TOP)


def test_the_page_of_a_phone_has_its_tools_in_one_line(catalog: Page):
    catalog.set_viewport_size({"width": 390, "height": 844})
    catalog.goto("/models/")
    assert ids(catalog)
    assert len({button.evaluate(TOP) for button in catalog.locator(".tools > .button").all()}) == 1


def test_every_status_has_a_shape_of_one_size(catalog: Page):
    catalog.goto("/models/")
    shapes = catalog.evaluate(
        """all => all.map((name) => {
          const span = document.body.appendChild(document.createElement("span"));
          span.className = `status ${name}`;
          const style = getComputedStyle(span, "::before");
          return [style.content.split(" / ")[0], style.width, style.height].join();
        })""",
        list(STATUSES),
    )
    assert len(set(shapes)) == 1
    assert shapes[0].startswith('"",')
