"""One model's page, and the way there and back."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

from sandbox import Sandbox
from tests.browser.conftest import archive, expect_offer


def back_link(page: Page, name: str) -> Locator:
    return page.locator(".back").get_by_role("link", name=name)


def test_from_the_list_to_a_model_and_back_with_filters_kept(catalog: Page):
    catalog.goto("/models/?type=base&capability=vision&sort=-context")
    row = catalog.locator('[data-model-id="mistral-large-2512"]')
    row.locator("a.name").click()
    expect(catalog.get_by_role("heading", level=1)).to_have_text("mistral-large-2512")
    back_link(catalog, "Mistral’s models").click()
    expect(catalog).to_have_url("/models/?type=base&capability=vision&sort=-context")


def test_the_way_back_is_kept_while_one_acts_on_the_model(browser_of, bob, tune):
    page = browser_of(bob)
    page.goto("/models/?q=contract")
    page.get_by_role("link", name="Contract clause finder", exact=True).click()
    archive(page.locator("#actions"))
    expect_offer(page.locator("#actions"), "unarchive")
    back_link(page, "Our fine-tunes").click()
    expect(page).to_have_url("/models/?q=contract")


def test_the_tab_is_called_as_the_model_is_called_now(browser_of, bob, tune):
    page = browser_of(bob)
    page.goto(f"/models/{tune}/")
    page.locator("#model").get_by_role("link", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("Clauses")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Clauses")
    expect(page).to_have_title("Clauses · Models")
    expect(page.locator("main title")).to_have_count(0)


def test_an_alias_leads_to_its_model_and_says_so(catalog: Page):
    catalog.goto("/models/mistral-large-latest/")
    expect(catalog.get_by_role("heading", level=1)).to_have_text("mistral-large-2512")
    expect(catalog.locator(".notice")).to_contain_text("mistral-large-latest leads to this model today")
    # The address can claim anything.
    catalog.goto("/models/mistral-large-2512/?alias=gpt-4")
    expect(catalog.locator(".notice")).to_have_count(0)


def test_an_id_of_two_models_asks_which_one(catalog: Page):
    catalog.goto("/models/voxtral-mini-latest/")
    expect(catalog.get_by_role("heading", level=1)).to_have_text("voxtral-mini-latest means more than one model")
    choices = catalog.locator(".choices").get_by_role("link")
    expect(choices).to_have_count(2)
    name = choices.nth(1).inner_text()
    choices.nth(1).click()
    expect(catalog.get_by_role("heading", level=1)).to_have_text(name)
    expect(catalog.locator(".notice").first).to_contain_text("voxtral-mini-latest")


def test_the_replacement_of_a_retiring_model_is_one_click_away(catalog: Page):
    catalog.goto("/models/?type=base")
    catalog.locator('[data-model-id="mistral-medium-2508"]').get_by_role("link", name="mistral-medium-3-5").click()
    expect(catalog.get_by_role("heading", level=1)).to_have_text("mistral-medium-2604")


def test_copy_buttons_put_the_text_on_the_clipboard_and_say_so(catalog: Page, live_server):
    catalog.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    catalog.goto("/models/mistral-large-2512/")

    def copied() -> str:
        return catalog.evaluate("() => navigator.clipboard.readText()")

    button = catalog.get_by_role("button", name="Copy id")
    button.click()
    expect(catalog.locator("#live")).to_have_text("Copied")
    assert copied() == "mistral-large-2512"
    catalog.get_by_text("Call it from code").click()
    for name, word in (("Copy curl", "curl "), ("Copy Python", "import os")):
        catalog.get_by_role("button", name=name).click()
        expect(catalog.get_by_role("button", name="Copied")).not_to_have_count(0)
        expect(catalog.locator("#live")).to_have_text("Copied")
        assert copied().startswith(word)
        assert "mistral-large-2512" in copied()


def test_copying_twice_in_a_row_still_ends_with_the_buttons_own_words(catalog: Page, live_server):
    catalog.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    catalog.clock.install()
    catalog.goto("/models/mistral-large-2512/")
    button = catalog.locator("[data-copy=model-id]")
    button.click()
    expect(button).to_have_text("Copied")
    button.click()
    catalog.clock.run_for(5_000)
    expect(button).to_have_text("Copy id")


def test_where_the_clipboard_is_closed_the_text_is_selected_instead(
    catalog: Page, new_context: Callable[..., BrowserContext]
):
    """On plain HTTP from another machine a browser offers no clipboard at all."""
    catalog.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    catalog.goto("/models/mistral-large-2512/")
    catalog.get_by_role("button", name="Copy id").click()
    assert catalog.evaluate("() => getSelection().toString()") == "mistral-large-2512"


def test_a_fine_tune_leads_to_what_it_was_trained_from_and_back_to_its_siblings(catalog: Page, sandbox: Sandbox):
    tune = next(each for each in sandbox.catalog.fine_tunes() if ":ministral-8b-latest:" in each)
    catalog.goto(f"/models/{tune}/")
    family = catalog.get_by_role("region", name="Family")
    family.get_by_role("link", name="ministral-8b-2512").click()
    expect(catalog.get_by_role("heading", level=1)).to_have_text("ministral-8b-2512")
    siblings = family.get_by_role("listitem").get_by_role("link")
    expect(siblings).to_have_count(3)
    assert f"/models/{tune}/" in [link.get_attribute("href") for link in siblings.all()]
    siblings.last.click()
    expect(family).to_contain_text("this one")
    expect(siblings).to_have_count(2)
    catalog.goto("/models/?root=ministral-8b-latest")
    expect(catalog.locator("[data-model-id]")).to_have_count(3)
    expect(catalog.locator("#facet-root")).to_have_attribute("open", "")


def test_an_unknown_id_can_be_searched_for(catalog: Page, troubles):
    troubles.expect("404")
    response = catalog.goto("/models/voxtral/")
    assert response.status == 404
    catalog.get_by_role("link", name="Search for it").click()
    expect(catalog).to_have_url("/models/?q=voxtral")
