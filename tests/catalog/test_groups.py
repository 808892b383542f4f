"""Rows in groups: which there are, in which order, and how pages cut through them."""

from datetime import UTC, datetime, timedelta

import pytest

from models_ui.catalog.groups import Group, GroupSlice
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def base(pk: int, model_id: str, **fields) -> Row:
    return Row(pk=pk, model_id=model_id, **fields)


def tune(pk: int, root: str, **fields) -> Row:
    return Row(pk=pk, model_id=f"ft:{root}:{pk}", root=root, type="fine-tuned", **fields)


def index_of(*rows: Row) -> CatalogIndex:
    return CatalogIndex.build(rows, now=NOW)


def heads(index: CatalogIndex, **query) -> list[str]:
    """The groups of a page in order: a base model's id, the name of one that is unknown, or the group's own key."""
    return [name_of(part.group) for part in slices(index, **query)]


def name_of(group: Group) -> str:
    return (group.base.model_id if group.base else group.root) if group.kind == "base" else group.key


def slices(index: CatalogIndex, **query) -> tuple[GroupSlice, ...]:
    return index.search(CatalogQuery(**query)).groups


def test_our_fine_tunes_come_first_by_base_model_then_mistrals_models():
    index = index_of(base(1, "small"), base(2, "large"), tune(3, "small"), tune(4, "large"), tune(5, "large"))
    assert heads(index) == ["large", "small", "base"]
    assert [[index.rows[place].pk for place in part.positions] for part in slices(index)] == [[4, 5], [3], [2, 1]]


def test_base_models_that_put_fine_tunes_at_risk_come_first_the_next_to_end_before_the_others():
    index = index_of(
        base(1, "goes-on"),
        base(2, "ends-late", deprecation=NOW + timedelta(days=60)),
        base(3, "ends-soon", deprecation=NOW + timedelta(days=20)),
        base(4, "gone", missing_since=NOW),
        *(tune(10 + number, "goes-on") for number in range(3)),
        tune(20, "ends-late"),
        tune(21, "ends-soon"),
        tune(22, "gone", archived=True),
    )
    assert heads(index, type=("fine-tuned",)) == ["ends-soon", "ends-late", "goes-on", "gone"]


def test_names_and_aliases_of_one_base_model_are_one_group():
    index = index_of(base(1, "small-2512", aliases=("small-latest",)), tune(2, "small-latest"), tune(3, "small-2512"))
    (part,) = slices(index, type=("fine-tuned",))
    assert (name_of(part.group), part.count) == ("small-2512", 2)


def test_a_fine_tune_of_a_fine_tune_stands_with_its_base_model():
    first = tune(2, "small")
    index = index_of(base(1, "small"), first, tune(3, first.model_id))
    assert heads(index, type=("fine-tuned",)) == ["small"]


def test_fine_tunes_that_were_trained_from_each_other_stand_by_the_name_they_give():
    index = index_of(
        Row(pk=1, model_id="ft:a", root="ft:b", type="fine-tuned"),
        Row(pk=2, model_id="ft:b", root="ft:a", type="fine-tuned"),
        Row(pk=3, model_id="ft:c", type="fine-tuned"),
    )
    assert sorted(heads(index)) == ["", "ft:a", "ft:b"]


@pytest.mark.parametrize(
    ("grouping", "expected"),
    [("type", ["fine-tuned", "base"]), ("status", ["live", "at_risk", "archived"]), ("none", [])],
)
def test_rows_can_be_grouped_otherwise_or_not_at_all(grouping: str, expected: list[str]):
    index = index_of(base(1, "small"), tune(2, "small"), tune(3, "lost"), tune(4, "small", archived=True))
    assert heads(index, group=grouping) == expected


def test_mistrals_models_alone_are_not_grouped():
    assert slices(index_of(base(1, "small")), type=("base",)) == ()


def test_a_page_cuts_a_group_whose_head_counts_all_of_it_and_says_that_it_goes_on():
    index = index_of(base(1, "small"), *(tune(10 + number, "small") for number in range(40)), tune(99, "lost"))
    first, second = (slices(index, per_page=25, page=page) for page in (1, 2))
    assert [(name_of(part.group), part.count, len(part.positions), part.is_continued) for part in first] == [
        ("lost", 1, 1, False),
        ("small", 40, 24, False),
    ]
    assert [(name_of(part.group), part.count, len(part.positions), part.is_continued) for part in second] == [
        ("small", 40, 16, True),
        ("base", 1, 1, False),
    ]


def test_a_filter_leaves_out_groups_without_a_match_and_counts_the_rest():
    index = index_of(
        base(1, "small"), base(2, "large"), tune(3, "small"), tune(4, "small", archived=True), tune(5, "large")
    )
    (part,) = slices(index, type=("fine-tuned",), status=("archived",))
    assert (name_of(part.group), part.count) == ("small", 1)
