"""What the guard knows of the models: what each id or alias leads to.

From the mirror's rows or from `/models.json`, and behind them from what Mistral ever listed (`known_models`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .known_models import DOCUMENTATION_PAGES, KNOWN_MODELS, KnownModel


class CatalogError(Exception):
    """The catalog cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One real model. Times are aware."""

    model_id: str
    aliases: tuple[str, ...] = ()
    name: str = ""  # only a base model's: there it is nearly always one of its ids
    deprecation: datetime | None = None  # when it is switched off
    replacement: str = ""
    missing_since: datetime | None = None
    is_listed: bool = True  # False: the catalog has never seen it, and only Mistral's own lists name it


class Catalog:
    """The models by everything that leads to them.

    An id or alias in use today hides the same id of a model that is gone, any id hides a name, and all that the
    catalog has seen hides what only Mistral's own lists name.
    """

    def __init__(self, models: Iterable[Model], note: str = "") -> None:
        self.note = note  # a sentence about the catalog itself, for whoever reads the report
        self._by_id: dict[str, list[Model]] = {}
        models = sorted(models, key=lambda model: model.model_id)
        current = [model for model in models if model.missing_since is None]
        gone = [model for model in models if model.missing_since is not None]
        tiers = (_by_ids(current), _by_ids(gone), _by_names(models), _by_ids(_OFFERED), _by_ids(_ENDED))
        for tier in tiers:
            for key, found in tier.items():
                self._by_id.setdefault(key, found)
        self._by_id.pop("", None)

    @property
    def ids(self) -> Iterable[str]:
        """Everything worth finding: ids, and the names of the documentation's pages, which people take for ids."""
        return self._by_id.keys() | DOCUMENTATION_PAGES.keys()

    def find(self, model_id: str) -> list[Model]:
        """The models it leads to: none, one, or several where upstream gave it to several."""
        return self._by_id.get(model_id, [])

    @staticmethod
    def documented_end(model: Model) -> Model | None:
        """What Mistral's documentation says of a model of its own that ended."""
        ids = (model.model_id, *model.aliases)
        if any(model_id in _OFFERED_IDS for model_id in ids):
            return None
        return next((_ENDED_MODELS[model_id] for model_id in ids if model_id in _ENDED_MODELS), None)

    @classmethod
    def from_export(cls, export: Any) -> "Catalog":
        """From what the dashboard's `/models.json` answers."""
        if not isinstance(export, Mapping) or not isinstance(export.get("models"), list):
            raise CatalogError("This is not the dashboard's /models.json: it has no list of models.")
        try:
            models = [_model(entry) for entry in export["models"]]
        except (KeyError, TypeError, ValueError) as error:
            raise CatalogError(f"A model in the export cannot be read: {error!r}") from error
        if not models:
            raise CatalogError("The export holds no models.")
        query = export.get("query")
        note = (
            f"The catalog was exported with filters ({query}); what they left out counts as unknown." if query else ""
        )
        return cls(models, note)


def _by_ids(models: Iterable[Model]) -> dict[str, list[Model]]:
    found: dict[str, list[Model]] = {}
    for model in models:
        for key in dict.fromkeys((model.model_id, *model.aliases)):
            found.setdefault(key, []).append(model)
    return found


def _by_names(models: Iterable[Model]) -> dict[str, list[Model]]:
    found: dict[str, list[Model]] = {}
    for model in models:
        found.setdefault(model.name, []).append(model)
    return found


def _model(entry: Mapping[str, Any]) -> Model:
    return Model(
        model_id=_text(entry["id"]),
        aliases=tuple(_text(alias) for alias in entry.get("aliases") or ()),
        name=_text(entry.get("name") or "") if entry.get("type", "base") == "base" else "",
        deprecation=_time(entry.get("deprecation")),
        replacement=_text(entry.get("replacement") or ""),
        missing_since=_time(entry.get("missing_since")),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    time = datetime.fromisoformat(value)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _known(model: KnownModel) -> Model:
    return Model(
        model_id=model.model_id,
        aliases=model.aliases,
        deprecation=model.switched_off,
        replacement=model.replacement,
        is_listed=False,
    )


_OFFERED = [_known(model) for model in KNOWN_MODELS if model.switched_off is None]
_ENDED = [_known(model) for model in KNOWN_MODELS if model.switched_off is not None]
_OFFERED_IDS = frozenset(_by_ids(_OFFERED))
_ENDED_MODELS = {model.model_id: model for model in _ENDED}
