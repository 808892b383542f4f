"""The column that a search looks into, so that it finds the same on every database."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from models_ui.text.folding import fold_for_search


def search_text_of(texts: Iterable[Any]) -> str:
    """Return the folded texts, one a line. Empty values, and values that are neither text nor number, are left out."""
    return fold_for_search("\n".join(str(text) for text in texts if text and isinstance(text, str | int | float)))


class SearchTextField(models.TextField):  # type: ignore[type-arg]  # generic only for the type checker
    """The folded `searched_texts()` of its row, made anew whenever the row is written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"blank": True, "default": "", "editable": False, **options})

    def deconstruct(self) -> Any:
        """Return a plain text field for migrations, which outlive this module."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        text = search_text_of(model_instance.searched_texts())  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, text)
        return text
