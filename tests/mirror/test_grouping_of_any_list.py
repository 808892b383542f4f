"""Whatever upstream lists, no id is lost, nothing is mixed, and the order of the list changes nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models_ui.mirror.grouping import RealModel, real_models
from models_ui.services.cards import ModelCard
from tests.support.cards import base, told

IDS = ("a-2501", "a-2503", "a-latest", "a", "b-2501", "b-latest", "b", "")
ids = st.sampled_from(IDS)
entries = st.builds(
    lambda kind, model_id, name, aliases: base(model_id, name, *aliases, type=kind),
    st.sampled_from(["base", "base", "base", "fine-tuned", "reranker"]),
    ids,
    st.none() | st.sampled_from(IDS),
    st.lists(ids, max_size=3),
)
lists = st.lists(entries, max_size=8)


@given(lists)
@settings(max_examples=200)
def test_every_id_in_the_list_leads_to_some_model(cards: list[ModelCard]):
    findable = {each for model in real_models(cards) for each in (model.card.id, *model.aliases)}
    assert {card.id for card in cards} - {""} <= findable
    assert {alias for card in cards for alias in card.aliases} <= findable


@given(lists)
def test_identities_are_unique_and_aliases_are_other_ids(cards: list[ModelCard]):
    models = real_models(cards)
    identities = [model.identity for model in models]
    assert len(set(identities)) == len(identities)
    for model in models:
        assert len(set(model.aliases)) == len(model.aliases)
        assert not {model.card.id, ""} & set(model.aliases)


@given(lists, st.randoms())
@settings(max_examples=200)
def test_the_order_of_the_list_does_not_change_what_is_one_model(cards: list[ModelCard], random):
    shuffled = random.sample(cards, k=len(cards))
    first, second = ([(each, frozenset(more)) for each, more in told(real_models(them))] for them in (cards, shuffled))
    assert sorted(map(repr, map(sort_aliases, first))) == sorted(map(repr, map(sort_aliases, second)))


def sort_aliases(model: tuple[str, frozenset[str]]) -> tuple[str, list[str]]:
    return model[0], sorted(model[1])


differing = st.lists(
    st.builds(
        lambda kind, model_id, name, fields: base(model_id, name, type=kind, **fields),
        st.sampled_from(["base", "base", "fine-tuned", "reranker"]),
        ids,
        st.none() | st.sampled_from(IDS),
        st.fixed_dictionaries(
            {},
            optional={
                "max_context_length": st.sampled_from([8, 9, None, "many"]),
                "capabilities": st.sampled_from([{"vision": True}, {"vision": False}, {"ocr": True}, None]),
                "deprecation": st.sampled_from([None, "2030-01-31T12:00:00Z", "2030-02-28T12:00:00Z", "soon"]),
                "description": st.sampled_from(["x", "y", None]),
                "created": st.sampled_from([1, 2]),
                "unheard_of": st.integers(0, 1),
            },
        ),
    ),
    max_size=6,
)


@given(differing, st.randoms())
@settings(max_examples=300)
def test_the_order_of_the_list_changes_nothing_of_what_is_said(cards: list[ModelCard], random):
    first, second = (real_models(them) for them in (cards, random.sample(cards, k=len(cards))))
    said = [sorted((told_whole(model) for model in models), key=repr) for models in (first, second)]
    assert said[0] == said[1]


def told_whole(model: RealModel) -> tuple:
    raw = model.card.raw if model.card.type == "fine-tuned" else {**model.card.raw, "created": 0}
    return model.identity, repr(model.card), repr(raw), model.aliases, model.disagreements


@given(lists)
def test_names_and_kinds_are_never_mixed(cards: list[ModelCard]):
    """Each model's ids come from entries of its own kind that have its id, or its own name or none."""
    for model in real_models(cards):
        kin = [card for card in cards if card.type == model.card.type]
        mine = [card for card in kin if card.id == model.card.id or card.name in (model.card.name, None, "")]
        assert model.card.id in {card.id for card in mine}
        assert set(model.aliases) <= {model_id for card in mine for model_id in (card.id, *card.aliases)}


@given(lists)
@settings(max_examples=200)
def test_an_alias_that_an_entry_names_leads_to_its_model(cards: list[ModelCard]):
    models = real_models(cards)
    for card in cards:
        ids = {card.id, *card.aliases} - {""}
        holders = [model for model in models if model.card.type == card.type]
        assert any(ids <= {model.card.id, *model.aliases} for model in holders)
