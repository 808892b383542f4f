"""Typing in the search box."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HeldUp, ids, query_string


def test_typing_narrows_the_list_and_says_how_many_are_left(catalog: Page):
    box = catalog.locator("#q")
    box.press_sequentially("voxtral", delay=20)
    expect(catalog.locator("#count")).to_have_text("6 of 43 models")
    assert all("voxtral" in each for each in ids(catalog))
    expect(catalog.locator("#live")).to_have_text("6 of 43 models")
    expect(catalog).to_have_url("/models/?q=voxtral")
    expect(box).to_be_focused()


def test_no_letter_and_no_caret_is_lost_while_the_server_is_slow(catalog: Page):
    waiting = HeldUp(catalog, r"/models/\?")
    box = catalog.locator("#q")
    with catalog.expect_request("**/models/?q=mini*"):
        box.press_sequentially("mini")
    expect(catalog.locator("#results")).to_have_attribute("aria-busy", "true")
    box.press("ArrowLeft")
    box.press_sequentially("str")
    expect(box).to_have_value("minstri")
    while waiting.routes:
        waiting.let_go()
    catalog.unroute_all()
    expect(catalog.locator("#count")).to_have_text("0 of 43 models")
    expect(box).to_have_value("minstri")
    assert box.evaluate("box => box.selectionStart") == 6
    expect(catalog).to_have_url("/models/?q=minstri")
    expect(catalog.locator("#results")).not_to_have_attribute("aria-busy", "true")


@pytest.mark.parametrize("confirm", [None, "Enter"])
def test_back_leaves_the_catalog_in_one_step_after_typing(signed_in: Page, synced, confirm):
    signed_in.goto("/models/devstral-2512/")
    signed_in.get_by_role("navigation", name="Main").get_by_role("link", name="Models").click()
    box = signed_in.locator("#q")
    for text in ("mi", "ministral", "ministral-8b"):
        box.fill(text)
        expect(signed_in).to_have_url(f"/models/?q={text}")
    if confirm:
        with signed_in.expect_response("**/models/?*"):
            box.press(confirm)
    signed_in.go_back()
    expect(signed_in).to_have_url("/models/devstral-2512/")
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("devstral-2512")


def test_emptying_the_box_brings_every_model_back_under_the_bare_address(catalog: Page):
    box = catalog.locator("#q")
    box.fill("voxtral")
    expect(catalog).to_have_url("/models/?q=voxtral")
    box.fill("")
    expect(catalog.locator("#count")).to_have_text("43 models")
    expect(catalog).to_have_url("/models/")


def test_typing_keeps_the_filters_the_order_and_the_rows_a_page(catalog: Page):
    catalog.goto("/models/?type=base&sort=-context&per_page=25")
    catalog.locator("#q").fill("ministral")
    expect(catalog).to_have_url("/models/?q=ministral&type=base&sort=-context&per_page=25")
    assert query_string(catalog) == "q=ministral&type=base&sort=-context&per_page=25"


def test_a_word_that_names_an_ability_leads_to_its_filter_in_one_click(catalog: Page):
    catalog.locator("#q").fill("vision")
    offer = catalog.get_by_role("list", name="Filters that your words name").get_by_role("link")
    expect(offer).to_have_text("Filter: Vision 16")
    offer.click()
    expect(catalog).to_have_url("/models/?capability=vision")
    expect(catalog.locator("#count")).to_have_text("16 of 43 models")
    expect(catalog.locator("#q")).to_have_value("")


def test_one_typed_line_is_marked_forgiven_and_kept_by_its_address(catalog: Page):
    catalog.locator("#q").fill("mistrla vision ≥128k -retiring")
    expect(catalog.get_by_text("Nothing has “mistrla”, so it was read as “mistral”.")).to_be_visible()
    expect(catalog.locator("mark").first).to_have_text("mistral")
    found = ids(catalog)
    catalog.reload()
    assert ids(catalog) == found != []
    expect(catalog.locator("#q")).to_have_value("mistrla vision ≥128k -retiring")
