"""What a replacement means today, and what changes with it; upstream may name anything, itself included."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.catalog import replacements as module
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.replacements import compare_models, replacement_of
from models_ui.catalog.row import Row

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOON = NOW + timedelta(days=23)
SECOND = timedelta(seconds=1)


def finder(rows: Iterable[Row]):
    return CatalogIndex.build(rows, now=NOW).find


def row(pk: int, model_id: str, **fields) -> Row:
    return Row(pk=pk, model_id=model_id, **fields)


# --- What changes


def test_gains_and_losses_are_flags_that_both_models_tell():
    old = row(1, "a", capabilities=("completion_chat", "fine_tuning"), lacks=("vision", "reasoning"))
    new = row(2, "b", capabilities=("completion_chat", "vision"), lacks=("fine_tuning", "reasoning"))
    comparison = compare_models(old, new)
    assert comparison.gained == ("vision",)
    assert comparison.lost == ("fine_tuning",)
    assert comparison.untold == ()
    assert not comparison.same_capabilities


def test_a_flag_that_one_of_them_does_not_tell_is_neither_gained_nor_lost():
    old = row(1, "a", capabilities=("completion_chat", "ocr"))
    new = row(2, "b", capabilities=("completion_chat", "computer_use"))
    comparison = compare_models(old, new)
    assert (comparison.gained, comparison.lost) == ((), ())
    assert comparison.untold == ("ocr", "computer_use")
    assert not comparison.same_capabilities


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (131_072, 262_144, "larger"),
        (32_768, 16_384, "smaller"),
        (128_000, 131_072, "larger"),  # both are called 128k
        (131_072, 131_072, "same"),
        (None, 131_072, "unknown"),
        (131_072, None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_contexts_are_compared_only_where_both_are_known(before: int | None, after: int | None, change: str):
    assert (
        compare_models(row(1, "a", max_context_length=before), row(2, "b", max_context_length=after)).context_change
        == change
    )


@pytest.mark.parametrize(("before", "after", "changes"), [(0.3, 1.0, True), (0.0, 0.0, False), (None, 1.0, False)])
def test_a_default_temperature_changes_only_between_two_that_are_known(before, after, changes):
    comparison = compare_models(row(1, "a", default_temperature=before), row(2, "b", default_temperature=after))
    assert comparison.temperature_changes is changes


# --- What the replacement means today


def test_a_model_without_a_replacement_has_none_and_nobody_doubts_it():
    replacement = replacement_of(row(1, "a"), finder([]), NOW)
    assert replacement.outcome == "none"
    assert not replacement.doubt


def test_an_id_that_nobody_lists_is_unknown():
    replacement = replacement_of(row(1, "a", replacement="gone"), finder([]), NOW)
    assert (replacement.outcome, replacement.named, replacement.comparison) == ("unknown", "gone", None)
    assert replacement.doubt


def test_an_alias_is_resolved_to_the_model_it_means_today():
    rows = [row(1, "old", replacement="medium-latest"), row(2, "medium-2604", aliases=("medium-latest",))]
    replacement = replacement_of(rows[0], finder(rows), NOW)
    assert replacement.row is rows[1]
    assert replacement.by_alias
    assert not replacement.doubt


def test_a_model_named_by_its_own_id_is_no_alias():
    rows = [row(1, "old", replacement="new"), row(2, "new")]
    assert not replacement_of(rows[0], finder(rows), NOW).by_alias


def test_an_id_of_several_models_is_compared_with_none_of_them():
    rows = [row(1, "old", replacement="x-latest"), *(row(pk, f"x-{pk}", aliases=("x-latest",)) for pk in (2, 3))]
    replacement = replacement_of(rows[0], finder(rows), NOW)
    assert replacement.outcome == "several"
    assert {each.pk for each in replacement.candidates} == {2, 3}
    assert replacement.comparison is None
    assert replacement.doubt


@pytest.mark.parametrize("named", ["old", "old-latest"])
def test_a_replacement_that_is_the_model_itself_is_said_to_be(named: str):
    rows = [row(1, "old", aliases=("old-latest",), replacement=named)]
    replacement = replacement_of(rows[0], finder(rows), NOW)
    assert (replacement.outcome, replacement.circular) == ("itself", True)


@pytest.mark.parametrize(("now", "stage"), [(SOON - SECOND, "retiring"), (SOON, "retired"), (SOON + SECOND, "retired")])
def test_a_replacement_that_is_retiring_itself_is_doubtful_to_the_second(now: datetime, stage: str):
    rows = [row(1, "old", replacement="new"), row(2, "new", deprecation=SOON)]
    replacement = replacement_of(rows[0], finder(rows), now)
    assert replacement.stage == stage
    assert replacement.days == 0
    assert replacement.doubt


def test_a_replacement_that_left_the_list_is_doubtful():
    rows = [row(1, "old", replacement="new"), row(2, "new", missing_since=NOW)]
    assert replacement_of(rows[0], finder(rows), NOW).doubt


def test_replacements_of_replacements_are_followed_to_where_one_can_stay():
    rows = [
        row(1, "a", replacement="b", deprecation=SOON),
        row(2, "b", replacement="c-latest", deprecation=SOON),
        row(3, "c", aliases=("c-latest",), replacement="d"),  # no date, so one may stay
        row(4, "d"),
    ]
    replacement = replacement_of(rows[0], finder(rows), NOW)
    assert replacement.after == ("c",)
    assert not replacement.circular


def test_the_way_on_ends_with_an_id_that_nobody_lists():
    rows = [row(1, "a", replacement="b", deprecation=SOON), row(2, "b", replacement="?", deprecation=SOON)]
    assert replacement_of(rows[0], finder(rows), NOW).after == ("?",)


@pytest.mark.parametrize("size", [2, 3, 40])
def test_replacements_that_go_round_are_noticed(size: int):
    rows = [row(pk, f"m{pk}", replacement=f"m{(pk + 1) % size}", deprecation=SOON) for pk in range(size)]
    replacement = replacement_of(rows[0], finder(rows), NOW)
    assert replacement.circular
    assert replacement.after[-1] == "m0"
    assert replacement.doubt


IDS = st.sampled_from(["a", "b", "c", "a-latest", "", "<script>", "../x", "\x00", "ft:ü:%2F"])
ROWS = st.lists(
    st.builds(
        lambda model_id, aliases, replacement, date, missing: {
            "model_id": model_id,
            "aliases": tuple(aliases),
            "replacement": replacement,
            "deprecation": NOW + timedelta(days=date) if date is not None else None,
            "missing_since": NOW if missing else None,
        },
        IDS,
        st.lists(IDS, max_size=2),
        IDS,
        st.sampled_from([None, -1, 1]),
        st.booleans(),
    ),
    max_size=8,
).map(lambda found: [Row(pk=pk, **fields) for pk, fields in enumerate(found)])


@given(ROWS)
def test_the_comparison_with_a_replacement_answers_whatever_upstream_names(rows: list[Row]):
    find = finder(rows)
    for each in rows:
        replacement = replacement_of(each, find, NOW)
        assert replacement.named == each.replacement
        assert (replacement.comparison is not None) == (replacement.outcome == "found")
        assert replacement.row is None or replacement.row.pk != each.pk
        assert len(replacement.after) <= len(rows) + 1


def test_comparing_needs_no_django():
    assert "django" not in "".join(
        line for line in Path(module.__file__).read_text().splitlines() if line.startswith(("import", "from"))
    )
