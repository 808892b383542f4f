"""Who looks after models, their tags, notes and plans, where the catalog finds, counts, groups and orders them."""

from datetime import UTC, date, datetime

import pytest

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.catalog.sentences import group_label
from models_ui.text.plan import Plan
from models_ui.vocabulary import FINE_TUNED

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ROWS = [
    Row(pk=1, model_id="ft:a", name="A", type=FINE_TUNED, keepers=("@bob", "Support team"), tags=("Légal",)),
    Row(pk=2, model_id="ft:b", name="B", type=FINE_TUNED, keepers=("Support team",), note="Ask Zoé first"),
    Row(pk=3, model_id="ft:c", name="C", type=FINE_TUNED, keepers=("@gone",), away=("@gone",), tags=("pilot", "Légal")),
    Row(
        pk=4,
        model_id="ft:d",
        name="D",
        type=FINE_TUNED,
        plan=Plan("moves", "x", date(2026, 12, 1), "prompts rewritten"),
    ),
]


@pytest.fixture(scope="module")
def index() -> CatalogIndex:
    return CatalogIndex.build(ROWS, now=NOW)


def names(index: CatalogIndex, **query: object) -> str:
    rows = index.search(CatalogQuery(group="none", **query)).rows  # type: ignore[arg-type]
    return "".join(row.label for row in rows)


def test_the_facet_counts_each_person_and_team_and_whom_nobody_looks_after(index: CatalogIndex):
    values = index.search(CatalogQuery()).facets["keeper"]
    assert {value.value: value.count for value in values} == {"Support team": 2, "nobody": 2, "@bob": 1}


def test_a_model_of_somebody_without_access_counts_as_nobodys(index: CatalogIndex):
    assert names(index, keeper=("nobody",)) == "CD"
    assert names(index, keeper=("@gone",)) == ""


def test_me_is_the_person_who_asks(index: CatalogIndex):
    mine = CatalogQuery(keeper=("me", "nobody")).as_asked_by("bob")
    assert mine.keeper == ("@bob", "nobody")
    assert names(index, keeper=CatalogQuery(keeper=("me",)).as_asked_by("bob").keeper) == "A"


def test_tags_are_alternatives_and_counted(index: CatalogIndex):
    assert names(index, tag=("Légal",)) == "AC"
    assert names(index, tag=("Légal", "pilot")) == "AC"
    values = index.search(CatalogQuery()).facets["tag"]
    assert [(value.value, value.count) for value in values] == [("Légal", 2), ("pilot", 1)]


@pytest.mark.parametrize(
    ("words", "found"),
    [("legal", "AC"), ("support team", "AB"), ("bob", "A"), ("zoe", "B"), ("rewritten", "D"), ("-legal", "BD")],
)
def test_a_search_finds_people_tags_notes_and_plans(index: CatalogIndex, words: str, found: str):
    assert names(index, q=words) == found


def test_a_word_that_is_a_tag_offers_the_filter(index: CatalogIndex):
    offers = index.search(CatalogQuery(q="legal")).offers
    assert [(offer.facet, offer.value, offer.count) for offer in offers] == [("tag", "Légal", 2)]


def test_rows_are_ordered_by_who_looks_after_them_and_those_of_nobody_come_last(index: CatalogIndex):
    assert names(index, sort="keeper") == "ABCD"
    assert names(index, sort="-keeper") == "BACD"


def test_groups_begin_with_what_nobody_looks_after(index: CatalogIndex):
    groups = index.search(CatalogQuery(group="keeper")).groups
    assert [(group_label(each.group), each.count) for each in groups] == [
        ("Nobody", 2),
        ("bob", 1),
        ("Support team", 1),
    ]
