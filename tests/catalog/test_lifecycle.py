"""A model's stage follows from its date and the clock, to the second; days are counted by the calendar."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from models_ui.catalog.lifecycle import days_until, lifecycle_stage

RETIRES = datetime(2026, 12, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("offset", "stage"),
    [(-365 * 86_400, "retiring"), (-1, "retiring"), (0, "retired"), (1, "retired"), (365 * 86_400, "retired")],
)
def test_a_model_retires_at_the_very_second(offset: int, stage: str):
    assert lifecycle_stage(RETIRES, RETIRES + timedelta(seconds=offset)) == stage


def test_a_model_without_a_date_is_active():
    assert lifecycle_stage(None, RETIRES) == "active"


def test_the_time_zone_of_the_clock_does_not_matter():
    tokyo = timezone(timedelta(hours=9))
    assert lifecycle_stage(RETIRES, datetime(2026, 12, 31, 20, 59, 59, tzinfo=tokyo)) == "retiring"
    assert lifecycle_stage(RETIRES, datetime(2026, 12, 31, 21, tzinfo=tokyo)) == "retired"


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (datetime(2026, 12, 8, 23, 59, tzinfo=UTC), 23),
        (datetime(2026, 12, 9, 0, 0, tzinfo=UTC), 22),
        (datetime(2026, 12, 31, 0, 0, tzinfo=UTC), 0),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 0),
        (datetime(2027, 1, 2, 0, 0, tzinfo=UTC), -2),
    ],
)
def test_days_are_counted_by_the_calendar(now: datetime, days: int):
    assert days_until(RETIRES, now) == days
