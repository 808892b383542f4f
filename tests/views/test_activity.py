"""The history as people read it: every attempt by anyone, found again by filters."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from models_ui.actions.activity import ActivityQuery
from models_ui.actions.context import Context
from models_ui.listing.filters import PER_PAGE
from models_ui.models import AuditEvent, CatalogModel
from models_ui.text.diff import diff_words
from tests.support import verbs
from tests.support.activity import ALL, record, shown, some_of_everything

HTMX = {"HX-Request": "true"}


@pytest.fixture
def told(alice, bob, carol, tune, sandbox) -> str:
    return some_of_everything(alice, bob, carol, tune, sandbox)


def test_every_attempt_is_listed_newest_first_for_everybody(viewer, told):
    assert shown(viewer) == ALL


def test_an_entry_says_who_what_why_and_what_to_ask_with(viewer, told):
    html = viewer.get("/activity/?kind=model.renamed").content.decode()
    event = AuditEvent.objects.get(kind="model.renamed", outcome="succeeded")
    for expected in (
        f'<a href="/models/{told}/"><bdi>Support triage</bdi></a>',
        "<del><bdi>“Support triage”</bdi></del> → <ins><bdi>“Ticket sorter”</bdi></ins>",
        "It says what it does",
        event.correlation_id,
        "<code>r1</code>",
        f'datetime="{event.at:%Y-%m-%dT%H:%M:%SZ}"',
        "under way",
    ):
        assert expected in html


def test_failures_and_refusals_say_why(viewer, told):
    html = viewer.get("/activity/").content.decode()
    assert "is not part of your organisation’s plan" in html
    assert "Needs the Editor role." in html
    assert "Check again" in html


def test_a_refusal_is_told_in_the_readers_language(viewer, told, monkeypatch):
    event = AuditEvent.objects.get(outcome="refused")
    assert event.failure == {"type": "denied", "reason": "Needs the %(role)s role", "words": {"role": "Editor"}}
    words = {"Needs the %(role)s role": "Il faut le rôle %(role)s", "Editor": "Éditeur"}
    monkeypatch.setattr("models_ui.audit.outcome_detail._", words.__getitem__)
    assert "Il faut le rôle Éditeur." in viewer.get("/activity/").content.decode()


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("actor=bob", [2, 4]),
        ("actor=bob&actor=carol", [2, 3, 4]),
        ("actor=nobody", []),
        ("kind=model.archived", [2, 3]),
        ("kind=model.archived&outcome=failed", [2]),
        ("outcome=unknown", [1]),
        ("outcome=refused&outcome=failed", [2, 3]),
        ("q=SORTER", [0, 3, 4]),
        ("q=what+does", [4]),
        ("q=sorter+carol", [3]),
        ("q=r1", [4]),
        ("from=2020-01-01&to=2999-12-31", [0, 1, 2, 3, 4]),
        ("to=2020-01-01", []),
        ("from=2999-01-01", []),
    ],
)
def test_filters(viewer, told, query, rows):
    assert shown(viewer, f"?{query}") == [ALL[each] for each in rows]


def test_one_models_activity_and_its_correlation_ids_are_found(viewer, told):
    assert shown(viewer, f"?model={quote(told, safe='')}") == [ALL[0], ALL[3], ALL[4]]
    correlation_id = AuditEvent.objects.get(outcome="failed").correlation_id
    assert shown(viewer, f"?q={correlation_id}") == [ALL[2]]


def test_a_day_lasts_until_midnight_utc(viewer, db):
    for number, hour in enumerate((datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))):
        with time_machine.travel(hour, tick=False):
            record(number, actor=f"p{number}")
    assert shown(viewer, "?to=2026-03-01") == ["p0 renamed ft:x to “b”"]
    assert shown(viewer, "?from=2026-03-02") == ["p1 renamed ft:x to “b”"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("colour=red", "“colour” is not a filter of this page"),
        ("outcome=maybe", "“maybe” is not one of the values of “outcome”"),
        ("kind=rename", "“rename” is not one of"),
        ("from=yesterday", "“yesterday” is not one of the values of “from”"),
        ("from=2026-02-30", "“2026-02-30” is not one of"),
        ("before=-1", "“-1” is not one of"),
        ("q=a&q=b", "“q” was given more than once"),
        ("<b>=1", "“&lt;b&gt;” is not a filter"),
    ],
)
def test_a_senseless_parameter_is_ignored_with_a_note(viewer, told, query, sentence):
    html = viewer.get(f"/activity/?{query}").content.decode()
    assert sentence in html


@pytest.mark.parametrize(
    "query", ["q=%00%ed%a0%80", "before=99999999999999999999", "q=" + "x" * 5000, "&" * 900, "actor=" + "x" * 999]
)
def test_hostile_addresses_are_answered(viewer, told, query):
    assert viewer.get(f"/activity/?{query}").status_code == 200
    assert viewer.get(f"/activity.csv?{query}").status_code == 200


def test_the_address_reads_back_as_it_was_written():
    query, ignored = ActivityQuery.parse(
        "to=2026-02-03&kind=model.deleted&actor=b&actor=a&q=x%26y&model=ft:a&before=7&from=2026-01-02"
    )
    assert ignored == ()
    assert query.address() == (
        "/activity/?q=x%26y&actor=a&actor=b&kind=model.deleted&model=ft%3Aa&from=2026-01-02&to=2026-02-03&before=7"
    )
    assert ActivityQuery.parse(query.address().partition("?")[2]) == (query, ())


def test_chips_name_each_filter_and_take_it_away(viewer, told):
    html = viewer.get("/activity/?actor=bob&actor=carol&outcome=failed&q=x").content.decode()
    chips = dict(re.findall(r'class="chip" href="([^"]+)".*?>([^<]+)<span', html))
    assert chips == {
        "/activity/?actor=bob&amp;actor=carol&amp;outcome=failed": "“x”",
        "/activity/?q=x&amp;actor=carol&amp;outcome=failed": "Who: bob",
        "/activity/?q=x&amp;actor=bob&amp;outcome=failed": "Who: carol",
        "/activity/?q=x&amp;actor=bob&amp;actor=carol": "Outcome: failed",
    }


def test_pages_follow_the_key_and_do_not_shift_while_others_act(viewer, db):
    for number in range(PER_PAGE + 10):
        record(number, actor=f"p{number}")
    html = viewer.get("/activity/").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', html)[1]
    first = shown(viewer)
    record(999, actor="late")
    second = shown(viewer, older.removeprefix("/activity/"))
    assert len(first) == PER_PAGE
    assert first[0] == "p59 renamed ft:x to “b”"
    assert [each.split()[0] for each in second] == [f"p{number}" for number in range(9, -1, -1)]
    html = viewer.get(older).content.decode()
    assert 'rel="next"' not in html
    assert ">Newest</a>" in html


def test_a_page_costs_a_handful_of_queries_however_long_it_is(viewer, db, django_assert_max_num_queries):
    for number in range(PER_PAGE):
        record(number)
    viewer.get("/activity/")
    with django_assert_max_num_queries(12):
        viewer.get("/activity/")


def test_htmx_gets_the_results_alone_and_the_address_to_show(viewer, told):
    answer = viewer.get("/activity/?outcome=failed&actor=", headers=HTMX)
    html = answer.content.decode()
    assert '<div id="results"' in html
    assert "<header" not in html
    assert answer["HX-Push-Url"] == "/activity/?outcome=failed"
    answer = viewer.get("/activity/?q=x", headers=HTMX | {"HX-Trigger-Name": "q"})
    assert answer["HX-Replace-Url"] == "/activity/?q=x"
    answer = viewer.get("/activity/", headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert answer.content.decode().strip().startswith("<!DOCTYPE html>")


def test_without_javascript_empty_fields_leave_the_address(viewer, told):
    answer = viewer.get("/activity/?q=&outcome=failed&from=&to=")
    assert answer.status_code == 302
    assert answer["Location"] == "/activity/?outcome=failed"


def test_empty_states_tell_nothing_yet_from_no_match(viewer, synced, bob):
    assert "Nothing has been done yet" in viewer.get("/activity/").content.decode()
    record(1)
    html = viewer.get("/activity/?actor=nobody").content.decode()
    assert "No action matches" in html
    assert "Show all actions" in html


def test_undo_is_offered_to_whoever_may(viewer, bob, alice, told, client_of):
    def offered(client: Client) -> int:
        return client.get("/activity/").content.decode().count("/undo/")

    assert offered(viewer) == 0
    assert offered(client_of(bob)) == 0  # the renamed model is protected
    assert offered(client_of(alice)) == 1
    verbs.unprotect_model(context=Context(actor=alice), model_id=told)
    assert offered(client_of(bob)) == 1


def test_undo_from_the_history_comes_back_to_it(bob, tune, client_of, sandbox):
    event = verbs.archive_model(context=Context(actor=bob), model_id=tune).event
    client, where = client_of(bob), "http://testserver/activity/?actor=bob"
    html = client.get(f"/activity/{event.action_id}/undo/", headers={"Referer": where}).content.decode()
    assert "<del><bdi>archived</bdi></del> → <ins><bdi>live</bdi></ins>" in html
    assert f'name="next" value="{where}"' in html
    answer = client.post(f"/activity/{event.action_id}/undo/", {"next": where})
    assert answer["Location"] == where
    assert sandbox.catalog.find(tune)["archived"] is False
    assert shown(client) == ["bob restored Support triage", "bob archived Support triage"]


def test_each_model_has_its_own_history_and_a_deleted_one_keeps_it(alice, client_of, told):
    client = client_of(alice)
    html = client.get(f"/models/{told}/").content.decode()
    assert "</strong> renamed" in html
    assert "Needs the Editor role." in html
    assert "delete" not in html.split("History")[1].split("Call it")[0]
    assert f'href="/activity/?model={quote(told, safe="")}"' in html


def test_an_id_that_no_address_can_carry_is_shown_without_a_link(viewer, db):
    for number, model_id in enumerate(("../files/abc?x=1#y", "", "a/b", "x" * 300, "<b>", "%2e")):
        record(number, model_id=model_id, label="")
    html = viewer.get("/activity/").content.decode()
    assert "../files/abc?x=1#y" in html
    assert 'href="/models/.' not in html
    assert "<b>" not in html


# --- Facets, periods


def test_facets_say_how_many_each_value_leaves(viewer, told):
    def options(query: str = "") -> dict[str, str]:
        html = viewer.get(f"/activity/{query}").content.decode()
        found = re.findall(
            r'name="(?:actor|kind|outcome)" value="([^"]+)"[^>]*>[^<]*<span class="count">([^<]*)<', html
        )
        return dict(found)

    assert options() == {
        "model.renamed": "1",
        "model.archived": "2",
        "model.protected": "1",
        "model.deleted": "1",
        "alice": "2",
        "bob": "2",
        "carol": "1",
        "succeeded": "2",
        "failed": "1",
        "refused": "1",
        "unknown": "1",
    }
    assert options("?actor=bob&outcome=failed") == {"model.archived": "1", "bob": "1", "succeeded": "1", "failed": "1"}


def test_everyones_activity_and_ones_own_are_tabs(client_of, bob, told):
    html = client_of(bob).get("/activity/").content.decode()
    nav = html.partition('<nav id="views"')[2].partition("</nav>")[0]
    tabs = re.findall(r'href="([^"]+)"[^>]*>\s*([^<>]+?)\s*<span class="count">(\d+)<', nav)
    assert tabs == [("/activity/", "Everyone", "5"), ("/activity/?actor=bob", "Mine", "2")]


def test_the_last_days_are_a_click_away(viewer, db):
    with time_machine.travel(timezone.now() - timedelta(days=10)):
        record(1, actor="old")
    record(2, actor="new")
    assert shown(viewer, "?period=7") == ["new renamed ft:x to “b”"]
    assert len(shown(viewer, "?period=30")) == 2
    assert "Since I was last here" not in viewer.get("/activity/").content.decode()


def test_who_was_here_before_sees_what_is_new_since(client_of, bob):
    client, now = client_of(bob), timezone.now()
    with time_machine.travel(now - timedelta(hours=6), tick=False):
        record(1, actor="early")
    with time_machine.travel(now - timedelta(hours=5), tick=False):
        client.get("/activity/")
    with time_machine.travel(now - timedelta(hours=3), tick=False):
        record(2, actor="late")
    html = client.get("/activity/").content.decode()
    assert ("/activity/?period=visit", "Since I was last here") in re.findall(
        r'class="chip" href="([^"]+)"[^>]*>([^<]+)<', html
    )
    assert shown(client, "?period=visit") == ["late renamed ft:x to “b”"]
    assert client.get("/activity.csv?period=visit").content.decode().count("model.renamed") == 0  # an Editor's own


# --- Differences


def test_long_texts_differ_word_by_word():
    before = "one two three four five six seven eight nine ten"
    pieces = diff_words(before, before.replace("five", "5"))
    assert [(each.kind, each.text) for each in pieces] == [
        ("same", "one two three four "),
        ("del", "five "),
        ("ins", "5 "),
        ("same", "six seven eight nine ten"),
    ]
    assert [each.kind for each in diff_words("short", "other")] == ["del", "ins"]
    assert [each.kind for each in diff_words(before, "all of it is quite another text by now, so there")] == [
        "del",
        "ins",
    ]


def test_ten_thousand_characters_take_no_time():
    before = "word " * 2_000
    assert diff_words(before, before + "more")
    assert diff_words("a b " * 5_000, "c d " * 5_000)


def test_undo_is_offered_only_where_it_can_be_done(client_of, alice, told, sandbox):
    manager = client_of(alice)

    def offers() -> int:
        return len(re.findall(r'href="/activity/[^"]+/undo/"', manager.get("/activity/").content.decode()))

    assert offers() == 1  # to lift the protection; until then the rename stays
    verbs.unprotect_model(context=Context(actor=alice), model_id=told)
    assert offers() == 2  # the rename, and to protect it again
    CatalogModel.objects.filter(model_id=told).update(missing_since=timezone.now())
    assert offers() == 1
