"""One word says what becomes of a model, and the two words that said it before lead to it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.lifecycle import LIFECYCLES
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import STATES, Row
from models_ui.catalog.status import LISTED, STATUSES, UNLISTED, statuses_of_pair
from tests.support.clock import sync_until_confirmed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOON, PAST = NOW + timedelta(days=25), NOW - timedelta(days=3)


def base(pk: int, model_id: str, **fields) -> Row:
    return Row(pk=pk, model_id=model_id, **fields)


def tune(pk: int, root: str, **fields) -> Row:
    return Row(pk=pk, model_id=f"ft:{pk}", type="fine-tuned", root=root, **fields)


def status(row: Row, *others: Row, now: datetime = NOW) -> str:
    return CatalogIndex.build([row, *others], now=now).status_of_row(row)


# --- The first that holds


def test_a_model_has_the_first_status_that_holds():
    row = tune(1, "base", deleted_at=NOW, missing_since=NOW, archived=True, deletion_due_at=NOW, deprecation=PAST)
    ends = base(2, "base", deprecation=SOON)
    found = [status(row, ends)]
    for change in (
        {"deleted_at": None},
        {"missing_since": None},
        {"deletion_due_at": None},
        {"archived": False},
        {"deprecation": SOON},
        {"deprecation": None},
        {"root": "another"},
    ):
        row = replace(row, **change)
        found.append(status(row, ends, base(3, "another")))
    assert found == ["deleted", "gone", "to_be_deleted", "archived", "past_date", "retiring", "at_risk", "live"]


@pytest.mark.parametrize(
    "fields",
    [
        {"deprecation": SOON},
        {"deprecation": PAST},
        {"missing_since": PAST},
        {"missing_since": PAST, "deprecation": SOON},
    ],
)
def test_a_fine_tune_is_at_risk_when_its_base_model_retires_is_retired_or_is_gone(fields: dict):
    assert status(tune(1, "base-latest"), base(2, "base", aliases=("base-latest",), **fields)) == "at_risk"


def test_a_fine_tune_of_a_fine_tune_is_at_risk_with_the_base_model_beneath():
    assert status(tune(1, "ft:2"), tune(2, "base"), base(3, "base", deprecation=SOON)) == "at_risk"


def test_a_fine_tune_is_at_risk_when_no_model_has_the_id_that_it_names_as_its_base():
    assert status(tune(1, "never-listed")) == "at_risk"


def test_a_fine_tune_of_which_nobody_says_a_base_model_is_live():
    assert status(tune(1, "")) == "live"


def test_a_base_model_is_never_at_risk():
    assert status(base(1, "base", root="gone")) == "live"


def test_the_status_moves_with_the_date_at_that_very_second():
    row = base(1, "base", deprecation=NOW)
    found = [status(row, now=NOW + timedelta(seconds=offset)) for offset in (-1, 0, 1)]
    assert found == ["retiring", "past_date", "past_date"]
    assert CatalogIndex.build([row], now=NOW - timedelta(seconds=1)).expires_at == NOW


# --- Stops working


def test_models_are_sorted_by_the_date_that_they_may_share_with_their_base_model():
    rows = [
        base(1, "b", deprecation=SOON),
        tune(2, "b"),
        tune(3, "b", deprecation=SOON - timedelta(days=9)),
        base(4, "c"),
        tune(5, "c"),
        base(6, "d", deprecation=SOON - timedelta(days=1)),
    ]
    found = CatalogIndex.build(rows, now=NOW).matches(CatalogQuery(sort="deprecation", group="none"))
    assert [row.pk for row in found] == [3, 6, 1, 2, 4, 5]


# --- What a page leaves out


def test_models_that_are_gone_stay_out_of_the_page_until_somebody_asks():
    index = CatalogIndex.build(
        [base(1, "a"), base(2, "b", missing_since=PAST), base(3, "c", missing_since=PAST, deleted_at=PAST)], now=NOW
    )
    shown = index.search(CatalogQuery())
    assert ([row.pk for row in shown.rows], shown.total, shown.hidden) == ([1], 1, 2)
    assert index.search(CatalogQuery(status=UNLISTED)).total == 2
    assert {value.value: value.count for value in shown.facets["status"] if value.count} == {
        "live": 1,
        "gone": 1,
        "deleted": 1,
    }
    assert sum(value.count for value in shown.facets["type"]) == 1
    assert index.count(CatalogQuery()) == 3
    assert index.count(CatalogQuery().as_shown()) == 1
    assert CatalogQuery().as_shown().status == LISTED


@pytest.mark.parametrize("asked", ["status=gone", "state=missing", "lifecycle=active"])
def test_whoever_asks_for_a_status_in_any_words_is_shown_all_that_has_it(asked: str):
    query, _ = CatalogQuery.parse(asked)
    index = CatalogIndex.build([base(1, "a", missing_since=PAST)], now=NOW)
    assert (index.search(query).total, index.search(query).hidden) == (1, 0)


# --- Old addresses

CELLS = [
    Row(pk=number, model_id=f"m{number}", **fields, deprecation=date)
    for number, (fields, date) in enumerate(
        (fields, date)
        for fields in (
            {},
            {"archived": True},
            {"missing_since": PAST},
            {"missing_since": PAST, "archived": True},
            {"missing_since": PAST, "deleted_at": PAST},
            {"type": "fine-tuned", "root": "m99"},
            {"type": "fine-tuned", "root": "m99", "archived": True},
        )
        for date in (None, PAST, SOON)
    )
]
LEADS_TO = {
    ("live", None): {"live", "at_risk", "retiring", "past_date"},
    ("live", "active"): {"live", "at_risk"},
    ("live", "retiring"): {"retiring"},
    ("live", "retired"): {"past_date"},
    ("archived", None): {"archived", "to_be_deleted"},
    ("missing", None): {"gone", "deleted"},
}


@pytest.mark.parametrize("stage", [None, *LIFECYCLES])
@pytest.mark.parametrize("state", [None, *STATES])
def test_a_pair_of_old_words_leads_to_the_statuses_of_the_same_models_or_stays(state: str | None, stage: str | None):
    index = CatalogIndex.build(CELLS, now=NOW)
    old = CatalogQuery(state=(state,) if state else (), lifecycle=(stage,) if stage else (), group="none")
    new = old.in_statuses()
    assert index.matches(new) == index.matches(old)
    assert index.matches(old) == [
        row for row in index.rows if state in (None, row.state) and stage in (None, index.standing_of(row).stage)
    ]
    expected = LEADS_TO.get((state, stage))
    if expected is None:
        assert new == old
    else:
        assert (set(new.status), new.state, new.lifecycle) == (expected, (), ())
        assert CatalogQuery.parse(new.serialize()) == (new, ())


@given(st.sets(st.sampled_from(STATES)), st.sets(st.sampled_from(LIFECYCLES)))
def test_several_old_words_lead_on_only_where_the_models_are_the_same(states: set[str], stages: set[str]):
    index = CatalogIndex.build(CELLS, now=NOW)
    old = CatalogQuery(state=tuple(sorted(states)), lifecycle=tuple(sorted(stages)))
    assert index.matches(old.in_statuses()) == index.matches(old)
    statuses = statuses_of_pair(states, stages)
    if statuses is None:
        assert not any(
            index.matches(old)
            == index.matches(
                CatalogQuery(status=tuple(each for number, each in enumerate(STATUSES) if chosen >> number & 1))
            )
            for chosen in range(1, 1 << len(STATUSES))
        )


def test_a_status_beside_old_words_narrows_further():
    query = CatalogQuery(status=("archived",), state=("archived", "live"), lifecycle=("active",))
    assert query.in_statuses() == query
    index = CatalogIndex.build(CELLS, now=NOW)
    assert {(row.archived, row.deprecation) for row in index.matches(query)} == {(True, None)}


# --- The page


def text_of(client: Client, address: str) -> str:
    return client.get(address, follow=True).content.decode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("state=missing", "status=deleted&status=gone"),
        ("q=mistral&state=live&lifecycle=retiring&sort=-context", "q=mistral&status=retiring&sort=-context"),
        ("state=live", "status=at_risk&status=live&status=past_date&status=retiring"),
    ],
)
def test_an_old_address_leads_to_the_page_of_its_statuses(viewer: Client, synced, old: str, new: str):
    response = viewer.get(f"/models/?{old}")
    assert (response.status_code, response["Location"]) == (302, f"/models/?{new}")


def test_an_old_address_without_statuses_of_its_own_works_as_before_and_shows_its_chips(viewer: Client, synced):
    response = viewer.get("/models/?lifecycle=active&state=archived")
    assert response.status_code == 200
    page = response.content.decode()
    assert "Remove filter: State: Archived" in page
    assert "Remove filter: Lifecycle: Active" in page
    assert 'id="facet-state"' not in page
    assert 'id="facet-lifecycle"' not in page
    assert 'id="facet-status"' in page


@pytest.mark.parametrize("name", ["csv", "json"])
def test_an_old_address_of_a_file_is_answered_where_it_is(viewer: Client, synced, name: str):
    assert viewer.get(f"/models.{name}?state=live&lifecycle=retiring").status_code == 200


def test_what_was_ignored_of_an_old_address_is_still_told(viewer: Client, synced):
    response = viewer.get("/models/?state=live&colour=red")
    assert response.status_code == 200
    page = response.content.decode()
    assert "“colour” is not a filter" in page
    assert "Remove filter: Status: Live" in page


def test_the_page_says_how_many_models_it_leaves_out_and_leads_to_them(viewer: Client, synced, sandbox):
    assert "gone or deleted" not in text_of(viewer, "/models/")
    sandbox.catalog.retire("codestral-2508")
    sandbox.catalog.retire("mistral-embed")
    sync_until_confirmed()
    page = text_of(viewer, "/models/")
    assert 'data-model-id="codestral-2508"' not in page
    assert re.search(r'href="/models/\?status=deleted&amp;status=gone"[^>]*>\s*and 2 gone or deleted', page)
    assert 'data-model-id="codestral-2508"' in text_of(viewer, "/models/?status=deleted&status=gone")


def test_a_file_from_the_page_holds_what_the_page_lists_and_one_without_a_status_everything(
    viewer: Client, synced, sandbox
):
    sandbox.catalog.retire("codestral-2508")
    sync_until_confirmed()
    page = text_of(viewer, "/models/?type=base")
    (address,) = map(unescape, re.findall(r'href="(/models\.json[^"]*)"', page))
    listed = {each["id"] for each in viewer.get(address).json()["models"]}
    everything = {each["id"]: each for each in viewer.get("/models.json?type=base").json()["models"]}
    assert everything.keys() - listed == {"codestral-2508"}
    assert {each["status"] for each in everything.values()} >= {"gone", "live", "retiring"}
    assert everything["codestral-2508"]["state"] == "missing"
