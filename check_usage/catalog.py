"""What the guard knows of the models: what each id or alias leads to. From the mirror's rows or from `/models.json`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


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


class Catalog:
    """The models by everything that leads to them.

    An id or alias in use today hides the same id of a model that is gone, and any id hides a name.
    """

    def __init__(self, models: Iterable[Model], note: str = "") -> None:
        self.note = note  # a sentence about the catalog itself, for whoever reads the report
        self._by_id: dict[str, list[Model]] = {}
        models = sorted(models, key=lambda model: model.model_id)
        current = [model for model in models if model.missing_since is None]
        gone = [model for model in models if model.missing_since is not None]
        for tier in (_by_ids(current), _by_ids(gone), _by_names(models)):
            for key, found in tier.items():
                self._by_id.setdefault(key, found)
        self._by_id.pop("", None)

    @property
    def ids(self) -> Iterable[str]:
        return self._by_id.keys()

    def find(self, model_id: str) -> list[Model]:
        """The models it leads to: none, one, or several where upstream gave it to several."""
        return self._by_id.get(model_id, [])

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
