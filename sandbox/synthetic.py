"""Any number of invented models in a realistic mix, the same for the same seed. For measuring, not for looking real.

Four of five are base models with up to three aliases; the others are fine-tunes. Every id holds the model's number, so
that none meets another or one of the real catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sandbox.company import FineTune
from sandbox.facts import Base, entries_of

FAMILIES = ("atlas", "borealis", "cobalt", "delta", "ember", "fjord", "granite", "harbor")
SIZES = ("3b", "8b", "14b", "small", "medium", "large")
OWNERS = ("mistralai",) * 8 + ("partner-lab", "open-weights")
SUFFIXES = ("support-bot", "pii-filter", "tone-fr", "invoice-fields", "legal-clauses", "sql-reports", "")
ROOTS = ("ministral-8b-latest", "mistral-small-latest", "open-mistral-nemo", "codestral-latest", "mistral-large-latest")
ABILITIES = (
    "completion_chat",
    "completion_chat function_calling",
    "completion_chat function_calling vision",
    "completion_chat function_calling reasoning vision",
    "completion_chat function_calling fine_tuning vision",
    "completion_chat completion_fim",
    "function_calling vision ocr",
    "completion_chat audio",
    "audio_transcription",
    "classification moderation",
    "",
)
TRAINING_ENDED = date(2026, 7, 1)
CONTEXTS = (8_192, 16_384, 32_768, 131_072, 262_144, 1_048_576)


def synthetic_entries(models: int, *, seed: int = 0, anchor: date) -> Iterator[dict[str, Any]]:
    """The list's entries for `models` invented models: more entries than models, because of the aliases."""
    random = Random(seed)
    for number in range(models):
        if random.random() < 0.8:
            yield from _base(random, number, anchor)
        else:
            yield _fine_tune(random, number)


def _base(random: Random, number: int, anchor: date) -> Iterator[dict[str, Any]]:
    family, size = random.choice(FAMILIES), random.choice(SIZES)
    dated = f"{family}-{number:05d}-{size}-{random.randint(24, 26)}{random.randint(1, 12):02d}"
    aliases = random.sample([f"{dated[:-5]}-latest", f"{dated[:-5]}", f"{dated}-rc1"], random.randint(0, 3))
    retires_in = random.choice((9, 23, 60, 150, 300, 500)) if random.random() < 0.25 else None
    owner = random.choice(OWNERS)
    base = Base(
        ids=" ".join([dated, *aliases]),
        can=random.choice(ABILITIES),
        context=random.choice(CONTEXTS),
        temperature=random.choice((None, 0.0, 0.2, 0.3, 0.7, 1.0)),
        about=f"{family.title()} {size}, model {number} of a synthetic catalogue",
        retires_in=retires_in,
        replaced_by=random.choice(ROOTS) if retires_in else None,
        billing=dated,
    )
    for entry in entries_of(base, anchor):
        yield entry | {"owned_by": owner}


def _fine_tune(random: Random, number: int) -> dict[str, Any]:
    trained = TRAINING_ENDED - timedelta(days=random.randint(1, 900))
    suffix = random.choice(SUFFIXES)
    named = random.random() < 0.8
    root = random.choice(ROOTS)
    return FineTune(
        root=root,
        trained=f"{trained} {random.randint(0, 23):02d}:{random.randint(0, 59):02d}",
        suffix=suffix,
        job=str(UUID(int=number << 96 | random.getrandbits(96), version=4)),  # the number first: ids stay unique
        name=f"{suffix.replace('-', ' ').capitalize() or 'Trial'} {number}" if named else None,
        about=f"Synthetic fine-tune {number} on {root}" if named else None,
        archived=random.random() < 0.25,
        can=random.choice(("completion_chat", "completion_chat function_calling")),
        context=random.choice((32_768, 131_072)),
    ).entry()
