"""The pictures' geometry: everything inside, nothing overlapping, and every model drawn or counted."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.catalog.context_plot import MOST_DOTS, build_context_plot
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


# --- Context lengths


def models(*contexts: int | None, type: str = "base") -> list[Row]:
    return [Row(pk=pk, model_id=f"m{pk}", type=type, max_context_length=context) for pk, context in enumerate(contexts)]


@given(st.lists(st.one_of(st.none(), st.integers(1, 2**31 - 1)), max_size=60))
def test_every_model_is_in_one_column_or_unknown(contexts: list[int | None]):
    plot = build_context_plot(models(*contexts))
    assert plot.known + plot.unknown == len(contexts)
    assert plot.unknown == contexts.count(None)
    assert len(plot.dots) == (0 if plot.blocks else plot.known)
    for first, second in pairwise(plot.columns):
        assert first.highest < second.lowest
        assert share(first.x) < share(second.x)
    for mark in (*plot.dots, *plot.columns, *plot.ticks):
        assert 0 <= share(mark.x) <= 1
    assert len(plot.ticks) <= 13
    assert all(0 < dot.y < plot.floor for dot in plot.dots)
    assert all(0 < block.y < plot.floor for block in plot.blocks)


def test_lengths_that_people_call_the_same_stand_together():
    plot = build_context_plot(models(128_000, 131_072, 256_000, 262_144))
    assert [(column.lowest, column.highest) for column in plot.columns] == [(128_000, 131_072), (256_000, 262_144)]


def test_each_doubling_is_as_wide_as_the_next():
    xs = [share(column.x) for column in build_context_plot(models(4096, 8192, 16_384, 32_768)).columns]
    assert [b - a for a, b in pairwise(xs)] == pytest.approx([xs[1] - xs[0]] * 3, abs=1e-4)


def test_dots_become_blocks_when_they_are_too_many():
    assert not build_context_plot(models(*[8192] * MOST_DOTS)).blocks
    plot = build_context_plot([*models(*[8192] * MOST_DOTS), *models(8192, type="fine-tuned")])
    assert (list(plot.dots), [block.tuned for block in plot.blocks]) == ([], [False, True])


def test_without_any_known_length_there_is_no_picture():
    assert build_context_plot(models(None, 0)).columns == ()
