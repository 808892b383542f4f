"""Which entries are one model where they share a name written for people, or where one alone states an alias."""

import itertools

import pytest

from models_ui.mirror.grouping import real_models
from models_ui.services.cards import ModelCard
from tests.support.cards import base, told, tune

# --- Names written for people


def test_two_models_with_one_human_name_are_two_rows():
    cards = [
        base("small-2506", "Mistral Small", "small-latest", max_context_length=131_072),
        base("small-latest", "Mistral Small", "small-2506", max_context_length=131_072),
        base("small-2402", "Mistral Small", max_context_length=32_768),
    ]
    models = real_models(cards)
    assert told(models) == [("small-2506", {"small-latest"}), ("small-2402", set())]
    assert [model.disagreements for model in models] == [(), ()]


def test_entries_of_one_human_name_are_one_model_where_either_names_the_other():
    for first, second in itertools.permutations([base("a-1", "Model A", "a-2"), base("a-2", "Model A")]):
        assert told(real_models([first, second])) == [("a-1", {"a-2"})]


def test_entries_of_one_human_name_are_one_model_along_a_chain_of_aliases():
    cards = [base("a", "Model A", "b"), base("c", "Model A", "b", "d"), base("b", "Model A"), base("d", "Model A")]
    assert told(real_models(cards)) == [("a", {"b", "c", "d"})]


def test_an_entry_without_a_name_joins_the_human_name_that_it_shares_ids_with():
    assert told(real_models([base("a-1", "Model A"), base("b-1", "Model A"), base("x", None, "b-1")])) == [
        ("a-1", set()),
        ("b-1", {"x"}),
    ]
    bridged = [base("a-1", "Model A"), base("b-1", "Model A"), base("x", None, "a-1", "b-1")]
    assert told(real_models(bridged)) == [("a-1", {"b-1", "x"})]
    torn = [base("a-1", "Model A"), base("b-1", "Model B"), base("x", None, "a-1", "b-1")]
    assert [model_id for model_id, _aliases in told(real_models(torn))] == ["a-1", "b-1", "x"]


@pytest.mark.parametrize(
    "witness",
    [
        base("x-2501", "x-2501", "Model A"),  # the name is an alias of any entry
        base("Model A", None),  # or an id
        base("a-3", "Model A", "Model A"),  # even the entry's own alias
    ],
)
def test_a_name_that_is_an_id_or_alias_of_the_list_belongs_to_one_model(witness: ModelCard):
    models = real_models([base("a-1", "Model A"), base("a-2", "Model A"), witness])
    assert {"a-1", "a-2"} <= {models[0].card.id, *models[0].aliases}


def test_the_name_of_a_fine_tune_or_its_id_makes_no_human_name_an_id():
    cards = [base("a-1", "Support"), base("a-2", "Support"), tune("Support", "Support", aliases=["Support"])]
    assert [model_id for model_id, _aliases in told(real_models(cards))] == ["a-1", "a-2", "Support"]


# --- Aliases that one side alone states


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((None, None), [("m-2-2502", {"m-1-2501"})]),
        (("m-1-2501", None), [("m-1-2501", {"m-2-2502"})]),
        ((None, "m-2-2502"), [("m-2-2502", {"m-1-2501"})]),
        (("m-1-2501", "m-2-2502"), [("m-1-2501", {"m-2-2502"}), ("m-2-2502", set())]),
        (("Model 1", "Model 2"), [("m-1-2501", {"m-2-2502"}), ("m-2-2502", set())]),
        (("Model", "Model"), [("m-2-2502", {"m-1-2501"})]),
        (("m-1-2501", "m-1-2501"), [("m-1-2501", {"m-2-2502"})]),
    ],
)
def test_an_alias_that_one_side_alone_states_is_kept(names: tuple, expected: list, order: int):
    cards = [base("m-1-2501", names[0], "m-2-2502"), base("m-2-2502", names[1])]
    assert sorted(told(real_models(cards[:: -1 if order else 1]))) == expected


def test_an_alias_that_two_models_state_leads_to_both():
    cards = [base("a-1", "a-1", "floating"), base("b-1", "b-1", "floating")]
    assert told(real_models(cards)) == [("a-1", {"floating"}), ("b-1", {"floating"})]


def test_an_alias_that_is_listed_as_another_model_leads_to_both():
    cards = [base("large-2411", "large-2411", "large-latest"), base("large-latest", "medium-2505", "medium-2505")]
    assert told(real_models(cards)) == [("large-2411", {"large-latest"}), ("large-latest", {"medium-2505"})]


def test_an_alias_of_a_fine_tune_that_is_a_base_models_id_leads_to_both():
    cards = [tune("ft:nemo:1", "Support", aliases=["nemo"]), base("nemo", "nemo")]
    assert told(real_models(cards)) == [("ft:nemo:1", {"nemo"}), ("nemo", set())]
