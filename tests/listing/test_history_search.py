"""Activity and Changes are searched as the catalog is: phrases, what is left out, words for kinds, and one typo."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from models_ui.actions.activity import ActivityQuery
from models_ui.audit import chain
from models_ui.audit.chain import Entry, Outcome
from models_ui.catalog.index import CatalogIndex
from models_ui.changes.page import ChangesQuery
from models_ui.models import AuditEvent, CatalogChange

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def tell(number: int, actor: str, kind: str, label: str, outcome: Outcome = Outcome.SUCCEEDED) -> None:
    words = {"actor": actor, "kind": kind, "label": label, "model_id": f"ft:{number}"}
    chain.append_event(Entry(action_id=f"{number:032}", before={}, after={}, **words), outcome)


@pytest.fixture
def events(db) -> None:
    """Three actions: a rename by Zoé, an archiving that failed, a deletion that was refused."""
    tell(1, "Zoé", "model.renamed", "Support triage")
    tell(2, "bob", "model.archived", "Contract clauses", Outcome.FAILED)
    tell(3, "bob", "model.deleted", "Réponses vives", Outcome.REFUSED)


@pytest.fixture
def changes(db) -> None:
    for kind, model_id, subject in (
        ("capability.added", "codestral-2508", "function_calling"),
        ("deprecation.announced", "mistral-medium-2508", ""),
        ("alias.repointed", "voxtral-mini-2602", "voxtral-mini-latest"),
    ):
        CatalogChange.objects.create(kind=kind, model_id=model_id, subject=subject, at=AT, after="2026-12-31T12:00:00Z")


def found_events(line: str) -> set[str]:
    query = ActivityQuery(q=line).read().query
    return {event.label for event in query.matches()}


def found_changes(line: str) -> set[str]:
    index = CatalogIndex.build([], now=AT)
    return {change.model_id for change in ChangesQuery(q=line).read(index).query.matches(index)}


SUPPORT, CONTRACT, ANSWERS = "Support triage", "Contract clauses", "Réponses vives"


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("triage", {SUPPORT}),
        ("REPONSES", {ANSWERS}),
        ('"contract clauses"', {CONTRACT}),
        ('"clauses contract"', set()),
        ("clauses contract", {CONTRACT}),
        ("bob -clauses", {ANSWERS}),
        ("–bob", {SUPPORT}),
        ('-"support triage" -vives', {CONTRACT}),
        # Words that people read for a kind or an outcome, in either language.
        ("renamed", {SUPPORT}),
        ("renommé", {SUPPORT}),
        ("rename", {SUPPORT}),
        ("archive", {CONTRACT}),
        ("failed", {CONTRACT}),
        ("refusé", {ANSWERS}),
        ("bob failed", {CONTRACT}),
        ("-failed -refused", {SUPPORT}),
        # One typo.
        ("clauess", {CONTRACT}),
        ("renmaed", {SUPPORT}),
        ("faield", {CONTRACT}),
        ("bob -faield", {ANSWERS}),
        ("vvies", {ANSWERS}),
        ("bbo", set()),
        ("nobody-of-the-kind", set()),
    ],
)
def test_activity_finds_texts_kinds_and_outcomes(line: str, labels: set[str], monkeypatch: pytest.MonkeyPatch):
    index = CatalogIndex.build([], now=AT)
    monkeypatch.setattr("models_ui.actions.activity._load_index", lambda: index)
    names = ["Contract clauses", "vives"]
    monkeypatch.setattr("models_ui.actions.activity._usernames", lambda: names)
    assert found_events(line) == labels


def test_people_are_found_with_a_typo(events):
    User.objects.create_user("florence")
    tell(9, "florence", "model.renamed", "Ninth")
    assert found_events("flroence") == {"Ninth"}


@pytest.mark.usefixtures("changes")
@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("codestral", {"codestral-2508"}),
        ("2508 -codestral", {"mistral-medium-2508"}),
        ("tools", {"codestral-2508"}),
        ("function calling", {"codestral-2508"}),
        ("gained", {"codestral-2508"}),
        ("retirement", {"mistral-medium-2508"}),
        ('"retirement announced"', {"mistral-medium-2508"}),
        ("alias", {"voxtral-mini-2602"}),
        ("voxtral -alias", set()),
        ("retirment", {"mistral-medium-2508"}),
    ],
)
def test_changes_find_texts_kinds_and_abilities(line: str, ids: set[str]):
    assert found_changes(line) == ids


def test_a_word_that_an_entry_has_is_never_read_as_another(events):
    tell(9, "bob", "model.renamed", "Renmaed")
    assert found_events("renmaed") == {"Renmaed"}


def test_the_page_says_how_a_word_was_read_and_its_files_hold_the_same(alice, client_of, events):
    manager = client_of(alice)
    html = unescape(manager.get("/activity/?q=faield").content.decode())
    assert "Nothing has “faield”, so it was read as “failed”." in html
    assert 'value="faield"' in html
    assert len(re.findall('class="told"', html)) == 1
    assert [each["model_name"] for each in manager.get("/activity.json?q=faield").json()["actions"]] == [CONTRACT]


def test_hits_are_marked_in_the_lines(viewer: Client, events, changes):
    html = viewer.get("/activity/?q=zoe+support").content.decode()
    assert "<strong><bdi><mark>Zoé</mark></bdi></strong>" in html
    assert "<mark>Support</mark> triage" in html
    html = viewer.get("/changes/?q=MEDIUM").content.decode()
    assert "mistral-<mark>medium</mark>-2508" in html
    assert "<mark>" not in viewer.get("/changes/").content.decode()


def test_a_word_that_is_right_asks_the_database_nothing_more(events, django_assert_num_queries):
    query = ActivityQuery(q="renamed support")
    query.read()  # words for kinds are read once
    with django_assert_num_queries(0):
        ActivityQuery(q="renamed failed").read()


class AnyLine(TestCase):
    """Lines of any kind, against a database."""

    @given(st.text(max_size=60) | st.lists(st.sampled_from('-"«» %_\\ab≥'), max_size=40).map("".join))
    @settings(max_examples=60, deadline=None)
    def test_no_line_is_too_odd(self, line: str):
        line = ActivityQuery.parse("")[0].changed(q=line.replace("\0", "").encode("utf-8", "ignore").decode())
        list(line.read().query.matches())
        assert AuditEvent.objects.count() == 0
