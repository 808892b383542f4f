"""Changes at upstream as the mirror keeps them, and what a page says of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from models_ui.models import CatalogChange

MEDIUM, EMBED, LATEST = "mistral-medium-2508", "mistral-embed-2312", "some-latest"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def change(kind: str = "model.added", model_id: str = MEDIUM, *, at: datetime = AT, **words: Any) -> CatalogChange:
    return CatalogChange.objects.create(kind=kind, model_id=model_id, at=at, **words)


def changes_of_most_kinds() -> None:
    """Something of most kinds, on three days."""
    change("model.missing", "forgotten-2301")
    change("capability.added", EMBED, subject="vision", before=False, after=True)
    day = AT + timedelta(days=1)
    change("context.changed", MEDIUM, at=day, before=131_072, after=262_144)
    change("alias.repointed", EMBED, at=day, subject=LATEST, before=MEDIUM, after=EMBED)
    day += timedelta(days=1)
    change("deprecation.announced", MEDIUM, at=day, after="2030-08-31T12:00:00+00:00")
    change("alias.repointed", MEDIUM, at=day, subject=LATEST, before=EMBED, after=MEDIUM)


ALL = [
    f"{LATEST} now means {MEDIUM}, before {EMBED}.",
    f"{MEDIUM} stops working on 31 Aug 2030.",
    f"{LATEST} now means {EMBED}, before {MEDIUM}.",
    f"The context length of {MEDIUM} is now 262,144 tokens, before 131,072.",
    f"{EMBED} gained Vision.",
    "forgotten-2301 is gone from Mistral’s list.",
]
