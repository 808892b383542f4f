"""The weeks before the built-in catalogue's first start: what the list held on each day, so that a demo has a past.

Told backwards, from what is listed now: an entry of EARLIER says what an answer said until some days before that start.
What happened to the fine-tunes is left to the client that plays the past, but for what somebody did outside of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sandbox.company import FINE_TUNES, FineTune
from sandbox.facts import BASES, Base, base_entries, entries_of

LONGEST = 21
"""Days that the past reaches back."""


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """How a base model was listed until some days ago."""

    days_ago: int
    model: str  # its first id now
    listed: bool = True
    fields: dict[str, Any] = field(default_factory=dict)  # of `Base`, where they were other than now


@dataclass(frozen=True, kw_only=True)
class Outside:
    """A change of a fine-tune that somebody made with another tool, some days ago."""

    days_ago: int
    job: str
    fields: dict[str, Any]  # of its entry, from then on


EARLIER = (
    Earlier(days_ago=16, model="voxtral-mini-2602", listed=False),
    Earlier(days_ago=12, model="mistral-large-4", listed=False),
    Earlier(days_ago=12, model="devstral-2512", fields={"retires_in": 9}),
    Earlier(
        days_ago=9,
        model="magistral-medium-2509",
        fields={"ids": "magistral-medium-2509 magistral-medium-latest", "retires_in": None, "replaced_by": None},
    ),
    Earlier(
        days_ago=9,
        model="mistral-medium-latest",
        fields={
            "ids": "mistral-medium-latest mistral-medium mistral-medium-3-5 mistral-medium-3.5 mistral-medium-3 "
            "mistral-medium-2604 mistral-vibe-cli-latest mistral-vibe-cli-with-tools"
        },
    ),
    Earlier(days_ago=5, model="mistral-small-2506", fields={"retires_in": None, "replaced_by": None}),
    Earlier(days_ago=5, model="mistral-medium-latest", fields={"extra_flags": {}}),
)

LEFT = (
    (
        5,
        Base(
            ids="devstral-small-2507 devstral-small-latest",
            can="completion_chat function_calling",
            context=131_072,
            temperature=0.2,
            retires_in=-6,
            replaced_by="devstral-2512",
            about="Small agentic coding model, mid-2025 update",
        ),
    ),
)
"""Base models that left the list, each with how many days ago."""

FORMER_TUNE = FineTune(
    root="ministral-3b-latest",
    trained="2025-05-02 10:31",
    suffix="trial-run",
    job="2f0c77b1-5f0e-4d0a-a9a4-0d1f2be8c6f3",
    name="Trial run",
    about="First try at training. Nothing uses it.",
)
"""A fine-tune that is there when the past begins, for the client to delete."""

EARLIER_TUNES: dict[str, dict[str, Any]] = {
    "6513270e": {"name": "support-triage-v3"},
    "d23f0824": {"name": None, "about": None},
    "36f675cc": {"name": "Ton de marque"},
    "8d116ece": {"name": "invoice_fields_2"},
    "90c192cf": {"name": "meetings v2"},
    "a170b338": {"name": None},
    "0cb1e29c": {"archived": False, "about": "Sorts incoming tickets."},
    "8e81973e": {"about": None},
    "92276658": {"archived": False},
    "ae97ba94": {"archived": False},
    "18f135d2": {"archived": False},
}
"""What was otherwise about the fine-tunes when the past begins, by the first eight digits of their jobs."""

OUTSIDE = (Outside(days_ago=12, job="8d116ece", fields={"name": "Invoice fields"}),)


def bases_before(anchor: date, days_ago: int) -> Iterator[dict[str, Any]]:
    """Return the list's entries for the base models so many days before the anchor."""
    if days_ago == 0:
        yield from base_entries(anchor)
        return
    for base in (*BASES, *(left for day, left in LEFT if days_ago > day)):
        first = base.ids.split()[0]
        earlier = [entry for entry in EARLIER if entry.model == first and days_ago > entry.days_ago]
        if all(entry.listed for entry in earlier):
            for entry in earlier:
                base = replace(base, **entry.fields)
            yield from entries_of(base, anchor)


def tunes_at_the_start() -> Iterator[dict[str, Any]]:
    """Return the list's entries for the fine-tunes when the past begins."""
    for tune in (*FINE_TUNES, FORMER_TUNE):
        yield replace(tune, **EARLIER_TUNES.get(tune.job[:8], {})).entry()


def changes_outside(since: int, until: int) -> Iterator[Outside]:
    """Return what others did to fine-tunes after `since` days ago, until `until` days ago."""
    return (change for change in OUTSIDE if until <= change.days_ago < since)
