"""The index answers what a plain loop over the rows would answer, only faster."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_ui import vocabulary
from models_ui.catalog import index_parts
from models_ui.catalog.facets import FACETS, OFFERED, facet_values
from models_ui.catalog.groups import GROUPINGS
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.lifecycle import lifecycle_stage
from models_ui.catalog.query import PAGE_SIZES, SORTS, CatalogQuery
from models_ui.catalog.risks import risk_of
from models_ui.catalog.row import STATES, Row
from models_ui.catalog.row_sets import positions_in_set
from models_ui.catalog.status import STATUSES, Standing
from models_ui.text.folding import fold_for_search, sort_key
from models_ui.text.keepers import keeper_label
from models_ui.text.plan import Plan

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


# --- The same in plain Python


def statuses_of(rows: list[Row]) -> dict[int, str]:
    """The status of each row by its key, in the order in which the first one holds."""
    find = CatalogIndex.build(rows, now=NOW).find

    def status(row: Row) -> str:
        risk = risk_of(row, find, NOW) if row.type == "fine-tuned" else None
        holds = {
            "deleted": row.missing_since is not None and row.deleted_at is not None,
            "gone": row.missing_since is not None,
            "archived": row.archived,
            "past_date": row.deprecation is not None and row.deprecation <= NOW,
            "retiring": row.deprecation is not None,
            "at_risk": risk is not None and (risk.base is not None or row.root != ""),
            "live": True,
        }
        return next(word for word, does in holds.items() if does)

    return {row.pk: status(row) for row in rows}


def ends_of(rows: list[Row]) -> dict[int, datetime | None]:
    """When each row stops working, by its key: on its own date, else on that of its base model."""
    find = CatalogIndex.build(rows, now=NOW).find

    def end(row: Row) -> datetime | None:
        risk = risk_of(row, find, NOW) if row.type == "fine-tuned" and row.missing_since is None else None
        return row.deprecation or (risk.at if risk else None)

    return {row.pk: end(row) for row in rows}


def matches(row: Row, query: CatalogQuery, statuses: dict[int, str]) -> bool:
    texts = [row.model_id, row.name, row.description, row.owned_by, *row.aliases]
    everything = fold_for_search("\n".join(text for text in texts if text))
    if not all(word in everything for word in fold_for_search(query.q).split()):
        return False
    bounded = query.context_min is not None or query.context_max is not None
    if bounded and row.max_context_length is None:
        return False
    if query.context_min is not None and (row.max_context_length or 0) < query.context_min:
        return False
    if query.context_max is not None and (row.max_context_length or 0) > query.context_max:
        return False
    if not set(query.capability) <= set(row.capabilities):
        return False
    if query.capability_any and not set(query.capability_any) & set(row.capabilities):
        return False
    if set(query.capability_not) & set(row.capabilities):
        return False
    for facet in ("type", "lifecycle", "state", "owner", "root"):
        wanted = getattr(query, facet)
        if wanted and not set(wanted) & value_of(row, facet):
            return False
    return not query.status or statuses[row.pk] in query.status


def value_of(row: Row, facet: str) -> set[str]:
    columns = {"owner": "owned_by"}
    value = lifecycle_stage(row.deprecation, NOW) if facet == "lifecycle" else getattr(row, columns.get(facet, facet))
    return {value} if value else set()


def is_shown(row: Row, query: CatalogQuery) -> bool:
    """Whether the page shows a match: not what is gone, unless a status is asked for."""
    return row.missing_since is None or bool(query.status or query.state or query.lifecycle)


def in_order(found: Iterable[Row], query: CatalogQuery, every_row: list[Row]) -> list[Row]:
    rows = sorted(found, key=by_default)
    ends, statuses = ends_of(every_row), statuses_of(every_row)
    keys = {
        "name": lambda row: sort_key(row.label) if row.label else None,
        "type": lambda row: row.type,
        "context": lambda row: row.max_context_length,
        "deprecation": lambda row: ends[row.pk],
        "owner": lambda row: sort_key(row.owned_by) if row.owned_by else None,
        "keeper": lambda row: sort_key(keeper_label(row.keepers[0])) if row.keepers else None,
        "state": lambda row: STATES.index(row.state),
        "status": lambda row: STATUSES.index(statuses[row.pk]),
        "root": lambda row: sort_key(row.root) if row.root else None,
        "created": lambda row: row.created_at,
    }
    for sort in reversed(query.sort.split(",") if query.sort else []):
        key = keys[sort.removeprefix("-")]
        known = [row for row in rows if key(row) is not None]
        known.sort(key=key, reverse=sort.startswith("-"))
        rows = known + [row for row in rows if key(row) is None]
    index = CatalogIndex.build(every_row, now=NOW)
    groups = [{index.rows[place] for place in positions_in_set(each.rows)} for each in index.groups(query.grouping)]
    return [row for group in groups or [set(every_row)] for row in rows if row in group]


def by_default(row: Row):
    return STATES.index(row.state), not row.label, sort_key(row.label), row.model_id, row.pk


def count(rows: list[Row], query: CatalogQuery, facet: str, value: str) -> int:
    """What a person expects beside a facet's value: how many rows there will be after choosing it."""
    if facet in ("capability", "capability_not"):
        chosen = replace(query, **{facet: (*getattr(query, facet), value)})
    else:
        chosen = replace(query, **{facet: (value,)})
    statuses = statuses_of(rows)
    return sum(matches(row, chosen, statuses) and is_shown(row, chosen) for row in rows)


# --- Rows and queries that meet often

WORDS = ("nemo", "Large", "straße", "STRASSE", "ft:x", "mistral-2512", "load 10", "load 2", "Éditeur", "editeur")
CAPABILITIES = ("completion_chat", "vision", "ocr", "computer_use", "Vision")
OWNERS = ("mistralai", "Mistralai", "org-1", "")
CHOICES: dict[str, tuple] = {
    "model_id": (*WORDS, ""),
    "aliases": ((), ("nemo",), ("Large", "ft:x"), ("mistral-2512",)),
    "type": ("base", "fine-tuned", "fine-tuned", "reranker"),
    "name": (None, *WORDS),
    "description": (None, "A model\nof words"),
    "owned_by": OWNERS,
    "max_context_length": (None, 1, 32_768, 131_072),
    "created_at": (None, NOW, NOW + SECOND),
    "deprecation": (None, NOW - SECOND, NOW, NOW + SECOND, NOW + timedelta(days=30)),
    "root": ("", "nemo", "mistral-2512"),
    "archived": (False, True),
    "missing_since": (None, NOW),
    "deleted_at": (None, NOW),
}


def row_from(pk: int, dice: bytes) -> Row:
    """A row from one byte for each field: drawing them one by one would be slow."""
    fields = {name: choices[dice[number] % len(choices)] for number, (name, choices) in enumerate(CHOICES.items())}
    flags = dice[len(CHOICES) :]
    has = tuple(key for key, flag in zip(CAPABILITIES, flags, strict=True) if flag % 3 == 1)
    lacks = tuple(key for key, flag in zip(CAPABILITIES, flags, strict=True) if flag % 3 == 2)
    return Row(pk=pk, capabilities=has, lacks=lacks, **fields)


size = len(CHOICES) + len(CAPABILITIES)
some_rows = st.lists(st.binary(min_size=size, max_size=size), max_size=60).map(
    lambda all_dice: [row_from(len(all_dice) - number, dice) for number, dice in enumerate(all_dice)]
)


def values(choices: Iterable[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from([*choices, "unheard-of"]), unique=True, max_size=2).map(lambda v: tuple(sorted(v)))


bounds = st.none() | st.sampled_from([0, 1, 32_000, 32_768, 200_000])
queries = st.builds(
    CatalogQuery,
    q=st.sampled_from(["", "", "", "ne", "STRASSE", "strasse", "ÉDITEUR", "model of", "x large", "no such thing"]),
    type=values(["base", "reranker"]),
    capability=values(CAPABILITIES),
    capability_any=values(CAPABILITIES),
    capability_not=values(CAPABILITIES),
    context_min=bounds,
    context_max=bounds,
    status=values(["live", "at_risk", "gone"]),
    lifecycle=values(["active", "retired"]),
    state=values(["live", "missing"]),
    owner=values(["mistralai", "org-1"]),
    root=values(["nemo"]),
    group=st.sampled_from(["", *GROUPINGS]),
    sort=st.lists(st.sampled_from(SORTS), unique=True, max_size=3).flatmap(
        lambda columns: st.tuples(*(st.sampled_from([column, f"-{column}"]) for column in columns)).map(",".join)
    ),
    per_page=st.sampled_from(PAGE_SIZES),
    page=st.integers(1, 3),
)
# Most queries use a filter or two: eight at once leave nothing to compare.
few_filters = st.builds(
    lambda query, kept: replace(query, **{name: () for name in FACETS if name not in kept}),
    queries,
    st.sets(st.sampled_from(list(FACETS)), max_size=2),
)


@given(some_rows, few_filters | queries)
@settings(max_examples=200)
def test_a_search_finds_what_a_loop_would_find_in_the_same_order(rows: list[Row], query: CatalogQuery):
    index = CatalogIndex.build(rows, now=NOW)
    result = index.search(query)
    statuses = statuses_of(rows)
    found = [row for row in rows if matches(row, query, statuses)]
    expected = in_order((row for row in found if is_shown(row, query)), query, rows)
    assert (result.total, result.hidden) == (len(expected), len(found) - len(expected))
    assert result.pages == max(1, -(-len(expected) // query.per_page))
    assert result.query.page == min(query.page, result.pages)
    start = (result.query.page - 1) * query.per_page
    shown = expected[start : start + query.per_page]
    assert [row.pk for row in result.rows] == [row.pk for row in shown]
    in_groups = [index.rows[place] for part in result.groups for place in part.positions]
    assert in_groups == (shown if query.grouping != "none" else [])
    assert (result.first, result.last) == ((start + 1, start + len(shown)) if shown else (0, 0))


@given(some_rows, few_filters | queries)
def test_an_export_holds_all_matches_in_the_order_of_the_pages(rows: list[Row], query: CatalogQuery):
    index = CatalogIndex.build(rows, now=NOW)
    found = index.matches(query)
    assert index.count(query) == len(found)
    statuses = statuses_of(rows)
    expected = in_order((row for row in rows if matches(row, query, statuses)), query, rows)
    assert [row.pk for row in found] == [row.pk for row in expected]
    shown = index.search(query.as_shown())
    assert (shown.total, shown.hidden) == (index.search(query).total, 0)


@given(some_rows, few_filters | queries)
@settings(max_examples=200)
def test_every_facet_value_says_how_many_rows_choosing_it_leaves(rows: list[Row], query: CatalogQuery):
    facets = CatalogIndex.build(rows, now=NOW).search(query).facets
    assert list(facets) == [facet.name for facet in OFFERED]
    for name, offered in facets.items():
        assert {each.value: each.count for each in offered} == {
            each.value: count(rows, query, name, each.value) for each in offered
        }, name
        assert {each.value for each in offered if each.selected} == set(getattr(query, name))


@given(some_rows)
def test_every_value_of_every_row_can_be_chosen(rows: list[Row]):
    facets = CatalogIndex.build(rows, now=NOW).search(CatalogQuery()).facets
    offered = {name: {each.value for each in values} for name, values in facets.items()}
    for row in rows:
        for name in ("type", "owner", "root"):
            assert value_of(row, name) <= offered[name]
        for name in ("capability", "capability_any", "capability_not"):
            assert {*row.capabilities, *row.lacks} <= offered[name]


@given(some_rows)
def test_every_id_and_alias_leads_to_its_models(rows: list[Row]):
    index = CatalogIndex.build(rows, now=NOW)
    for row in rows:
        assert index.get(row.pk) == row
        if row.model_id:
            assert row in index.find(row.model_id)
        for alias in row.aliases:
            assert index.find(alias)
            if row.missing_since is None:
                assert row in index.find(alias)
    assert index.find("") == ()
    assert index.find("no such id") == ()
    assert index.get(10_000) is None


@given(some_rows, st.randoms())
def test_the_order_in_which_rows_are_read_does_not_matter(rows: list[Row], random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = (CatalogIndex.build(each, now=NOW).search(CatalogQuery()) for each in (rows, shuffled))
    assert first.rows == second.rows
    assert first.facets == second.facets


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
