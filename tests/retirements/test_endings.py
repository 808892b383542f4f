"""Retirements: dates in UTC to the second, months, filters, and the risk that a fine-tune inherits."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.risks import risk_of
from models_ui.catalog.row import Row
from models_ui.retirements.endings import (
    Retirements,
    add_months,
    find_retirements,
    months_between,
)
from models_ui.retirements.query import HORIZONS, RetirementsQuery
from models_ui.vocabulary import TYPES

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
PARIS = ZoneInfo("Europe/Paris")


def row(pk: int, model_id: str = "", **fields) -> Row:
    return Row(pk=pk, model_id=model_id or f"m{pk}", **fields)


def tune(pk: int, root: str, **fields) -> Row:
    return Row(pk=pk, model_id=f"ft:{pk}", type="fine-tuned", root=root, **fields)


def retirements(*rows: Row, now: datetime = NOW) -> Retirements:
    return find_retirements(CatalogIndex.build(rows, now=now), now)


# --- The clock


@pytest.mark.parametrize(("offset", "stage"), [(-SECOND, "retiring"), (timedelta(), "retired"), (SECOND, "retired")])
def test_a_model_retires_at_its_very_second(offset: timedelta, stage: str):
    at = datetime(2026, 12, 31, 12, tzinfo=UTC)
    found = retirements(row(1, deprecation=at), now=at + offset)
    assert [each.stage for each in found.endings] == [stage]
    assert len(found.ahead) + len(found.past) == 1
    assert found.endings[0].days == 0


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 12, 1, 0, 0, 0, tzinfo=UTC), 0),
        (datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC), 0),
    ],
)
def test_days_turn_at_midnight_in_utc(now: datetime, days: int):
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert retirements(row(1, deprecation=at), now=now).endings[0].days == days


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])  # 23 and 25 hours long in Paris
@pytest.mark.parametrize("hour", [0, 1, 12, 22, 23])
def test_a_clock_that_changes_in_paris_changes_no_date(day: date, hour: int):
    at = datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)
    now = at - timedelta(days=9)
    in_paris = retirements(row(1, deprecation=at.astimezone(PARIS)), now=now.astimezone(PARIS)).endings[0]
    assert (in_paris.day, in_paris.days, in_paris.stage) == (day, 9, "retiring")
    assert in_paris.at == at
    assert retirements(row(1, deprecation=at.astimezone(PARIS)), now=at.astimezone(PARIS)).endings[0].stage == "retired"


def test_a_date_that_is_another_month_elsewhere_stays_in_its_month_of_utc():
    at = datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=14)))  # still December in UTC
    ending = retirements(row(1, deprecation=at)).endings[0]
    assert (ending.month, ending.day) == (date(2026, 12, 1), date(2026, 12, 31))


def test_models_without_a_date_are_not_on_the_retirements():
    assert retirements(row(1), row(2, deprecation=None)) == Retirements((), (), ())


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)])
def test_far_dates_are_dates_like_others(at: datetime):
    ending = retirements(row(1, deprecation=at)).endings[0]
    assert ending.month == at.date().replace(day=1)
    assert ending.stage == ("retired" if at.year == 1 else "retiring")


def test_a_date_that_could_not_be_read_is_told_and_no_date_is_made_up():
    found = retirements(row(1, problems=("deprecation",)), row(2, problems=("context",)))
    assert [each.pk for each in found.unreadable] == [1]
    assert found.endings == ()


# --- Order and months


def test_endings_ahead_sort_next_first_and_the_past_latest_first():
    found = retirements(*(row(pk, deprecation=NOW + DAY * days) for pk, days in enumerate((60, -400, 9, -2, 23))))
    assert [each.days for each in found.ahead] == [9, 23, 60]
    assert [each.days for each in found.past] == [-2, -400]


MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, PARIS, timezone(timedelta(hours=-12))])).filter(
    lambda at: 2 < at.year < 9998
)


@given(st.dates(date(2, 1, 1), date(9990, 1, 1)), st.integers(-12, 12))
def test_counting_months_forth_and_back_agrees(day: date, count: int):
    first = day.replace(day=1)
    assert months_between(first, add_months(first, count)) == count


# --- What a fine-tune inherits


def risk(tuned: Row, *others: Row, now: datetime = NOW):
    return risk_of(tuned, CatalogIndex.build([tuned, *others], now=now).find, now)


def test_a_fine_tune_of_a_model_that_goes_on_is_not_at_risk():
    assert risk(tune(1, "base"), row(2, "base")) is None


@pytest.mark.parametrize(("offset", "kind"), [(-SECOND, "retiring"), (timedelta(), "retired"), (SECOND, "retired")])
def test_the_risk_follows_the_base_models_date_through_an_alias(offset: timedelta, kind: str):
    at = NOW + DAY
    found = risk(tune(1, "base-latest"), row(2, "base-2409", aliases=("base-latest",), deprecation=at), now=at + offset)
    assert found is not None
    assert (found.kind, found.at, found.by_alias) == (kind, at, True)


def test_a_base_model_that_left_the_list_is_a_risk_whatever_its_date_ahead_says():
    found = risk(tune(1, "base"), row(2, "base", missing_since=NOW, deprecation=NOW + DAY))
    assert found is not None
    assert (found.kind, found.at) == ("missing", None)


@pytest.mark.parametrize("root", ["", "never-seen", "ft:1"])
def test_a_root_that_leads_nowhere_is_an_unknown_risk(root: str):
    found = risk(tune(1, root))
    assert found is not None
    assert (found.kind, found.base) == ("unknown", None)


def test_of_several_models_that_a_root_means_the_worst_counts():
    bases = [row(2, "x-1", aliases=("x",)), row(3, "x-2", aliases=("x",), deprecation=NOW - DAY)]
    found = risk(tune(1, "x"), *bases)
    assert found is not None
    assert (found.kind, found.base, found.several) == ("retired", bases[1], True)


def test_a_fine_tune_of_a_fine_tune_inherits_from_the_model_beneath():
    found = risk(tune(1, "ft:2"), tune(2, "base"), row(3, "base", deprecation=NOW + DAY))
    assert found is not None
    assert (found.kind, found.base and found.base.pk) == ("retiring", 3)


def test_fine_tunes_that_name_each_other_are_an_unknown_risk():
    found = risk(tune(1, "ft:2"), tune(2, "ft:1"))
    assert found is not None
    assert found.kind == "unknown"


def test_risks_come_next_first_then_past_then_undated_and_what_is_archived_at_the_end():
    found = retirements(
        row(1, "soon", deprecation=NOW + DAY),
        row(2, "later", deprecation=NOW + 9 * DAY),
        row(7, "past", deprecation=NOW - DAY),
        row(8, "long-past", deprecation=NOW - 9 * DAY),
        tune(3, "later"),
        tune(4, "unheard-of"),
        tune(5, "soon", archived=True),
        tune(6, "soon"),
        tune(9, "long-past"),
        tune(10, "past"),
    )
    assert [each.row.pk for each in found.risks] == [6, 3, 10, 9, 4, 5]


def test_a_fine_tune_that_is_gone_is_at_no_risk_and_affected_by_nothing():
    found = retirements(row(1, "base", deprecation=NOW + DAY), tune(2, "base", missing_since=NOW, deleted_at=NOW))
    assert found.risks == ()
    assert found.endings[0].fine_tunes == ()


def test_a_base_model_knows_its_fine_tunes_under_each_of_its_ids():
    found = retirements(
        row(1, "a-1", aliases=("a", "a-latest"), deprecation=NOW + DAY), *(map(tune, (2, 3, 4), ("a", "a-1", "b")))
    )
    assert [each.pk for each in found.endings[0].fine_tunes] == [2, 3]


# --- The query


@pytest.mark.parametrize("within", [None, *HORIZONS])
@pytest.mark.parametrize("type", ["", *TYPES])
@pytest.mark.parametrize("affected", [False, True])
def test_a_query_survives_the_address_bar(within: int | None, type: str, affected: bool):
    query = RetirementsQuery(within=within, type=type, affected=affected)
    assert RetirementsQuery.parse(query.serialize()) == (query, ())


@pytest.mark.parametrize("text", ["within=31", "type=robot", "affected=yes", "x=1", "within=%C3%28", "a=%00<b>"])
def test_a_senseless_parameter_is_left_out_and_told(text: str):
    query, ignored = RetirementsQuery.parse(text)
    assert query == RetirementsQuery()
    assert len(ignored) == 1
    assert ignored[0].value.isprintable()


@given(st.text(max_size=300))
def test_no_query_string_is_too_odd(text: str):
    query, _ = RetirementsQuery.parse(text)
    assert RetirementsQuery.parse(query.serialize()) == (query, ())
