"""Catalogs that lead from model to model a thousand times over: right, and in linear time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.replacements import LONGEST_PATH
from models_ui.catalog.risks import RiskFinder, risk_of
from models_ui.catalog.row import Row
from models_ui.retirements.endings import find_retirements
from models_ui.retirements.inherited_dates import InheritedDates, inherited_dates
from models_ui.vocabulary import FINE_TUNED

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def tune(pk: int, root: str, **fields) -> Row:
    return Row(pk=pk, model_id=f"m{pk}", type=FINE_TUNED, root=root, **fields)


def chain_of_fine_tunes(size: int) -> list[Row]:
    return [Row(pk=0, model_id="m0", deprecation=NOW + DAY), *(tune(pk, f"m{pk - 1}") for pk in range(1, size))]


def ring_of_fine_tunes(size: int) -> list[Row]:
    return [tune(pk, f"m{(pk + 1) % size}") for pk in range(size)]


def chain_of_replacements(size: int) -> list[Row]:
    return [Row(pk=pk, model_id=f"m{pk}", replacement=f"m{pk + 1}", deprecation=NOW + DAY) for pk in range(size)]


def ring_of_replacements(size: int) -> list[Row]:
    return [
        Row(pk=pk, model_id=f"m{pk}", replacement=f"m{(pk + 1) % size}", deprecation=NOW + DAY) for pk in range(size)
    ]


def one_alias_of_all(size: int) -> list[Row]:
    """Half are models that share an alias and end, half fine-tunes of that alias; some models have one of their own."""
    half = size // 2
    bases = [Row(pk=pk, model_id=f"m{pk}", aliases=("latest",), deprecation=NOW + DAY) for pk in range(half)]
    own = [tune(half + pk, f"m{pk}") for pk in range(half // 2)]
    return [*bases, *own, *(tune(size + pk, "latest") for pk in range(half - len(own)))]


def fine_tunes_of_their_own_alias(size: int) -> list[Row]:
    return [tune(pk, "latest", aliases=("latest",), deprecation=NOW + DAY) for pk in range(size)]


def fine_tunes_of_their_own_alias_without_dates(size: int) -> list[Row]:
    return [tune(pk, "latest", aliases=("latest",)) for pk in range(size)]


CATALOGS = [
    chain_of_fine_tunes,
    ring_of_fine_tunes,
    chain_of_replacements,
    ring_of_replacements,
    one_alias_of_all,
    fine_tunes_of_their_own_alias,
    fine_tunes_of_their_own_alias_without_dates,
]


def seconds_for(index: CatalogIndex) -> float:
    """The CPU time of all that the page, the calendar and the watch list ask of every model."""

    def work() -> float:
        index._kept.clear()
        began = time.process_time()
        retirements = find_retirements(index, NOW)
        assert sum(ending.fine_tune_count for ending in retirements.endings) >= 0
        for row in index.rows:
            if row.is_fine_tuned:
                inherited_dates(index).base_of(row)
        return time.process_time() - began

    return min(work() for _ in range(3))


@pytest.mark.parametrize("catalog", CATALOGS)
def test_retirements_of_four_times_as_many_models_take_no_more_than_nine_times_as_long(
    catalog: Callable[[int], list[Row]],
):
    small, large = (CatalogIndex.build(catalog(size), now=NOW) for size in (500, 2000))
    assert seconds_for(large) < 9 * max(seconds_for(small), 0.004)


def test_a_risk_is_inherited_down_a_long_chain():
    index = CatalogIndex.build(chain_of_fine_tunes(3000), now=NOW)
    risks = find_retirements(index, NOW).risks
    assert len(risks) == 2999
    assert {(risk.kind, risk.base.pk if risk.base else None, risk.days) for risk in risks} == {("retiring", 0, 1)}


def test_fine_tunes_in_a_circle_are_all_an_unknown_risk():
    index = CatalogIndex.build([*ring_of_fine_tunes(50), tune(99, "m7")], now=NOW)
    assert {risk.kind for risk in find_retirements(index, NOW).risks} == {"unknown"}
    assert len(find_retirements(index, NOW).risks) == 51


def test_models_that_share_an_alias_have_its_fine_tunes_and_their_own():
    endings = find_retirements(CatalogIndex.build(one_alias_of_all(40), now=NOW), NOW).endings
    assert len(endings) == 20
    for ending in endings:
        own = [row.pk for row in ending.fine_tunes if row.root == ending.row.model_id]
        assert own == ([20 + ending.row.pk] if ending.row.pk < 10 else [])
        assert ending.fine_tune_count == len(ending.fine_tunes) == 10 + len(own)
        assert set(ending.roots) == {row.root for row in ending.fine_tunes}


def test_no_fine_tune_is_trained_from_itself():
    endings = find_retirements(CatalogIndex.build(fine_tunes_of_their_own_alias(5), now=NOW), NOW).endings
    assert [(ending.row in ending.fine_tunes, ending.fine_tune_count) for ending in endings] == [(False, 4)] * 5


def test_a_page_shows_the_beginning_and_the_end_of_a_long_way_of_replacements():
    index = CatalogIndex.build(chain_of_replacements(40), now=NOW)
    (first,) = (ending for ending in find_retirements(index, NOW).endings if ending.row.pk == 0)
    assert len(first.replacement.after) == 39
    assert first.replacement.path == (*(f"m{pk}" for pk in range(2, LONGEST_PATH)), "…", "m40")


# --- The same answers as one by one


@st.composite
def catalogs(draw: st.DrawFn) -> list[Row]:
    ids = st.sampled_from(["m0", "m1", "m2", "m3", "m4", "m5", "x", "y", "gone", ""])
    dates = st.sampled_from([None, None, NOW - DAY, NOW + DAY, NOW + 2 * DAY])
    return [
        Row(
            pk=pk,
            model_id=f"m{pk}",
            aliases=tuple(draw(st.lists(ids, max_size=1))),
            type=draw(st.sampled_from(["base", FINE_TUNED, FINE_TUNED])),
            root=draw(ids),
            deprecation=draw(dates),
            missing_since=draw(st.sampled_from([None, None, NOW])),
        )
        for pk in range(draw(st.integers(1, 6)))
    ]


@given(catalogs(), st.randoms())
def test_a_risk_does_not_depend_on_what_was_asked_before(rows: list[Row], random):
    index, finder = CatalogIndex.build(rows, now=NOW), RiskFinder(lambda root: index.find(root), NOW)
    tunes = [row for row in rows if row.is_fine_tuned]
    random.shuffle(tunes)
    assert [finder.risk_of(row) for row in tunes] == [risk_of(row, index.find, NOW) for row in tunes]


def first_base_with_a_date(row: Row, index: CatalogIndex) -> Row | None:
    """The same by plain search, level by level."""
    seen, level = {row.pk}, [row]
    while level:
        bases = [base for above in level if above.root for base in index.find(above.root)]
        bases = [base for base in bases if base.pk not in seen and not base.is_deleted]
        if dated := [base for base in bases if base.deprecation]:
            return min(dated, key=lambda base: (base.deprecation, base.pk))
        seen.update(base.pk for base in bases)
        level = [base for base in bases if base.is_fine_tuned]
    return None


@given(catalogs(), st.randoms())
def test_an_inherited_date_is_that_of_the_nearest_model_with_a_date(rows: list[Row], random):
    index = CatalogIndex.build(rows, now=NOW)
    dates = InheritedDates(index.find)
    tunes = [row for row in rows if row.is_fine_tuned]
    random.shuffle(tunes)
    assert [dates.base_of(row) for row in tunes] == [first_base_with_a_date(row, index) for row in tunes]
