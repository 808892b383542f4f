"""What is offered where somebody says which model takes the place of another one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.catalog.successors import MOST_OF_A_TYPE, successors_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOON = NOW + timedelta(days=23)
OLD = Row(pk=1, model_id="old", capabilities=("chat",), deprecation=SOON, replacement="new-latest")
NEW = Row(pk=2, model_id="new", aliases=("new-latest",), capabilities=("chat", "vision"))


def tune(pk: int, **fields: Any) -> Row:
    return Row(**{"pk": pk, "model_id": f"ft:{pk}", "type": "fine-tuned", "capabilities": ("chat",), **fields})


def offered(row: Row, *others: Row) -> list[str]:
    index = CatalogIndex.build((row, *others), now=NOW)
    return [each.model_id for each in successors_of(row, index, NOW)]


def test_what_mistral_names_comes_first_for_a_model_and_for_its_fine_tunes():
    other = Row(pk=3, model_id="another", capabilities=("chat",))
    assert offered(OLD, other, NEW) == ["new", "another"]
    assert offered(tune(4, root="old"), OLD, other, NEW) == ["new", "another"]


def test_a_fine_tune_moves_to_a_fine_tune_of_the_new_model_before_others():
    mine, following, other = tune(4, root="old"), tune(5, root="new-latest"), tune(6, root="third", name="A")
    third = Row(pk=7, model_id="third")
    assert offered(mine, OLD, NEW, third, following, other) == ["new", "ft:5", "ft:6"]


def test_only_live_models_that_can_do_all_of_it_are_offered():
    seer = Row(pk=1, model_id="seer", capabilities=("chat", "vision"))
    others = (
        Row(pk=2, model_id="blind", capabilities=("chat",)),
        Row(pk=3, model_id="ends", capabilities=("chat", "vision"), deprecation=SOON),
        tune(4, capabilities=("chat", "vision"), archived=True, root="seer"),
        Row(pk=5, model_id="gone", capabilities=("chat", "vision"), missing_since=NOW),
        Row(pk=6, model_id="", capabilities=("chat", "vision")),
        Row(pk=7, model_id="fits", capabilities=("chat", "tools", "vision")),
    )
    assert offered(seer, *others) == ["fits"]


def test_what_is_named_but_ends_itself_is_not_offered():
    assert offered(OLD, Row(pk=2, model_id="new-latest", capabilities=("chat",), deprecation=SOON)) == []


def test_of_many_models_a_few_of_each_type_are_offered():
    bases = [Row(pk=pk, model_id=f"base-{pk}", capabilities=("chat",)) for pk in range(100, 200)]
    tunes = [tune(pk, root="base-100") for pk in range(200, 300)]
    assert len(offered(tune(1, root="base-100"), *bases, *tunes)) == 2 * MOST_OF_A_TYPE
