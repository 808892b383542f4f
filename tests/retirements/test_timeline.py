"""The pictures' geometry: everything inside, nothing overlapping, and every model drawn or counted."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.retirements.endings import Ending, find_retirements
from models_ui.retirements.timeline import MONTHS, NAMED_WIDTH, timeline_of
from models_ui.text.humanize import svg_percent

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def endings(*days: int, name: str = "a-model-of-some-length") -> tuple[Ending, ...]:
    rows = [Row(pk=pk, model_id=f"{name}-{pk}", deprecation=NOW + DAY * each) for pk, each in enumerate(days)]
    return find_retirements(CatalogIndex.build(rows, now=NOW), NOW).endings


def share(text: str) -> float:
    assert text.endswith("%")
    return float(text[:-1]) / 100


@given(st.lists(st.integers(-700, 700), max_size=60))
def test_every_model_is_drawn_or_counted_in_its_month_or_said_to_be_beyond(days: list[int]):
    picture = timeline_of(endings(*days), NOW)
    assert len(picture.months) == MONTHS
    assert sum(month.count for month in picture.months) + picture.earlier + picture.later == len(days)
    drawn = len(days) - picture.earlier - picture.later
    assert len(picture.marks) == (0 if picture.bars else drawn)
    for mark in picture.marks:
        assert 0 <= share(mark.x) <= 1
        assert picture.top < mark.y < picture.floor
    for bar in picture.bars:
        assert picture.top <= bar.y < picture.floor + 1
        assert 0 <= share(bar.x) <= 1


@given(st.lists(st.integers(-360, 360), max_size=40))
def test_no_name_lies_upon_another(days: list[int]):
    picture = timeline_of(endings(*days), NOW)
    taken: dict[int, list[tuple[float, float]]] = {}
    for mark in picture.marks:
        x, width = share(mark.x) * NAMED_WIDTH, 13 + len(mark.name) * 6
        taken.setdefault(mark.y, []).append((x - width, x + 6) if mark.before else (x - 6, x + width))
    for spans in taken.values():
        spans.sort()
        assert all(first[1] <= second[0] for first, second in pairwise(spans))


def test_a_mark_stands_in_its_month_and_the_line_of_today_between_past_and_future():
    picture = timeline_of(endings(-2, 0, 9, 150), NOW)
    today = share(picture.today)
    for mark in picture.marks:
        band = next(month for month in picture.months if month.first == mark.ending.month)
        assert share(band.x) <= share(mark.x) < share(band.x) + share(band.width)
        assert (share(mark.x) > today) == (mark.ending.stage == "retiring")


def test_a_crowd_becomes_bars_that_add_up():
    picture = timeline_of(endings(*[9] * 300, *[-5] * 30), NOW)
    assert picture.marks == ()
    assert [bar.urgency for bar in picture.bars] == ["past", "soon"]
    past, soon = picture.bars
    assert soon.height == pytest.approx(past.height * 10, abs=10)


def test_an_empty_timeline_is_still_an_axis():
    picture = timeline_of((), NOW)
    assert (picture.marks, picture.bars, len(picture.months)) == ((), (), MONTHS)


def test_a_percentage_has_a_point_in_every_language():
    assert [svg_percent(each) for each in (0, 0.5, 1, 1 / 3)] == ["0%", "50%", "100%", "33.333%"]
