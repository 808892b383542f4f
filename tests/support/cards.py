"""Entries of upstream’s list as cards, and the real models that come of them."""

from models_ui.mirror.grouping import RealModel
from models_ui.services.cards import ModelCard, parse_card


def base(model_id: str, name: str | None = None, *aliases: str, **fields) -> ModelCard:
    card = parse_card({"id": model_id, "name": name, "aliases": list(aliases), "type": "base", **fields})
    assert card is not None
    return card


def tune(model_id: str, name: str | None = None, **fields) -> ModelCard:
    card = parse_card({"id": model_id, "name": name, "type": "fine-tuned", "aliases": [], **fields})
    assert card is not None
    return card


def entries_of(name: str | None, *ids: str) -> list[ModelCard]:
    """A model as upstream lists it: one entry for each id, each naming all the others."""
    return [base(each, name, *(other for other in ids if other != each)) for each in ids]


def told(models: list[RealModel]) -> list[tuple[str, set[str]]]:
    """The id of each model, and its aliases."""
    return [(model.card.id, set(model.aliases)) for model in models]
