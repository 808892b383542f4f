"""The index answers what a plain loop over the rows would answer, only faster."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from models_ui.catalog.facets import FACETS, OFFERED
from models_ui.catalog.groups import GROUPINGS
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.lifecycle import lifecycle_stage
from models_ui.catalog.query import PAGE_SIZES, SORTS, CatalogQuery
from models_ui.catalog.risks import risk_of
from models_ui.catalog.row import STATES, Row
from models_ui.catalog.row_sets import positions_in_set
from models_ui.catalog.status import STATUSES
from models_ui.text.folding import fold_for_search, sort_key
from models_ui.text.keepers import keeper_label
from tests.support.clock import SECOND
from tests.support.clock import START as NOW

# --- The same in plain Python


def statuses_of(rows: list[Row]) -> dict[int, str]:
    """The status of each row by its key, in the order in which the first one holds."""
    find = CatalogIndex.build(rows, now=NOW).find

    def status(row: Row) -> str:
        risk = risk_of(row, find, NOW) if row.type == "fine-tuned" else None
        holds = {
            "deleted": row.missing_since is not None and row.deleted_at is not None,
            "gone": row.missing_since is not None,
            "to_be_deleted": row.archived and row.deletion_due_at is not None,
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
    texts += [*(keeper_label(keeper) for keeper in row.keepers), *row.tags]
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
    for facet in ("type", "lifecycle", "state", "owner", "root", "keeper", "tag"):
        wanted = getattr(query, facet)
        if wanted and not set(wanted) & values_of(row, facet):
            return False
    return not query.status or statuses[row.pk] in query.status


def values_of(row: Row, facet: str) -> set[str]:
    if facet == "keeper":
        return set(present_keepers(row)) or {"nobody"}
    if facet == "tag":
        return set(row.tags)
    columns = {"owner": "owned_by"}
    value = lifecycle_stage(row.deprecation, NOW) if facet == "lifecycle" else getattr(row, columns.get(facet, facet))
    return {value} if value else set()


def present_keepers(row: Row) -> list[str]:
    return [keeper for keeper in row.keepers if keeper not in row.away]


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
        "keeper": lambda row: next((sort_key(keeper_label(each)) for each in present_keepers(row)), None),
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
    "deletion_due_at": (None, NOW + timedelta(days=7)),
    "keepers": ((), ("@ann",), ("Team Nemo", "@ann")),
    "away": ((), (), ("@ann",)),
    "tags": ((), ("large",), ("large", "beta")),
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
    status=values(["live", "at_risk", "to_be_deleted", "gone"]),
    lifecycle=values(["active", "retired"]),
    state=values(["live", "missing"]),
    owner=values(["mistralai", "org-1"]),
    root=values(["nemo"]),
    keeper=values(["@ann", "Team Nemo", "nobody"]),
    tag=values(["large", "beta"]),
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
        for name in ("type", "owner", "root", "keeper", "tag"):
            assert values_of(row, name) <= offered[name]
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
