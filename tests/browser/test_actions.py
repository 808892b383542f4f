"""Renaming, describing, archiving and restoring where one is: in the row and on the model's page."""

import re

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Locator, Page, expect

from sandbox import Sandbox
from tests.browser.conftest import (
    HeldUp,
    archive,
    button_of,
    choose,
    confirm,
    expect_offer,
    ids,
    message,
    opener_of,
    row_of,
    says_beside,
    written,
)

TUNES = "/models/?type=fine-tuned"


@pytest.fixture
def bobs(browser_of, bob) -> Page:
    """Bob, an Editor, at the list of fine-tunes."""
    page = browser_of(bob)
    page.goto(TUNES)
    return page


@pytest.fixture(params=["row", "page"])
def place(request, bobs: Page, tune: str) -> Locator:
    """The model where it can be acted upon: its row, and its own page."""
    if request.param == "row":
        return row_of(bobs, tune)
    bobs.goto(f"/models/{tune}/")
    return bobs.locator("#model")


def edit(place: Locator, verb: str = "rename", label: str = "Name") -> Locator:
    choose(place, verb)
    field = place.get_by_label(label, exact=True)
    expect(field).to_be_focused()
    return field


# --- Rename and describe


def test_rename_with_enter_answers_in_place_with_the_focus_back_and_says_so(place: Locator, sandbox: Sandbox, tune):
    field = edit(place)
    expect(field).to_have_value("Contract clause finder")
    expect(place).to_contain_text(
        "Up to 100 characters. This API cannot take a name away again. The id stays as it is."
    )
    expect(place.get_by_text(tune).first).to_be_visible()
    field.fill("Clause finder")
    field.press("Enter")
    expect(place).to_contain_text("Clause finder")
    expect(opener_of(place, "rename")).to_be_focused()
    expect(message(place.page, "The name is now “Clause finder”.")).to_be_visible()
    assert sandbox.catalog.find(tune)["name"] == "Clause finder"
    assert sandbox.catalog.find(tune)["id"] == tune


@pytest.mark.parametrize(("verb", "label"), [("rename", "Name"), ("describe", "Description")])
@pytest.mark.parametrize("way", ["Escape", "Cancel"])
def test_giving_up_puts_everything_back_with_the_focus_on_what_opened_it(
    place: Locator, sandbox: Sandbox, way, verb, label
):
    field = edit(place, verb, label)
    field.fill("Something else")
    if way == "Escape":
        field.press("Escape")
    else:
        place.get_by_role("link", name="Cancel").click()
    expect(field).to_have_count(0)
    expect(place).to_contain_text("Contract clause finder")
    expect(opener_of(place, verb)).to_be_focused()
    assert written(sandbox) == []


def test_leaving_the_field_saves_nothing_and_loses_nothing(bobs: Page, sandbox: Sandbox, tune):
    field = edit(row_of(bobs, tune))
    field.fill("Half a thought")
    bobs.locator("#count").click()
    expect(field).not_to_be_focused()
    expect(field).to_have_value("Half a thought")
    assert written(sandbox) == []


def test_a_name_can_be_taken_away_and_the_id_stands_in_for_it(bobs: Page, sandbox: Sandbox, tune, point_at):
    point_at(sandbox, dialect="platform")
    row = row_of(bobs, tune)
    edit(row).fill("")
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".name")).to_have_text("No name yet")
    expect(row.locator("code")).to_have_text(tune)
    expect(message(bobs, "The name was taken away.")).to_be_visible()
    assert sandbox.catalog.find(tune)["name"] is None


def test_where_a_name_cannot_be_taken_away_that_is_said(bobs: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("422")
    row = row_of(bobs, tune)
    edit(row).fill("")
    row.get_by_role("button", name="Save").click()
    expect(message(bobs, "Contract clause finder was not renamed.")).to_be_visible()
    expect(row.get_by_label("Name", exact=True)).to_be_focused()
    assert sandbox.catalog.find(tune)["name"] == "Contract clause finder"


def test_a_text_too_long_is_told_at_the_field_and_kept(place: Locator, sandbox: Sandbox, troubles):
    troubles.expect("422")
    field = edit(place)
    field.evaluate("field => field.removeAttribute('maxlength')")
    field.fill("x" * 101)
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(field).to_have_value("x" * 101)
    described = field.evaluate(
        """field => field.getAttribute("aria-describedby").split(" ")
             .map((id) => document.getElementById(id).textContent)"""
    )
    assert any("at most 100 characters" in each for each in described)
    assert any("Up to 100 characters" in each for each in described)
    assert written(sandbox) == []


def test_a_description_keeps_its_lines(place: Locator, sandbox: Sandbox, tune):
    field = edit(place, "describe", "Description")
    field.fill("First line")
    field.press("Enter")  # in a text of several lines it makes a line
    field.press_sequentially("and a second.")
    expect(field).to_have_value("First line\nand a second.")
    place.get_by_role("button", name="Save").click()
    expect(opener_of(place, "describe")).to_be_focused()
    assert sandbox.catalog.find(tune)["description"] == "First line\nand a second."
    place.page.goto(f"/models/{tune}/")
    assert place.page.locator(".lead").inner_text() == "First line\nand a second."


def test_a_conflict_shows_both_and_writes_nothing_before_the_choice(place: Locator, sandbox: Sandbox, tune, troubles):
    troubles.expect("409")
    for choice in ("Keep theirs", "Use mine"):
        field = edit(place)
        sandbox.catalog.rename(tune, f"Theirs, before {choice}")
        field.fill("Mine")
        field.press("Enter")
        note = place.get_by_role("alert")
        expect(note).to_contain_text("Somebody changed this in the meantime, so nothing was written.")
        expect(note.locator("dd")).to_have_text([f"“Theirs, before {choice}”", "“Mine”"])
        assert note.evaluate("note => [...note.querySelectorAll('p')].every((p) => p.scrollHeight <= p.clientHeight)")
        assert written(sandbox) == []
        place.get_by_text(choice, exact=True).click()
        expect(field).to_have_count(0)
        expect(opener_of(place, "rename")).to_be_focused()
        if choice == "Keep theirs":
            expect(place).to_contain_text("Theirs, before Keep theirs")
    expect(message(place.page, "The name is now “Mine”.")).to_be_visible()
    assert (written(sandbox), sandbox.catalog.find(tune)["name"]) == (["update"], "Mine")


def test_two_rows_are_edited_side_by_side_and_each_keeps_its_focus(bobs: Page, tune, archived):
    """The first one's focus mark must not call the focus back when something else happens."""
    first, second = row_of(bobs, tune), row_of(bobs, archived)
    edit(first).fill("First")
    edit(second).fill("Second")
    expect(first.get_by_label("Name", exact=True)).to_have_value("First")
    second.get_by_role("button", name="Save").click()
    expect(opener_of(second, "rename")).to_be_focused()
    first.get_by_role("button", name="Save").click()
    expect(opener_of(first, "rename")).to_be_focused()
    choose(second, "unarchive")
    expect(opener_of(second, "archive")).to_be_focused()
    box = bobs.locator("#q")
    box.press_sequentially("fir")
    expect(bobs.locator("#count")).to_contain_text("of 16")
    expect(box).to_be_focused()


# --- Archive and restore


def test_archive_asks_in_one_sentence_and_the_row_stays_where_it_was_under_the_pointer(
    bobs: Page, sandbox: Sandbox, tune
):
    before = ids(bobs)
    row = row_of(bobs, tune)
    was_at = row.bounding_box()["y"]
    choose(row, "archive")
    question = bobs.get_by_role("alertdialog", name="Archive Contract clause finder?")
    expect(question).to_contain_text("It stops answering at once")
    expect(question.get_by_role("button", name="Keep the model")).to_be_focused()
    assert written(sandbox) == []
    confirm(bobs)
    expect(row.locator(".status")).to_have_text("Archived")
    expect(opener_of(row, "unarchive")).to_be_focused()
    assert ids(bobs) == before
    assert abs(row.bounding_box()["y"] - was_at) < 2
    said = message(bobs, "Contract clause finder is archived.")
    expect(said.get_by_role("button", name="Undo")).to_be_visible()
    assert sandbox.catalog.find(tune)["archived"]


def test_a_message_stays_until_it_is_dismissed(bobs: Page, tune):
    archive(row_of(bobs, tune))
    said = message(bobs, "is archived")
    expect(said).to_be_visible()
    bobs.clock.install()
    bobs.clock.run_for(600_000)
    bobs.locator("#q").fill("contract")
    expect(bobs.locator("#count")).to_contain_text("of 16")
    expect(said).to_be_visible()
    said.get_by_role("button", name="Dismiss").click()
    expect(said).to_have_count(0)
    expect(bobs.locator("body")).not_to_be_focused()


def test_a_double_click_archives_once_and_never_restores(bobs: Page, sandbox: Sandbox, tune):
    row = row_of(bobs, tune)
    choose(row, "archive")
    bobs.get_by_role("alertdialog").get_by_role("button", name="Archive", exact=True).dblclick()
    expect(row.locator(".status")).to_have_text("Archived")
    assert written(sandbox) == ["archive"]


def test_the_second_click_of_a_slow_double_click_does_not_hit_what_has_taken_its_place(
    bobs: Page, sandbox: Sandbox, tune
):
    row = row_of(bobs, tune)
    choose(row, "archive")
    button = bobs.get_by_role("alertdialog").get_by_role("button", name="Archive", exact=True)
    box = button.bounding_box()
    bobs.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(row.locator(".status")).to_have_text("Archived")
    # The same double click goes on: a browser counts by time and place, whatever is there by now.
    bobs.mouse.down(click_count=2)
    bobs.mouse.up(click_count=2)
    bobs.locator("#q").fill("contract")
    expect(bobs.locator("#count")).to_contain_text("of 16")
    assert written(sandbox) == ["archive"]
    expect(row.locator(".status")).to_have_text("Archived")


def test_archived_models_are_found_by_filter_and_by_search_with_restore_beside_them(bobs: Page, sandbox, archived):
    for address in ("/models/?status=archived", "/models/?q=rfp"):
        bobs.goto(address)
        expect_offer(row_of(bobs, archived), "unarchive")
    choose(row_of(bobs, archived), "unarchive")
    expect(row_of(bobs, archived).locator(".status")).to_have_text("Live")
    expect(message(bobs, "RFP answers is restored.")).to_be_visible()
    assert not sandbox.catalog.find(archived)["archived"]


def test_a_person_who_reads_only_the_page_renames_archives_finds_and_restores(browser_of, bob, sandbox: Sandbox, tune):
    page = browser_of(bob)
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Models").click()
    page.get_by_role("link", name=re.compile("Our fine-tunes")).click()
    row = page.get_by_role("row").filter(has_text="Contract clause finder")
    choose(row, "rename")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Contracts 2026")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="Contracts 2026")
    archive(row)
    expect(row).to_contain_text("Archived")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Models").click()
    page.locator("#q").fill("contracts")
    expect(page.locator("#count")).to_have_text("1 of 43 models")
    page.get_by_role("link", name="Clear all").click()
    page.get_by_role("group", name="Status").get_by_role("checkbox", name="Archived").check()
    expect(page).to_have_url(re.compile("status=archived"))
    row = page.get_by_role("row").filter(has_text="Contracts 2026")
    choose(row, "unarchive")
    expect(row).to_contain_text("Live")
    found = sandbox.catalog.find(tune)
    assert (found["name"], found["archived"]) == ("Contracts 2026", False)


def test_undo_from_the_message_touches_that_row_alone_and_not_what_is_being_typed(bobs: Page, sandbox, tune, archived):
    archive(row_of(bobs, tune))
    said = message(bobs, "Contract clause finder is archived.")
    field = edit(row_of(bobs, archived))
    field.fill("Half a thought")
    said.get_by_role("button", name="Undo").click()
    expect(row_of(bobs, tune).locator(".status")).to_have_text("Live")
    expect_offer(row_of(bobs, tune), "archive")
    expect(message(bobs, "Contract clause finder is restored.")).to_be_visible()
    expect(field).to_have_value("Half a thought")
    assert written(sandbox) == ["archive", "unarchive"]


def test_undo_on_the_models_page_shows_the_model_as_it_is_again(bobs: Page, sandbox: Sandbox, tune):
    bobs.goto(f"/models/{tune}/")
    archive(bobs.locator("#actions"))
    message(bobs, "is archived").get_by_role("button", name="Undo").click()
    expect_offer(bobs.locator("#actions"), "archive")
    expect(bobs.locator(".event")).to_have_count(2)
    assert written(sandbox) == ["archive", "unarchive"]


# --- When it goes wrong


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "html", "status": 500}, "The Models API is in trouble (500)"),
        ({"kind": "401"}, "API key"),
        ({"kind": "429"}, "too many"),
    ],
)
def test_a_failure_is_told_with_its_correlation_id_and_the_row_stays_as_it_was(
    bobs: Page, sandbox: Sandbox, tune, troubles, fault, words
):
    troubles.expect("50[0-9]|429|401")
    sandbox.faults.add(verb="archive", **fault)
    row = row_of(bobs, tune)
    archive(row)
    said = message(bobs, "Contract clause finder was not archived.")
    expect(said).to_contain_text(re.compile(re.escape(words), re.IGNORECASE))
    expect(said).to_contain_text("Correlation id: ")
    expect(row.locator(".status")).to_have_text("Live")
    expect(opener_of(row, "archive")).to_be_focused()
    sandbox.faults.clear()
    archive(row)
    expect(row.locator(".status")).to_have_text("Archived")


def test_a_failed_rename_keeps_what_was_typed_and_can_be_sent_again(place: Locator, sandbox: Sandbox, tune, troubles):
    troubles.expect("502")
    sandbox.faults.add("500", verb="update", times=1)
    field = edit(place)
    field.fill("Second try")
    field.press("Enter")
    expect(message(place.page, "was not renamed")).to_be_visible()
    expect(field).to_have_value("Second try")
    expect(field).to_be_focused()
    field.press("Enter")
    expect(message(place.page, "The name is now “Second try”.")).to_be_visible()
    assert sandbox.catalog.find(tune)["name"] == "Second try"


def test_a_timeout_after_the_change_was_made_is_settled_by_looking(bobs: Page, sandbox: Sandbox, tune, settings):
    settings.MODELS_API_TIMEOUT = 0.5
    sandbox.faults.add("hang", verb="archive", after=True, seconds=3, times=1)
    row = row_of(bobs, tune)
    archive(row)
    expect(message(bobs, "Contract clause finder is archived.")).to_be_visible()
    expect(row.locator(".status")).to_have_text("Archived")
    assert written(sandbox) == ["archive"]


def test_an_outcome_that_nobody_knows_is_said_and_checking_again_finds_out(
    place: Locator, sandbox: Sandbox, tune, troubles
):
    troubles.expect("504|502")
    sandbox.faults.add("504", verb="archive", times=1)
    page = place.page
    archive(place)
    said = message(page, "It is not known whether this worked")
    expect(said).to_contain_text("Correlation id: ")
    expect(opener_of(place, "archive")).to_be_focused()
    with page.expect_response(lambda response: response.request.method == "GET"):  # what is shown is loaded again
        said.get_by_role("button", name="Check again").click()
    expect(said).to_have_count(0)
    said = message(page, "is as it was before. The change may still be on its way: check again in a minute.")
    sandbox.catalog.archive(tune)  # it was still on its way
    said.get_by_role("button", name="Check again").click()
    expect(message(page, "Contract clause finder is archived.")).to_be_visible()
    expect(said).to_have_count(0)
    expect_offer(place, "unarchive")
    assert written(sandbox) == ["archive"]


def test_a_model_that_is_gone_upstream_says_so_in_its_row(bobs: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("404")
    sandbox.catalog.remove(tune)
    row = row_of(bobs, tune)
    archive(row)
    expect(row.locator(".status")).to_have_text("Gone")
    expect(row).not_to_have_attribute("data-can", re.compile("archive|rename|delete"))
    expect(message(bobs, "Contract clause finder was not archived.")).to_be_visible()


# --- Who may not


def test_a_viewer_sees_what_there_is_and_why_it_is_not_for_them(browser_of, carol, tune):
    page = browser_of(carol)
    page.goto("/models/")
    row = row_of(page, tune)
    row.locator("[data-more]").click()
    expect(page.locator("#row-menu li:visible")).to_have_text(["Watch", "Copy the id"])
    expect(page.get_by_text("Editors can rename and archive; Managers can delete.")).to_have_count(1)
    page.keyboard.press("Escape")
    page.goto(f"/models/{tune}/")
    expect(page.locator("#actions").get_by_role("button")).to_have_text(re.compile("Watch"))
    expect(page.locator("#actions").locator(".act")).to_have_count(0)
    expect(page.locator("#actions").get_by_text("Editors can rename and archive; Managers can delete.")).to_be_visible()
    page.goto("/models/mistral-large-2512/")
    expect(page.locator("#actions").locator(".act")).to_have_count(0)
    expect(page.get_by_text("it cannot be renamed, archived or deleted")).to_be_visible()


def test_a_manager_protects_a_model_and_lifts_that(browser_of, alice, bob, tune, sandbox: Sandbox):
    alices, bobs = browser_of(alice), browser_of(bob)
    alices.goto(f"/models/{tune}/")
    actions = alices.locator("#actions")
    choose(actions, "protect")
    expect(alices.get_by_role("button", name="More actions")).to_be_focused()
    expect(button_of(actions, "unprotect")).to_have_count(1)
    for verb in ("rename", "archive", "delete"):
        expect(button_of(actions, verb)).to_have_count(0)
    bobs.goto(TUNES)
    row = row_of(bobs, tune)
    expect(row.get_by_text("Protected")).to_be_visible()
    expect(row).to_have_attribute("data-can", "describe assign tag note plan")
    choose(actions, "unprotect")
    expect(alices.get_by_role("button", name="More actions")).to_be_focused()
    expect(button_of(actions, "delete")).to_have_count(1)
    bobs.reload()
    archive(row)
    expect(row.locator(".status")).to_have_text("Archived")
    assert written(sandbox) == ["archive"]


# --- Sessions


def test_a_session_that_ended_leads_to_the_login_and_back_never_into_a_cell(bobs: Page, sandbox: Sandbox, tune):
    bobs.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    choose(row_of(bobs, tune), "archive")
    expect(bobs.get_by_role("heading", level=1)).to_have_text("Sign in")
    bobs.get_by_label("Login").fill("bob")
    bobs.get_by_label("Password").fill("correct horse battery staple")
    bobs.get_by_role("button", name="Sign in").click()
    expect(bobs).to_have_url(TUNES)
    expect(row_of(bobs, tune).locator(".status")).to_have_text("Live")
    assert written(sandbox) == []


def test_a_stale_token_is_told_in_words_and_the_row_stays(bobs: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("403")
    row = row_of(bobs, tune)
    choose(row, "archive")
    expect(bobs.get_by_role("alertdialog")).to_be_visible()
    bobs.context.clear_cookies(name=django_settings.CSRF_COOKIE_NAME)
    confirm(bobs)
    expect(bobs.get_by_role("alert")).to_contain_text("This page was open for too long")
    expect_offer(row, "archive")
    assert written(sandbox) == []


def test_while_it_is_under_way_the_row_says_so_and_takes_nothing_else(bobs: Page, tune):
    row = row_of(bobs, tune)
    choose(row, "archive")
    expect(bobs.get_by_role("alertdialog")).to_be_visible()
    waiting = HeldUp(bobs, "/archive/$")
    confirm(bobs)
    expect(bobs.get_by_role("alertdialog")).to_have_count(0)
    expect(row).to_have_attribute("aria-busy", "true")
    expect(bobs.locator("#live")).to_have_text("Archiving…")
    assert says_beside(bobs, f'[data-model-id="{tune}"] .title') == "Archiving…"
    expect(row.locator("td").nth(1)).to_have_css("opacity", "0.55")
    row.locator("[data-more]").click()
    expect(bobs.locator("#row-menu")).to_be_hidden()
    waiting.let_go()
    expect(opener_of(row_of(bobs, tune), "unarchive")).to_be_focused()


def test_a_menu_asked_for_while_the_list_is_loaded_opens_on_the_new_row(bobs: Page, tune):
    waiting = HeldUp(bobs, "type=fine-tuned")
    bobs.get_by_role("link", name=re.compile("Our fine-tunes")).click()
    row_of(bobs, tune).locator("[data-more]").click()
    expect(bobs.locator("#row-menu")).to_be_hidden()
    waiting.let_go()
    expect(bobs.locator("#row-menu [data-verb=rename]")).to_be_focused()
    bobs.keyboard.press("Enter")
    expect(row_of(bobs, tune).get_by_label("Name", exact=True)).to_be_focused()


def test_a_menu_asked_for_while_the_list_is_loaded_opens_no_more_once_something_else_is_done(bobs: Page, tune):
    waiting = HeldUp(bobs, "type=fine-tuned")
    bobs.get_by_role("link", name=re.compile("Our fine-tunes")).click()
    row_of(bobs, tune).locator("[data-more]").click()
    bobs.locator("#q").press("Home")
    waiting.let_go()
    expect(bobs.locator("#results[aria-busy]")).to_have_count(0)
    expect(bobs.locator("#row-menu")).to_be_hidden()
    expect(bobs.locator("#q")).to_be_focused()


def test_while_a_text_is_saved_its_form_says_so(place: Locator, tune):
    page = place.page
    waiting = HeldUp(page, "/rename/$")
    choose(place, "rename")
    waiting.let_go()
    place.get_by_label("Name", exact=True).fill("Clauses")
    place.get_by_role("button", name="Save").click()
    expect(page.locator("#live")).to_have_text("Renaming…")
    assert says_beside(page, "form.edit") == "Renaming…"
    waiting.let_go()
    expect(message(page, "The name is now “Clauses”.")).to_be_visible()


def test_a_quick_answer_says_nothing_of_waiting(bobs: Page, tune):
    bobs.evaluate(
        """() => {
          window.heard = [];
          const live = document.getElementById("live");
          new MutationObserver(() => window.heard.push(live.textContent)).observe(live, { childList: true });
        }"""
    )
    choose(row_of(bobs, tune), "archive")
    expect(bobs.get_by_role("alertdialog")).to_be_visible()
    waiting = HeldUp(bobs, "/archive/$")
    # The page's clock stands still, so that an answer is quick whatever this machine is busy with.
    bobs.clock.install()
    bobs.clock.pause_at(bobs.evaluate("Date.now()") / 1000 + 1)
    confirm(bobs)
    waiting.await_one()
    bobs.clock.run_for(150)
    waiting.let_go()
    expect(message(bobs, "is archived")).to_be_visible()
    bobs.clock.run_for(1_000)
    assert bobs.evaluate("window.heard") == []
