"""One row per real model, out of a list that repeats each model once for each of its ids, and worse."""

import itertools
import time

import pytest

from models_ui.mirror.grouping import LONGEST_IDENTITY, canonical_id, real_models
from models_ui.services.cards import ModelCard
from tests.support.cards import base, entries_of, told, tune

DATE = "2030-01-31T12:00:00Z"


# --- What the recordings taught


def test_one_model_with_many_ids_is_one_row_under_its_dated_id():
    assert told(real_models(entries_of("nemo-2407", "nemo-latest", "nemo-2407", "nemo"))) == [
        ("nemo-2407", {"nemo-latest", "nemo"})
    ]


def test_models_come_in_the_order_in_which_the_list_names_them_first():
    cards = [
        base("b", "b"),
        tune("ft:1"),
        base("a-latest", "a"),
        base("nameless", None, "b"),
        base("a", "a"),
        tune("ft:0"),
    ]
    assert [card_id for card_id, _ in told(real_models(cards))] == ["b", "ft:1", "a", "ft:0"]


def test_an_id_that_two_models_share_hides_neither():
    cards = [
        *entries_of("voxtral-2507", "voxtral-2507", "voxtral-latest"),
        *entries_of("voxtral-transcribe-2507", "voxtral-2507", "voxtral-latest"),
    ]
    models = real_models(cards)
    assert told(models) == [("voxtral-2507", {"voxtral-latest"}), ("voxtral-2507", {"voxtral-latest"})]
    assert models[0].identity == "voxtral-2507"
    assert models[1].identity != "voxtral-2507"
    assert [model.card.name for model in models] == ["voxtral-2507", "voxtral-transcribe-2507"]


def test_an_alias_that_lists_no_aliases_is_found_by_its_name():
    cards = [base("devstral-2512", "devstral-2512", "devstral-medium-latest"), base("devstral-latest", "devstral-2512")]
    assert told(real_models(cards)) == [("devstral-2512", {"devstral-latest", "devstral-medium-latest"})]


@pytest.mark.parametrize(
    "nameless",
    [
        base("large-latest", None, "large-2512"),  # it names a listed id
        base("large-latest"),  # it is named by one
        base("large-2512", None),  # it is one
    ],
)
def test_an_entry_without_a_name_joins_the_one_model_it_can_belong_to(nameless: ModelCard):
    (model,) = real_models([base("large-2512", "large-2512", "large-latest"), nameless])
    assert model.card.id == "large-2512"
    assert model.aliases == ("large-latest",)
    assert model.card.name == "large-2512"


def test_an_entry_without_a_name_that_could_belong_to_two_models_stays_alone():
    cards = [base("a-1", "a-1"), base("b-1", "b-1"), base("floating", None, "a-1", "b-1")]
    assert told(real_models(cards)) == [("a-1", set()), ("b-1", set()), ("floating", {"a-1", "b-1"})]


def test_nameless_entries_join_each_other_along_their_aliases():
    cards = [base("a", None, "b"), base("x"), base("b", None, "c"), base("c")]
    assert told(real_models(cards)) == [("a", {"b", "c"}), ("x", set())]


def test_different_names_are_never_joined_however_their_aliases_cross():
    cards = [base("a", "a", "b", "c"), base("b", "b", "a"), base("c", None, "a", "b")]
    assert told(real_models(cards)) == [("a", {"b", "c"}), ("b", {"a"}), ("c", {"a", "b"})]


def test_a_name_that_is_a_floating_alias_is_not_the_id_to_know_the_model_by():
    ids = ("medium-latest", "medium", "medium-3-5", "medium-3.5", "medium-3", "medium-2604", "vibe-cli-latest")
    ((found, aliases),) = told(real_models(entries_of("medium-latest", *ids)))
    assert found == "medium-2604"
    assert aliases == set(ids) - {"medium-2604"}
    assert told(real_models(entries_of("ocr-latest", "ocr-latest", "ocr-4", "ocr-4-1"))) == [
        ("ocr-4-1", {"ocr-latest", "ocr-4"})
    ]


@pytest.mark.parametrize(
    ("ids", "name", "expected"),
    [
        (["embed", "embed-2505"], "embed", "embed"),  # the name, where it is an id that stays
        (["small-latest", "small-2501"], "small-latest", "small-2501"),
        (["small-2501", "small-2503"], None, "small-2503"),
        (["small-2503", "small-2412"], "unlisted", "small-2503"),
        (["ocr-4", "ocr-4-1", "ocr-latest"], None, "ocr-4-1"),
        (["tiny", "tinier"], None, "tiny"),
        (["b", "a"], None, "a"),
        (["only-latest"], "only-latest", "only-latest"),
        (["b-latest", "a-latest"], None, "a-latest"),
        (["", "x"], None, "x"),
        ([], "x", ""),
    ],
)
def test_the_id_to_know_a_model_by(ids: list[str], name: str | None, expected: str):
    for order in itertools.permutations(ids):
        assert canonical_id(order, name) == expected


# --- Fine-tunes


def test_fine_tunes_are_never_grouped():
    shared = {"name": "Support", "aliases": ["support-latest"]}
    cards = [
        tune("ft:a:1", **shared),
        tune("ft:a:2", **shared),
        tune("ft:a:3"),
        tune("ft:a:4"),
        base("Support", "Support"),
    ]
    assert [card_id for card_id, _ in told(real_models(cards))] == ["ft:a:1", "ft:a:2", "ft:a:3", "ft:a:4", "Support"]


def test_a_fine_tune_listed_twice_is_one_row_with_what_either_entry_says():
    (model,) = real_models([tune("ft:a:1", root=7), tune("ft:a:1", name="Support", root="nemo", archived=True)])
    assert (model.card.name, model.card.root, model.card.archived) == ("Support", "nemo", True)
    assert model.aliases == ()


def test_a_base_model_and_a_fine_tune_of_one_id_are_two_rows():
    models = real_models([tune("x", "x"), base("x", "x"), base("y", "y")])
    assert [(model.card.id, model.card.type) for model in models] == [("x", "fine-tuned"), ("x", "base"), ("y", "base")]
    assert len({model.identity for model in models}) == 3


def test_a_type_nobody_has_heard_of_is_kept_and_not_grouped():
    cards = [base("r-1", "r", type="reranker"), base("r-2", "r", type="reranker"), base("r", "r")]
    models = real_models(cards)
    assert [(model.card.id, model.card.type) for model in models] == [
        ("r-1", "reranker"),
        ("r-2", "reranker"),
        ("r", "base"),
    ]


# --- Odd entries


def test_entries_without_an_id_each_stay_a_row():
    cards = [
        tune(""),
        tune(""),
        tune("", "Support"),
        base(""),
        base(""),
        base("", "named", "other"),
        base("good", "good"),
    ]
    models = real_models(cards)
    assert len(models) == 7
    assert len({model.identity for model in models}) == 7
    assert models[-1].identity == "good"
    assert models[5].aliases == ("other",)


def test_facts_that_the_main_entry_lacks_come_from_its_other_entries():
    broken = base("a-2501", "a-2501", max_context_length="many", capabilities=None, description=5, owned_by=[])
    whole = base(
        "a-latest", "a-2501", max_context_length=9, capabilities={"vision": True}, description="x", owned_by="o"
    )
    (model,) = real_models([broken, whole])
    card = model.card
    assert (card.id, card.max_context_length, card.capabilities, card.description, card.owned_by) == (
        "a-2501",
        9,
        {"vision": True},
        "x",
        "o",
    )


def test_the_main_entrys_own_words_win():
    entries = [base("a-latest", "a-2501", description="alias"), base("a-2501", "a-2501", description="pinned")]
    assert real_models(entries)[0].card.description == "pinned"


# --- Entries of one model that disagree


def test_facts_on_which_the_entries_of_a_model_disagree_are_named():
    entries = [
        base("a-2501", "a", max_context_length=9, capabilities={"vision": True, "ocr": False}, owned_by="o"),
        base("a-latest", "a", max_context_length=8, capabilities={"vision": False, "ocr": False}, deprecation=DATE),
        base("a", "a", max_context_length=9, capabilities={"vision": True, "audio": True}, deprecation=None),
    ]
    (model,) = real_models(entries)
    assert model.disagreements == ("max_context_length", "capabilities.vision", "deprecation")
    assert model.card.max_context_length == 9


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"max_context_length": 9, "capabilities": {"vision": True}},
        {"description": None, "capabilities": {"ocr": True}},
        {"deprecation": "31 January", "max_context_length": "many"},  # what cannot be read says nothing
        {"description": "Official a-latest Mistral AI model"},  # nor does what nobody wrote
        {"created": 7, "unheard_of": 1},
    ],
)
def test_an_entry_that_says_nothing_of_a_fact_does_not_disagree(other: dict):
    whole = base(
        "a-2501", "a-2501", max_context_length=9, capabilities={"vision": True}, description="x", deprecation=DATE
    )
    (model,) = real_models([whole, base("a-latest", "a-2501", **other)])
    assert model.disagreements == ()


def test_two_fine_tunes_of_one_id_are_one_row_that_says_what_differs():
    one = tune("ft:a:1", "Support", root="nemo", created=1_700_000_000, archived=True)
    two = tune("ft:a:1", "Sales", root="small", created=1_600_000_000, archived=False)
    for cards in ([one, two], [two, one]):
        (model,) = real_models(cards)
        assert model.disagreements == ("name", "created", "root", "archived")
        assert model.card == min(one, two, key=repr)


def test_an_entry_that_says_more_wins_over_one_of_the_same_id_that_says_less():
    less, more = tune("ft:a:1", "Sales", root=7), tune("ft:a:1", "Support", root="nemo", max_context_length=9)
    for cards in ([less, more], [more, less]):
        assert real_models(cards)[0].card.name == "Support"


def test_identities_fit_into_their_column_and_stay_apart():
    long = "x" * 10_000
    models = real_models([base(f"{long}1", long), base(f"{long}2", f"{long}y"), tune(f"{long}1", long)])
    assert len({model.identity for model in models}) == 3
    assert max(len(model.identity) for model in models) <= LONGEST_IDENTITY


def many(count: int, entry) -> list[ModelCard]:
    return [entry(number) for number in range(count)]


@pytest.mark.timed
@pytest.mark.parametrize(
    "entry",
    [
        lambda number: base(f"a-{number}", None, f"b-{number}"),
        lambda number: base(f"a-{number}", None, f"a-{number + 1}"),
        lambda number: base(f"a-{number}", f"a-{number}", f"a-{number + 1}"),
        lambda number: base(f"a-{number}", "Mistral Small"),
        lambda number: base(f"a-{number}", "Mistral Small", f"a-{number + 1}"),
        lambda number: base(f"a-{number}", f"Model {number}", "shared"),
        lambda number: base(f"a-{number}", f"Model {number}" if number % 2 else None, "shared"),
        lambda number: base("", None, max_context_length=number + 1),
        lambda number: base("a", f"Model {number}"),
        lambda number: tune(f"ft:{number}"),
        lambda number: tune("", "Support"),
        lambda number: tune("ft:1", max_context_length=number + 1),
    ],
)
def test_the_time_for_a_list_grows_with_its_length_and_not_with_its_square(entry):
    few, more = many(4_000, entry), many(16_000, entry)
    # Four times the entries take about four times as long; in a square they would take sixteen times.
    assert min(seconds_for(more) for _ in range(3)) < 9 * min(seconds_for(few) for _ in range(5)) + 0.1


def seconds_for(cards: list[ModelCard]) -> float:
    started = time.process_time()
    real_models(cards)
    return time.process_time() - started
