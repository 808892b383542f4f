"""Narrow screens, large zoom, hostile text, and what a first visit costs."""

from itertools import pairwise

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models_ui.mirror.sync import run_sync
from sandbox import Sandbox
from tests.support.browser import FITS, LAYOUT

SIZES = {
    "a small phone": {"viewport": {"width": 320, "height": 640}},
    "200 % zoom": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
    "a tablet": {"viewport": {"width": 900, "height": 700}},
    "a small laptop": {"viewport": {"width": 1160, "height": 700}},
    "a large screen": {"viewport": {"width": 1920, "height": 1000}},
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
def test_every_page_fits(size, language, new_context, carol, synced, sandbox: Sandbox, sign_in, troubles):
    troubles.expect("404")
    context: BrowserContext = new_context(locale=language, **SIZES[size])
    page = context.new_page()
    page.goto("/accounts/login/")
    assert page.evaluate(LAYOUT) == FITS
    sign_in(context, carol)
    addresses = (
        "/models/?per_page=25&page=2",
        "/models/?q=mistral&capability=vision&capability=function_calling&context_min=32k&type=base&nonsense=1",
        "/models/?q=zzz",
        "/models/mistral-medium-latest/",
        f"/models/{sandbox.catalog.fine_tunes()[0]}/",
        "/models/voxtral-mini-latest/",
        "/models/no-such-model/",
        "/watching/",
        "/accounts/password/change/",
    )
    for address in addresses:
        page.goto(address)
        for fold in page.locator("#facets, main details").all():
            fold.evaluate("fold => { fold.open = true; }")
        assert page.evaluate(LAYOUT) == FITS, address


def test_filters_fold_away_on_a_phone_and_stay_as_one_left_them(catalog: Page):
    catalog.set_viewport_size({"width": 360, "height": 700})
    catalog.goto("/models/")
    vision = catalog.locator('[data-facet="capability"][data-value="vision"] input')
    expect(vision).to_be_hidden()
    filters = catalog.get_by_role("button", name="Filters")
    filters.click()
    expect(filters).to_have_attribute("aria-expanded", "true")
    vision.check()
    expect(catalog).to_have_url("/models/?capability=vision")
    expect(vision).to_be_visible()
    catalog.go_back()
    expect(catalog).to_have_url("/models/")
    expect(vision).not_to_be_checked()
    expect(vision).to_be_visible()


def test_the_table_of_what_ends_is_read_from_top_to_bottom_on_a_phone(catalog: Page):
    catalog.set_viewport_size({"width": 360, "height": 700})
    catalog.goto("/")
    catalog.get_by_text("As a table").click()
    row = catalog.get_by_role("row").filter(has=catalog.get_by_role("rowheader", name="pixtral-12b-2409"))
    cells = row.get_by_role("rowheader").or_(row.get_by_role("cell"))
    boxes = [cell.bounding_box() for cell in cells.all()]
    assert len(boxes) == 4
    assert len({box["x"] for box in boxes}) == 1
    for above, below in pairwise(boxes):
        assert below["y"] >= above["y"] + above["height"]
    labels = row.get_by_role("cell").evaluate_all(
        "all => all.map((each) => getComputedStyle(each, '::before').content)"
    )
    assert labels == ['"Stops working"', '"Instead"', '"Our fine-tunes"']


HOSTILE = (
    '"><script>window.pwned = 1</script><img src=x onerror="window.pwned = 2">',
    "'; alert(1); // ${alert(1)} {{ 7 * 7 }} {% load x %}",
    "\u202egnp.tsil-ledom\u202c \u2066mixed\u2069 العربية",
    "👩🏽‍🚀" * 40,
    "<b>bold</b>" + "W" * 10_000,
    "\u0301" * 300 + "zalgo",
)


def test_hostile_text_is_only_ever_text(signed_in: Page, sandbox: Sandbox):
    page = signed_in
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    tunes = sandbox.catalog.fine_tunes()
    for tune, text in zip(tunes, HOSTILE, strict=False):
        sandbox.catalog.rename(tune, text)
        sandbox.catalog.describe(tune, text)
        sandbox.catalog.update(tune, owned_by=text[:200], aliases=[text[:250]], capabilities={text[:80]: True})
    for text in HOSTILE:
        sandbox.catalog.add({"id": text[:280], "name": text, "object": "model", "type": "base", "owned_by": text[:90]})
    run_sync()
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto("/models/?per_page=100")
        for fold in page.locator("#facets, main details").all():
            fold.evaluate("fold => { fold.open = true; }")
        layout = page.evaluate(LAYOUT)
        assert (layout["sideways"], layout["outside"]) == (0, [])
        for tune in tunes[: len(HOSTILE)]:
            page.goto(f"/models/{tune}/")
            layout = page.evaluate(LAYOUT)
            assert (layout["sideways"], layout["outside"]) == (0, []), tune
    # A hostile value is a filter like any other.
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/models/")
    page.locator("#more-capability > summary").click()
    option = page.locator('[data-facet="capability"]').filter(has_text="<script>")
    option.get_by_role("checkbox").check()
    expect(page.locator("[data-model-id]")).to_have_count(1)
    expect(page.locator(".chips")).to_contain_text("<script>")
    page.locator("#q").fill('"><script>')
    expect(page.locator("#live")).to_contain_text("of 49")
    assert page.evaluate("() => window.pwned") is None
    expect(page.locator("main script, main img")).to_have_count(0)


def test_a_first_visit_takes_four_requests_at_most(signed_in: Page, synced):
    asked = []
    signed_in.on("request", lambda request: asked.append(request.url))
    signed_in.goto("/models/", wait_until="networkidle")
    assert len([url for url in asked if not url.startswith("data:")]) <= 4, asked
