"""The history taken along as CSV and JSON: whose actions that are, and what stands in them."""

import csv
import io
import re

import pytest
from django.test import Client

from models_ui.actions.activity import COLUMNS
from models_ui.listing.filters import PER_PAGE
from models_ui.models import AuditEvent
from tests.support.activity import record, some_of_everything


@pytest.fixture
def told(alice, bob, carol, tune, sandbox) -> str:
    return some_of_everything(alice, bob, carol, tune, sandbox)


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


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "\u202eevil", "=1+1", "a\r\nb", "😀" * 10, "x" * 10_000])
def test_hostile_names_and_reasons_are_harmless(viewer, db, evil):
    record(1, label=evil, before={"name": evil}, after={"name": evil + "!"}, reason=evil)
    html = viewer.get("/activity/").content.decode()
    assert "<script>alert" not in html
    assert "<bdi>" in html
    rows = list(csv.reader(io.StringIO(export(viewer, "csv", everyone=True))))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in rows[1])
