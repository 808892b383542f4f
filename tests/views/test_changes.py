"""The page of what upstream changed: sentences with links, found again by filters."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from models_ui.changes.page import ChangesQuery
from models_ui.listing.filters import PER_PAGE
from models_ui.mirror.sync import run_sync
from models_ui.people.preferences import store_preferences
from sandbox import Sandbox
from tests.support.changes import ALL, AT, EMBED, LATEST, MEDIUM, change, changes_of_most_kinds

HTMX = {"HX-Request": "true"}


@pytest.fixture
def told(synced) -> None:
    changes_of_most_kinds()


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def shown(client: Client, query: str = "", page: str = "/changes/") -> list[str]:
    html = client.get(f"{page}{query}").content.decode()
    return [text_of(each) for each in re.findall(r'class="entry change".*?<p class="told">(.*?)</p>', html, re.DOTALL)]


def days_in(html: str) -> list[tuple[str, str]]:
    return re.findall(r'class="day"><time datetime="([^"]+)"[^>]*>([^<]+)<', html)


def tabs_in(html: str) -> dict[str, str]:
    nav = html.partition('<nav id="views"')[2].partition("</nav>")[0]
    return {label.strip(): count for label, count in re.findall(r'>([^<>]+)<span class="count">([^<]*)<', nav)}


def options_in(html: str) -> dict[str, str]:
    return dict(re.findall(r'name="kind" value="([^"]+)"[^>]*>[^<]*<span class="count">([^<]*)<', html))


def periods_in(html: str) -> list[tuple[str, str, bool]]:
    links = html.partition('class="presets"')[2].partition("</p>")[0]
    found = re.findall(r'<a class="chip" href="([^"]+)"([^>]*)>([^<]+)<', links)
    return [(unescape(address), label.strip(), "aria-current" in rest) for address, rest, label in found]


def html_of(client: Client, address: str = "/changes/") -> str:
    return client.get(address).content.decode()


def test_changes_are_told_newest_first_by_day(viewer, told):
    with time_machine.travel(AT + timedelta(days=2, hours=3)):
        html = html_of(viewer)
    assert shown(viewer) == ALL
    assert days_in(html) == [("2026-03-03", "Today"), ("2026-03-02", "Monday"), ("2026-03-01", "Sunday")]
    assert 'aria-current="page" data-key="gc">' in html
    assert "6 changes" in html
    with time_machine.travel(AT + timedelta(days=20)):
        assert [day for _, day in days_in(html_of(viewer))] == ["3 Mar", "2 Mar", "1 Mar"]
    change(at=AT - timedelta(days=300))
    with time_machine.travel(AT + timedelta(days=20)):
        assert days_in(html_of(viewer))[0][1] == "5 May 2025"


def test_a_line_adds_no_word_that_its_sentence_says(viewer, told):
    assert re.findall(r'<span class="note">([^<]+)<', html_of(viewer)) == ["announced"]


def test_days_and_times_are_those_of_the_readers_zone_which_is_named(viewer, carol, synced):
    change("model.added", at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert "times are in UTC" in html_of(viewer)
    store_preferences(carol, time_zone="Europe/Paris")
    html = html_of(viewer)
    assert [day for day, _ in days_in(html)] == ["2026-03-02"]
    assert re.search(r"<time [^>]*2026-03-01T23:30:00Z[^>]*>\s*00:30", html)
    assert "times are in Europe/Paris" in html
    assert shown(viewer, "?from=2026-03-02&to=2026-03-02") == [f"{MEDIUM} is new."]
    assert shown(viewer, "?to=2026-03-01") == []


def test_what_concerns_our_fine_tunes_comes_first_in_its_day_and_has_a_tab(viewer, synced, sandbox: Sandbox):
    sandbox.catalog.update(sandbox.catalog.fine_tunes()[0], root=EMBED)
    run_sync()
    tune = sandbox.catalog.fine_tunes()[1]
    change("name.changed", tune, label="Mine", before="Mine", after="Yours")
    change("model.added", EMBED)
    change("model.added", "codestral-2508-new")
    html = html_of(viewer)
    assert [sentence.split()[0] for sentence in shown(viewer)] == [EMBED, "“Mine”", "codestral-2508-new"]
    assert re.findall(r'class="group">([^<]+)<', html) == [
        "Our fine-tunes and their base models",
        "Mistral’s other models",
    ]
    assert tabs_in(html) == {"All": "3", "Our fine-tunes and their base models": "2"}
    html = html_of(viewer, "/changes/?affects=fine-tunes")
    assert len(shown(viewer, "?affects=fine-tunes")) == 2
    assert 'class="group"' not in html  # a day with one group needs no heading
    assert tabs_in(html) == {"All": "3", "Our fine-tunes and their base models": "2"}


def test_facets_say_how_many_each_value_leaves_and_which_none_here_has(viewer, told):
    html = html_of(viewer, "/changes/?kind=context.changed")
    assert options_in(html) == {
        "alias.repointed": "2",
        "capability.added": "1",
        "context.changed": "1",
        "deprecation.announced": "1",
        "model.missing": "1",
    }
    assert "7 more that none here has" in html
    assert options_in(html_of(viewer, f"/changes/?model={EMBED}")) == {"alias.repointed": "2", "capability.added": "1"}


def test_of_a_very_long_history_the_counts_say_at_least(viewer, told, monkeypatch):
    monkeypatch.setattr("models_ui.listing.history_counts.MOST_COUNTED", 3)
    html = html_of(viewer)
    assert options_in(html)["alias.repointed"] == "2+"
    assert options_in(html)["name.changed"] == ""  # an older one may be
    assert "that none here has" not in html
    assert tabs_in(html)["All"] == "4+"


@pytest.mark.parametrize(("period", "number"), [("7", 1), ("30", 2), ("", 3)])
def test_the_last_days_are_a_click_away(viewer, synced, period: str, number: int):
    for days in (1, 20, 300):
        change(model_id=f"m{days}", at=timezone.now() - timedelta(days=days))
    html = html_of(viewer)
    assert [(label, current) for _, label, current in periods_in(html)] == [
        ("Last 7 days", False),
        ("Last 30 days", False),
    ]
    assert len(shown(viewer, f"?period={period}" if period else "")) == number
    assert viewer.get(f"/changes.json?period={period}").json()["total"] == number
    html = html_of(viewer, "/changes/?period=7&kind=model.added")
    assert ("/changes/?kind=model.added", "Last 7 days", True) in periods_in(html)
    assert ("/changes/?kind=model.added&period=30", "Last 30 days", False) in periods_in(html)


def test_models_in_a_sentence_are_links_and_those_nobody_knows_are_text(viewer, told, sandbox: Sandbox):
    html = html_of(viewer)
    assert f'now means <a href="/models/{EMBED}/"><bdi>{EMBED}</bdi></a>' in html
    assert f'<a href="/models/{MEDIUM}/"><bdi>{MEDIUM}</bdi></a>' in html
    assert "<bdi>forgotten-2301</bdi> is gone from Mistral’s list." in html
    assert "/models/forgotten-2301/" not in html
    assert "/models/some-latest/" not in html
    change("model.added", "voxtral-mini-latest")
    assert 'href="/models/voxtral-mini-latest/"' in html_of(viewer)  # two models: the page lets one choose
    for address in set(re.findall(r'href="(/models/[^"]+)"', html_of(viewer))):
        assert viewer.get(unescape(address), follow=True).status_code == 200


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("kind=alias.repointed", [0, 2]),
        ("kind=alias.repointed&kind=model.missing", [0, 2, 5]),
        (f"model={MEDIUM}", [0, 1, 2, 3]),
        (f"model={EMBED}", [0, 2, 4]),
        (f"model={LATEST}", [0, 2]),
        ("model=nothing-like-it", []),
        ("q=LATEST", [0, 2]),
        ("q=latest+alias", [0, 2]),
        ("q=vision", [4]),
        ("q=2030-08", [1]),
        ("q=medium+embed", [0, 2]),
        ("from=2026-03-02", [0, 1, 2, 3]),
        ("from=2026-03-02&to=2026-03-02", [2, 3]),
        ("to=2026-03-01", [4, 5]),
        (f"kind=context.changed&model={EMBED}", []),
    ],
)
def test_filters(viewer, told, query: str, rows: list[int]):
    assert shown(viewer, f"?{query}") == [ALL[each] for each in rows]


def test_only_what_affects_our_fine_tunes_is_about_their_base_models(viewer, told, sandbox: Sandbox):
    sandbox.catalog.update(sandbox.catalog.fine_tunes()[0], root=LATEST)
    sandbox.catalog.update(sandbox.catalog.fine_tunes()[1], root="mistral-embed")
    run_sync()
    found = shown(viewer, "?affects=fine-tunes")
    assert ALL[4] in found  # trained from one of its aliases
    assert {ALL[0], ALL[2]} <= set(found)  # the alias itself is a base model's name
    assert ALL[5] not in found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("colour=red", "“colour” is not a filter of this page"),
        ("kind=model.invented", "“model.invented” is not one of the values of “kind”"),
        ("affects=nobody", "“nobody” is not one of the values of “affects”"),
        ("from=yesterday", "“yesterday” is not one of the values of “from”"),
        ("before=-1", "“-1” is not one of"),
        ("model=a&model=b", "“model” was given more than once"),
        ("<b>=1", "“&lt;b&gt;” is not a filter"),
    ],
)
def test_a_senseless_parameter_is_ignored_with_a_note(viewer, told, query: str, sentence: str):
    assert sentence in html_of(viewer, f"/changes/?{query}")


@pytest.mark.parametrize("query", ["q=%00%ed%a0%80", "q=" + "x" * 5000, "&" * 900, "model=" + "%25" * 999, "q=%25%22'"])
def test_hostile_addresses_are_answered(viewer, told, query: str):
    for page in ("/changes/", "/changes.csv", "/changes.json"):
        assert viewer.get(f"{page}?{query}").status_code == 200


def test_the_address_reads_back_as_it_was_written():
    query, ignored = ChangesQuery.parse(
        "to=2026-02-03&affects=fine-tunes&kind=model.missing&kind=alias.repointed&q=x%26y&model=a&before=7&from=2026-01-02"
    )
    assert ignored == ()
    assert query.address() == (
        "/changes/?q=x%26y&kind=alias.repointed&kind=model.missing&affects=fine-tunes&model=a"
        "&from=2026-01-02&to=2026-02-03&before=7"
    )
    assert ChangesQuery.parse(query.address().partition("?")[2]) == (query, ())


def test_chips_name_each_filter_and_take_it_away(viewer, told):
    html = html_of(viewer, "/changes/?kind=model.added&affects=fine-tunes&model=a&q=x")
    chips = dict(re.findall(r'class="chip" href="([^"]+)".*?>([^<]+)<span', html))
    assert {unescape(address): label for address, label in chips.items()} == {
        "/changes/?kind=model.added&affects=fine-tunes&model=a": "“x”",
        "/changes/?q=x&kind=model.added&affects=fine-tunes": "Model: a",
        "/changes/?q=x&affects=fine-tunes&model=a": "What: New model",
        "/changes/?q=x&kind=model.added&model=a": "Our fine-tunes and their base models",
    }


def test_pages_follow_the_key_and_do_not_shift_while_news_come(viewer, synced):
    for number in range(PER_PAGE + 10):
        change(model_id=f"m{number}")
    html = html_of(viewer)
    older = unescape(re.search(r'rel="next" href="([^"]+)"', html)[1])
    assert shown(viewer)[0] == "m59 is new."
    change(model_id="late")
    assert shown(viewer, older.removeprefix("/changes/")) == [f"m{number} is new." for number in range(9, -1, -1)]
    html = html_of(viewer, older)
    assert 'rel="next"' not in html
    assert ">Newest</a>" in html
    assert "Nothing older" in html_of(viewer, "/changes/?before=1")


def test_a_page_costs_a_handful_of_queries_however_long_it_is(viewer, synced, django_assert_max_num_queries):
    for number in range(PER_PAGE):
        change(model_id=f"m{number}")
    html_of(viewer)
    with django_assert_max_num_queries(10):
        html_of(viewer, f"/changes/?model={MEDIUM}")


def test_htmx_gets_the_results_alone_and_the_address_to_show(viewer, told):
    answer = viewer.get("/changes/?kind=model.missing&q=", headers=HTMX)
    assert '<div id="results"' in answer.content.decode()
    assert "<header" not in answer.content.decode()
    assert answer["HX-Push-Url"] == "/changes/?kind=model.missing"
    answer = viewer.get("/changes/?q=x", headers=HTMX | {"HX-Trigger-Name": "q"})
    assert answer["HX-Replace-Url"] == "/changes/?q=x"
    answer = viewer.get("/changes/", headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert answer.content.decode().strip().startswith("<!DOCTYPE html>")


def test_without_javascript_empty_fields_leave_the_address(viewer, told):
    answer = viewer.get("/changes/?q=&kind=model.missing&from=&to=")
    assert answer["Location"] == "/changes/?kind=model.missing"


def test_empty_states_tell_nothing_yet_from_nothing_known_and_from_no_match(viewer, db, sandbox: Sandbox):
    assert "Nothing is known yet" in html_of(viewer)
    run_sync()
    today = timezone.now()
    expected = f"Nothing has changed at Mistral since the first sync on {today.day} {today:%b %Y}."
    assert expected in html_of(viewer)
    change()
    html = html_of(viewer, "/changes/?q=nowhere")
    assert "No change matches" in html
    assert "Show all changes" in html


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", "\u202eevil", "=1+1", "a\r\nb", "{model}%(model)s{", "../x"]
)
def test_hostile_names_are_harmless(viewer, synced, evil: str):
    change("name.changed", evil, label=evil, before=evil, after=evil + "!")
    change("alias.repointed", evil, subject=evil, before=evil + "?", after=evil)
    change(f"model.{evil}"[:40], evil)
    html = html_of(viewer)
    assert "<script>alert" not in html
    assert unescape(html).count(evil) >= 4 or "\r" in evil
    rows = list(csv.reader(io.StringIO(viewer.get("/changes.csv").content.decode("utf-8-sig"))))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in rows for cell in row)


# --- Histories


def test_an_alias_says_where_it_pointed_and_when(viewer, told):
    html = text_of(html_of(viewer, f"/changes/?model={LATEST}").partition('id="pointed"')[2].partition("</ol>")[0])
    assert f"{MEDIUM} since 3 Mar 2026" in html
    assert f"{EMBED} from 2 Mar 2026 until 3 Mar 2026" in html
    assert f"{MEDIUM} until 2 Mar 2026" in html
    assert 'id="pointed"' not in html_of(viewer, f"/changes/?model={EMBED}")


def test_a_model_page_tells_its_own_changes_and_which_aliases_moved_to_it(viewer, told):
    page = f"/models/{MEDIUM}/"
    assert shown(viewer, page=page) == [f"At Mistral: {ALL[each]}" for each in (0, 1, 2, 3)]
    html = html_of(viewer, page)
    assert f'href="/changes/?model={MEDIUM}"' in html
    change("alias.repointed", EMBED, subject="mistral-embed", before="old", after=EMBED)
    html = html_of(viewer, f"/models/{EMBED}/?alias=mistral-embed")
    assert html.count('href="/changes/?model=mistral-embed"') == 2  # beside the alias, and since it led here
    assert shown(viewer, page="/models/codestral-2508/") == []


def test_the_start_page_tells_the_last_five(viewer, told):
    with time_machine.travel(AT + timedelta(days=2, hours=3)):
        html = html_of(viewer, "/").partition('id="changed"')[2]
    lines = html.partition('<ul class="recent">')[2].partition("</ul>")[0]
    found = [text_of(each) for each in re.findall(r"<p>(.*?)</p>", lines, re.DOTALL)]
    assert found == ALL[:5]
    assert 'href="/changes/"' in html
