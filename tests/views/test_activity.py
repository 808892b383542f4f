"""The history as people read it: every attempt by anyone, found again by filters, taken along as CSV and JSON."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from models_ui.access.policy import ActionDenied
from models_ui.actions import perform
from models_ui.actions.activity import COLUMNS, ActivityQuery
from models_ui.actions.context import Context
from models_ui.audit import chain
from models_ui.audit.chain import Entry, Outcome
from models_ui.listing.filters import PER_PAGE
from models_ui.models import AuditEvent, CatalogModel
from models_ui.text.diff import diff_words
from sandbox import Sandbox
from tests.support import verbs

HTMX = {"HX-Request": "true"}


@pytest.fixture
def tune(synced, sandbox: Sandbox) -> str:
    return sandbox.catalog.fine_tunes()[0]


@pytest.fixture
def told(alice, bob, carol, tune, sandbox) -> str:
    """Something of everything: a rename, a refusal, a failure, an unknown outcome and a protection."""
    other = sandbox.catalog.fine_tunes()[1]
    verbs.rename_model(
        context=Context(actor=bob, reason="It says what it does", request_id="r1"),
        model_id=tune,
        name="Ticket sorter",
        seen="Support triage",
    )
    with pytest.raises(ActionDenied):
        verbs.archive_model(context=Context(actor=carol), model_id=tune)
    sandbox.faults.add("403", shape="tier", verb="archive", times=1)
    verbs.archive_model(context=Context(actor=bob), model_id=other)
    sandbox.faults.add("504", verb="delete", times=1)
    perform.delete_model(context=Context(actor=alice), model_id=other)
    verbs.protect_model(context=Context(actor=alice), model_id=tune)
    return tune


def record(number: int, **more) -> AuditEvent:
    words = {
        "actor": "bob",
        "kind": "model.renamed",
        "model_id": "ft:x",
        "before": {"name": "a"},
        "after": {"name": "b"},
    }
    return chain.append_event(Entry(**{"action_id": f"{number:032}", **words, **more}), Outcome.SUCCEEDED)


def shown(client: Client, query: str = "") -> list[str]:
    """The lines of a page: who did what, and the outcome where there is one to tell."""
    html = client.get(f"/activity/{query}").content.decode()
    lines = re.findall(r'<p class="told">(.*?)</p>(.*?)<(?:details|/li)', html, re.DOTALL)
    outcomes = [re.search(r'class="outcome">([^<]+)<', rest) for _, rest in lines]
    told = [" ".join(unescape(re.sub(r"<[^>]+>", "", line)).split()) for line, _ in lines]
    return [f"{line}: {outcome[1].strip()}" if outcome else line for line, outcome in zip(told, outcomes, strict=True)]


ALL = [
    "alice protected Ticket sorter",
    "alice tried to delete Contract clause finder: unknown",
    "bob tried to archive Contract clause finder: failed",
    "carol tried to archive Ticket sorter: refused",
    "bob renamed Support triage to “Ticket sorter”",
]


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


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "\u202eevil", "=1+1", "a\r\nb", "😀" * 10, "x" * 10_000])
def test_hostile_names_and_reasons_are_harmless(viewer, db, evil):
    record(1, label=evil, before={"name": evil}, after={"name": evil + "!"}, reason=evil)
    html = viewer.get("/activity/").content.decode()
    assert "<script>alert" not in html
    assert "<bdi>" in html
    rows = list(csv.reader(io.StringIO(export(viewer, "csv", everyone=True))))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in rows[1])


# --- Jobs, facets, periods


def record_in_job(number: int, outcome: Outcome = Outcome.SUCCEEDED, **more) -> AuditEvent:
    words = {"actor": "bob", "kind": "model.archived", "model_id": f"ft:{number}", "label": f"Tune {number}"}
    values = {"before": {"archived": False}, "after": {"archived": True}}
    entry = Entry(**{"action_id": f"{number:032}", "job": "a1", **words, **values, **more})
    chain.append_event(entry, Outcome.ATTEMPTED)
    return chain.append_event(entry, outcome)


def test_a_bulk_job_is_one_line_that_unfolds_its_models(viewer, db):
    for number in range(5):
        record_in_job(number, Outcome.FAILED if number == 3 else Outcome.SUCCEEDED)
    record(99, actor="alice")
    assert shown(viewer) == ["alice renamed ft:x to “b”", "bob archived 4 of 5 models: 1 failed"]
    html = viewer.get("/activity/").content.decode()
    job = html.partition('data-job="a1"')[2].partition("</details>")[0]
    assert re.findall(r'<a href="/models/[^"]+"><bdi>([^<]+)<', job) == [f"Tune {number}" for number in (4, 3, 2, 1, 0)]
    assert job.count('href="/bulk/a1/"') == 1
    assert "6 actions" in html  # as in the exports


def test_a_job_that_failed_as_a_whole_says_so_and_one_that_worked_needs_no_more(viewer, db):
    record_in_job(1, Outcome.REFUSED)
    record_in_job(2, Outcome.UNKNOWN)
    record_in_job(3, job="b2", kind="model.unarchived")
    record_in_job(4, job="b2", kind="model.unarchived")
    assert shown(viewer) == ["bob restored 2 models", "bob tried to archive 2 models: 1 refused, 1 not known"]


def test_a_filter_leaves_of_a_job_what_it_matches(viewer, db):
    for number in range(4):
        record_in_job(number, Outcome.FAILED if number < 2 else Outcome.SUCCEEDED)
    assert shown(viewer, "?outcome=failed") == ["bob tried to archive 2 models: 2 failed"]
    assert shown(viewer, "?model=ft%3A3") == ["bob archived Tune 3"]


def test_of_a_long_job_some_models_are_listed_and_the_rest_is_a_link(viewer, db, django_assert_max_num_queries):
    for number in range(70):
        record_in_job(number)
    viewer.get("/activity/")
    with django_assert_max_num_queries(14):
        html = viewer.get("/activity/").content.decode()
    assert shown(viewer) == ["bob archived 70 models"]
    assert "and 60 more" in html
    assert 'rel="next"' not in html


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


# --- Exports


def export(client: Client, kind: str, query: str = "", *, everyone: bool = False) -> str:
    if everyone:
        from django.contrib.auth.models import Group, User

        User.objects.get(username="carol").groups.set([Group.objects.get(name="Manager")])
    answer = client.get(f"/activity.{kind}{query}")
    assert answer.status_code == 200
    return answer.content.decode("utf-8-sig")


def test_a_manager_exports_everyones_and_others_their_own(alice, bob, viewer, told, client_of):
    def actors(client: Client) -> list[str]:
        return [row["actor"] for row in csv.DictReader(io.StringIO(export(client, "csv")))]

    assert actors(client_of(alice)) == ["alice", "alice", "bob", "carol", "bob"]
    assert actors(client_of(bob)) == ["bob", "bob"]
    assert actors(viewer) == ["carol"]
    assert "a Manager can export everyone’s" in viewer.get("/activity/").content.decode()
    assert "a Manager can export everyone’s" not in client_of(alice).get("/activity/").content.decode()


def test_the_activity_of_another_person_is_not_given_for_the_asking(bob, told, client_of):
    answer = client_of(bob).get("/activity.json?actor=alice").json()
    assert (answer["total"], answer["everyone"], answer["actions"]) == (0, False, [])


def test_exports_follow_the_filter_and_hold_all_pages(alice, client_of, db):
    for number in range(PER_PAGE + 5):
        record(number, actor="bob" if number % 5 else "alice")
    client = client_of(alice)
    everything = client.get("/activity.json").json()
    assert everything["total"] == len(everything["actions"]) == PER_PAGE + 5
    assert client.get("/activity.json?actor=alice&before=3").json()["total"] == 11


def test_the_csv_has_one_row_an_action_with_what_was_and_what_is(alice, client_of, told):
    answer = client_of(alice).get("/activity.csv?kind=model.renamed")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="activity-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"])
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["before"], row["after"], row["reason"]) == ("Support triage", "Ticket sorter", "It says what it does")
    assert row["hash"] == AuditEvent.objects.get(kind="model.renamed", outcome="succeeded").hash


def test_the_json_says_why_something_failed(alice, client_of, told):
    (action,) = client_of(alice).get("/activity.json?outcome=failed").json()["actions"]
    assert tuple(action) == COLUMNS
    assert "plan" in action["why"]
    assert (action["before"], action["after"]) == ({"archived": False}, {"archived": True})


def test_an_empty_export_has_its_heading(viewer, db):
    assert export(viewer, "csv").startswith("at (UTC),actor,action,model_id")


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
