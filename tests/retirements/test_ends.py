"""The dates of models and of the fine-tunes that inherit them, and how filters narrow them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.retirements.ends import ModelEnds, ends_at, group_ends, missing_fine_tunes
from models_ui.retirements.query import RetirementsQuery

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def row(pk: int, model_id: str = "", **fields) -> Row:
    return Row(pk=pk, model_id=model_id or f"m{pk}", **fields)


def tune(pk: int, root: str, **fields) -> Row:
    return Row(pk=pk, model_id=f"ft:{pk}", type="fine-tuned", root=root, **fields)


def ends(*rows: Row, told: frozenset[int] = frozenset()) -> ModelEnds:
    return ends_at(CatalogIndex.build(rows, now=NOW), NOW, told)


def keys(found: ModelEnds, **query) -> list[int]:
    return [end.row.pk for end in found.matching(RetirementsQuery(**query)).all]


def test_a_fine_tune_without_a_date_perhaps_ends_with_its_base_model():
    found = ends(row(1, "base", deprecation=NOW + DAY), tune(2, "base"), tune(3, "other"))
    assert [(end.row.pk, end.is_inherited, end.inherited_from) for end in found.all] == [
        (1, False, ""),
        (2, True, "base"),
    ]


def test_a_fine_tune_with_a_date_of_its_own_has_that_one_and_knows_a_sooner_one():
    own = replace(tune(2, "base"), deprecation=NOW + 9 * DAY)
    end = ends(row(1, "base", deprecation=NOW + DAY), own).by_row[2]
    assert (end.is_inherited, end.days, end.base and end.base.pk) == (False, 9, 1)


def test_a_missing_fine_tune_inherits_no_date_unless_calendars_were_told_of_it():
    rows = (row(1, "base", deprecation=NOW + DAY), replace(tune(2, "base"), missing_since=NOW - DAY))
    assert keys(ends(*rows)) == [1]
    assert missing_fine_tunes(CatalogIndex.build(rows, now=NOW)) == {2}
    assert keys(ends(*rows, told=frozenset({2}))) == [1, 2]


def test_dates_ahead_stand_next_first_and_past_ones_latest_first():
    found = ends(*(row(pk, deprecation=NOW + DAY * days) for pk, days in enumerate((60, -400, 9, -2, 23))))
    assert [end.days for end in found.ahead] == [9, 23, 60]
    assert [end.days for end in found.past] == [-2, -400]


def test_a_horizon_leaves_out_the_past_and_whatever_is_farther():
    found = ends(*(row(pk, deprecation=NOW + DAY * days) for pk, days in enumerate((-1, 0, 30, 31, 180, 181))))
    assert keys(found, within=30) == [2]
    assert keys(found, within=180) == [2, 3, 4]
    assert keys(found, when="past") == [0, 1]
    assert keys(found, when="ahead") == [2, 3, 4, 5]
    assert keys(found, when="past", within=30) == []
    assert len(keys(found)) == 6


def test_type_and_affected_narrow_the_dates():
    found = ends(
        row(1, "used", deprecation=NOW + DAY),
        row(2, "unused", deprecation=NOW + DAY),
        tune(3, "used"),
        replace(tune(4, "unknown"), deprecation=NOW + DAY),
    )
    assert keys(found, affected=True) == [1, 3]
    assert sorted(keys(found, type="fine-tuned")) == [3, 4]
    assert sorted(keys(found, type="base")) == [1, 2]


def test_fine_tunes_stand_in_the_group_of_the_model_whose_date_they_have():
    found = ends(row(1, "a", deprecation=NOW + DAY), row(2, "b", deprecation=NOW + 2 * DAY), tune(3, "b"), tune(4, "b"))
    groups = group_ends(found.all)
    assert [(group.ending.row.pk, [end.row.pk for end in group.hanging]) for group in groups] == [(1, []), (2, [3, 4])]
    alone = group_ends(found.matching(RetirementsQuery(type="fine-tuned")).all)
    assert [(group.own, len(group.hanging)) for group in alone] == [(None, 2)]
