"""The picture's geometry: everything inside, the axis readable, and every model drawn or counted."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.retirements.ends import ends_at, group_ends
from models_ui.retirements.gantt import MOST_HANGING, MOST_LANES, Gantt, draw_gantt
from models_ui.retirements.query import RetirementsQuery

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def picture(*days: int, fine_tunes: int = 0, within: int | None = None) -> Gantt:
    """The picture of models that end so many days from now, the first of them with fine-tunes."""
    rows = [Row(pk=pk, model_id=f"m{pk}", deprecation=NOW + DAY * each) for pk, each in enumerate(days)]
    rows += [Row(pk=1000 + n, model_id=f"ft:{n}", type="fine-tuned", root="m0") for n in range(fine_tunes)]
    query = RetirementsQuery(within=within)
    found = ends_at(CatalogIndex.build(rows, now=NOW), NOW).matching(query)
    return draw_gantt(group_ends((*found.ahead, *found.past)), query, NOW)


def share(text: str) -> float:
    assert text.endswith("%")
    return float(text[:-1]) / 100


def drawn(gantt: Gantt) -> int:
    return sum(1 + len(group.hanging) for group in gantt.groups)


@given(st.lists(st.integers(-3000, 30_000), max_size=60), st.integers(0, 20))
def test_every_model_is_drawn_or_counted_and_no_lane_leaves_the_picture(days: list[int], fine_tunes: int):
    gantt = picture(*days, fine_tunes=fine_tunes)
    counted = gantt.rest + sum(group.rest for group in gantt.groups)
    assert drawn(gantt) + counted == len(days) + (fine_tunes if days else 0)
    assert drawn(gantt) <= MOST_LANES
    for group in gantt.groups:
        assert len(group.hanging) <= MOST_HANGING
        for lane in (group.base, *group.hanging):
            assert 0 < share(lane.x) <= 0.7


@given(st.lists(st.integers(-3000, 30_000), max_size=20))
def test_names_of_the_axis_are_in_order_and_do_not_overlap(days: list[int]):
    gantt = picture(*days)
    for named, apart in (
        ([tick for tick in gantt.ticks if tick.is_named], 0.08),
        ([tick for tick in gantt.ticks if tick.is_named and not tick.is_minor], 0.16),
    ):
        places = [share(tick.x) for tick in named]
        assert places == sorted(places)
        assert all(later - sooner >= apart for sooner, later in pairwise(places))
    assert any(tick.is_named for tick in gantt.ticks)
    assert 0 <= share(gantt.today) <= 0.65


def test_the_scale_follows_the_filter():
    assert share(picture(20, within=30).groups[0].base.x) > share(picture(20, 170).groups[0].base.x)


def test_a_later_date_ends_a_longer_lane_and_those_beyond_end_alike():
    gantt = picture(9, 60, 400, 5000, 9000)
    places = [share(group.base.x) for group in gantt.groups]
    assert places == sorted(places)
    assert places[-1] == places[-2]
    assert [group.base.shape for group in gantt.groups] == ["ahead", "ahead", "ahead", "beyond", "beyond"]


def test_many_fine_tunes_of_one_model_are_cut_and_counted():
    group = picture(9, fine_tunes=20).groups[0]
    assert (len(group.hanging), group.rest) == (MOST_HANGING - 1, 20 - MOST_HANGING + 1)
    assert {lane.shape for lane in group.hanging} == {"perhaps"}


def test_without_dates_there_is_no_lane():
    assert picture().groups == []
