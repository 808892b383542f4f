"""What the index answers, in examples worth reading: orders, facets, the clock, ids and spellings."""

from dataclasses import replace

import pytest

from models_ui import vocabulary
from models_ui.catalog import index_parts
from models_ui.catalog.facets import facet_values
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.catalog.status import STATUSES, Standing
from models_ui.text.plan import Plan
from tests.support.clock import SECOND
from tests.support.clock import START as NOW

# --- Examples worth reading


def row(model_id: str, pk: int = 0, **fields) -> Row:
    return Row(pk=pk or abs(hash((model_id, *fields.items()))), model_id=model_id, **fields)


def ids(index: CatalogIndex, **filters) -> list[str]:
    return [each.model_id for each in index.search(CatalogQuery(**filters)).rows]


def test_an_empty_catalog_has_one_empty_page():
    result = CatalogIndex.build([], now=NOW).search(CatalogQuery(q="x", page=9))
    assert (result.total, result.pages, result.query.page, result.rows, result.first) == (0, 1, 1, (), 0)
    assert [each.value for each in result.facets["status"]] == list(STATUSES)
    assert {each.count for each in result.facets["status"]} == {0}


@pytest.mark.parametrize(("sort", "expected"), [("context", ["b", "a", "z"]), ("-context", ["a", "b", "z"])])
def test_models_without_the_value_come_last_whichever_way(sort: str, expected: list[str]):
    index = CatalogIndex.build([row("a", max_context_length=9), row("b", max_context_length=3), row("z")], now=NOW)
    assert ids(index, sort=sort) == expected


def test_usable_models_sort_first_and_an_entry_without_any_name_last():
    rows = [row("a", missing_since=NOW), row("b", archived=True), row("z"), row(""), row("c", name="Alpha")]
    index = CatalogIndex.build(rows, now=NOW)
    assert ids(index, status=STATUSES) == ["c", "z", "", "b", "a"]
    assert ids(index, status=STATUSES, sort="name") == ["a", "c", "b", "z", ""]
    assert ids(index, status=STATUSES, sort="-name") == ["z", "b", "c", "a", ""]


def test_known_capabilities_come_in_upstreams_order_and_new_ones_after_them():
    rows = [row("a", capabilities=("zz_new", "vision", "aa_new", "completion_chat"), lacks=("ocr",))]
    offered = [each.value for each in CatalogIndex.build(rows, now=NOW).search(CatalogQuery()).facets["capability"]]
    assert offered == ["completion_chat", "vision", "ocr", "aa_new", "zz_new"]
    assert set(offered) - set(vocabulary.CAPABILITIES) == {"aa_new", "zz_new"}


def test_a_chosen_value_that_no_model_has_stays_visible_so_that_it_can_be_taken_off():
    index = CatalogIndex.build([row("a", owned_by="x")], now=NOW)
    found = {each.value: each for each in index.search(CatalogQuery(owner=("gone",))).facets["owner"]}
    assert (found["gone"].count, found["gone"].selected) == (0, True)
    assert (found["x"].count, found["x"].selected) == (1, False)


def test_excluding_what_nobody_has_excludes_nobody():
    assert ids(CatalogIndex.build([row("a")], now=NOW), capability_not=("telepathy",)) == ["a"]


def test_an_unknown_context_is_in_no_range():
    index = CatalogIndex.build([row("a"), row("b", max_context_length=5)], now=NOW)
    assert ids(index, context_min=0) == ["b"]
    assert ids(index, context_max=10**12) == ["b"]
    assert ids(index, context_min=6, context_max=4) == []
    assert ids(index) == ["a", "b"]


# --- The clock


@pytest.mark.parametrize(
    ("offset", "stage", "status"),
    [(-1, "retiring", "retiring"), (0, "retired", "past_date"), (1, "retired", "past_date")],
)
def test_a_model_retires_at_that_very_second(offset: int, stage: str, status: str):
    index = CatalogIndex.build([row("a", deprecation=NOW)], now=NOW + offset * SECOND)
    assert ids(index, lifecycle=(stage,)) == ["a"]
    assert index.standing_of(index.rows[0]) == (stage, status, NOW)
    counts = {each.value: each.count for each in index.search(CatalogQuery()).facets["status"]}
    assert counts == {**dict.fromkeys(STATUSES, 0), status: 1}


def test_an_index_expires_when_the_next_model_retires():
    dates = [NOW - SECOND, NOW, NOW + SECOND, NOW + 2 * SECOND, None]
    rows = [row(str(number), deprecation=when) for number, when in enumerate(dates)]
    assert CatalogIndex.build(rows, now=NOW - 5 * SECOND).expires_at == NOW - SECOND
    assert CatalogIndex.build(rows, now=NOW).expires_at == NOW + SECOND
    assert CatalogIndex.build(rows, now=NOW + 2 * SECOND).expires_at is None


def test_after_the_clock_went_back_a_model_is_retiring_again():
    rows = [row("a", deprecation=NOW), row("b", deprecation=NOW - 9 * SECOND)]
    ahead = CatalogIndex.build(rows, now=NOW)
    assert ids(ahead, lifecycle=("retired",)) == ["a", "b"]
    assert ahead.holds_at(NOW + SECOND)
    assert not ahead.holds_at(NOW - SECOND)
    index = CatalogIndex.build(rows, now=NOW - SECOND, previous=ahead)
    assert ids(index, lifecycle=("retiring",)) == ["a"]
    assert ids(index, lifecycle=("retired",)) == ["b"]


# --- Ids that lead somewhere


def test_an_id_of_two_models_leads_to_both():
    first, second = row("voxtral-mini-latest", pk=1, name="a"), row("b", pk=2, aliases=("voxtral-mini-latest",))
    assert set(CatalogIndex.build([first, second], now=NOW).find("voxtral-mini-latest")) == {first, second}


def test_the_alias_of_a_model_that_is_gone_belongs_to_the_one_that_has_it_now():
    old = row("large-2411", pk=1, aliases=("large-latest", "large-old"), missing_since=NOW)
    new = row("large-2512", pk=2, aliases=("large-latest",))
    index = CatalogIndex.build([old, new], now=NOW)
    assert index.find("large-latest") == (new,)
    assert index.find("large-old") == (old,)
    assert index.find("large-2411") == (old,)


def test_a_model_that_is_gone_stays_reachable_when_another_took_its_id():
    old = row("mini-latest", pk=1, name="mini-2507", missing_since=NOW)
    older = row("mini-latest", pk=3, name="mini-2401", missing_since=NOW)
    new = row("mini-latest", pk=2, name="mini-2602")
    index = CatalogIndex.build([old, older, new], now=NOW)
    assert set(index.find("mini-latest")) == {new, old, older}
    assert index.find("mini-latest")[0] == new


def test_the_name_of_a_base_model_leads_to_it_when_no_id_does():
    pinned = row("small-latest", pk=1, name="small-2503")
    tuned = row("ft:small:1", pk=2, name="Support", type="fine-tuned")
    index = CatalogIndex.build([pinned, tuned], now=NOW)
    assert index.find("small-2503") == (pinned,)
    assert index.find("Support") == ()


# --- Spellings


SPELLINGS = ["café", "cafe\u0301", "CAFE", "ｃａｆé"]


@pytest.mark.parametrize("field", ["name", "description", "owned_by", "model_id"])
def test_a_model_is_found_by_every_spelling_of_its_texts(field: str):
    index = CatalogIndex.build(
        [
            replace(Row(pk=number, model_id=f"m{number}"), **{field: f"Le {word} noir"})
            for number, word in enumerate(SPELLINGS)
        ],
        now=NOW,
    )
    for word in SPELLINGS:
        assert index.search(CatalogQuery(q=f"noir {word}")).total == len(SPELLINGS)


def test_names_owners_and_roots_are_in_the_order_people_expect():
    names = ["zebra", "load 10", "Éditeur", "load 2", "edit", "Öl"]
    rows = [
        Row(
            pk=number,
            model_id=f"m{number}",
            name=name,
            owned_by=name,
            root=name,
            type="fine-tuned",
            capabilities=(name,),
        )
        for number, name in enumerate(names)
    ]
    index = CatalogIndex.build(rows, now=NOW)
    ordered = ["edit", "Éditeur", "load 2", "load 10", "Öl", "zebra"]
    assert [row.name for row in index.search(CatalogQuery(group="none")).rows] == ordered
    assert [row.name for row in index.search(CatalogQuery(sort="-name", group="none")).rows] == ordered[::-1]
    assert [row.owned_by for row in index.search(CatalogQuery(sort="owner", group="none")).rows] == ordered
    assert [row.root for row in index.search(CatalogQuery(sort="root", group="none")).rows] == ordered
    for facet in ("owner", "root", "capability"):
        assert [value.value for value in index.search(CatalogQuery()).facets[facet]] == ordered


def test_a_row_is_folded_once_however_often_it_is_searched(monkeypatch: pytest.MonkeyPatch):
    index = CatalogIndex.build([Row(pk=number, model_id=f"é{number}") for number in range(50)], now=NOW)
    folded: list[str] = []
    monkeypatch.setattr("models_ui.catalog.row.fold_for_search", folded.append)
    monkeypatch.setattr("models_ui.catalog.index.sort_key", folded.append)
    assert index.search(CatalogQuery(q="E4")).total == 11
    assert index.search(CatalogQuery(q="é", sort="-name")).total == 50
    assert folded == []


def test_no_facet_reads_what_is_put_into_an_index_without_asking_the_facets():
    row, standing = Row(pk=1, model_id="m", capabilities=("vision",), tags=("t",), root="r"), Standing("active", "live")
    others = {"name": "N", "description": "D", "note": "W", "plan": Plan(kind="ends"), "protected": True}
    assert others.keys() == set(index_parts._UNFACETED)
    assert facet_values(replace(row, **others), standing) == facet_values(row, standing)
