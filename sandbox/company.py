"""The fine-tunes of an invented company, as its list would show them. Training has ended: there will be no others.

An id is `ft:ROOT:ORG:DATE[:SUFFIX]:JOB`, with `classifier:` before the root of a classifier. ORG and JOB are the first
eight hex digits of the organisation's and the training job's UUID; a suffix has at most 18 characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.facts import flags

ORGANISATION = "7c1e52d8-4b0a-4e0f-9d3c-2f6a8b914e37"


@dataclass(frozen=True, kw_only=True)
class FineTune:
    """One fine-tuned model of the company."""

    root: str  # the base model's id as it was given to the training job: often an alias
    trained: str  # "2025-08-31 14:05", UTC
    job: str
    suffix: str = ""
    name: str | None = None
    about: str | None = None
    archived: bool = False
    classifier: bool = False
    can: str = "completion_chat"
    context: int = 32_768

    @property
    def created(self) -> datetime:
        return datetime.strptime(self.trained, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)

    @property
    def id(self) -> str:
        kind = ["ft", "classifier"] if self.classifier else ["ft"]
        parts = [*kind, self.root, ORGANISATION[:8], f"{self.created:%Y%m%d}", self.suffix, self.job[:8]]
        return ":".join(part for part in parts if part)

    def entry(self) -> dict[str, Any]:
        """Return its entry in the list."""
        return {
            "id": self.id,
            "object": "model",
            "created": int(self.created.timestamp()),
            "owned_by": ORGANISATION,
            "capabilities": flags(self.can),
            "name": self.name,
            "description": self.about,
            "max_context_length": self.context,
            "aliases": [],
            "deprecation": None,
            "deprecation_replacement_model": None,
            "default_model_temperature": None,
            "billing_model_name": None,
            "type": "fine-tuned",
            "job": self.job,
            "root": self.root,
            "archived": self.archived,
        }


FINE_TUNES = (
    FineTune(
        root="mistral-small-latest",
        trained="2026-03-19 09:42",
        suffix="support-triage-v3",
        job="6513270e-269e-4d37-b2a7-4de452e6b438",
        name="Support triage",
        about="Sorts incoming tickets by product, urgency and language. Owner: Customer Care.",
        can="completion_chat function_calling",
        context=131_072,
    ),
    FineTune(
        root="ministral-8b-latest",
        trained="2026-03-02 16:18",
        suffix="contract-clauses",
        job="d23f0824-128b-4f33-8c5c-7fd0a6a3a450",
        name="Contract clause finder",
        about="Finds liability, term and renewal clauses in supplier contracts and quotes them word for word.",
        context=131_072,
    ),
    FineTune(
        root="ministral-3b-latest",
        trained="2026-02-11 11:05",
        suffix="ticket-classes",
        job="9531985d-5d9d-49f8-9818-e811892f902b",
        name="Ticket classifier",
        about="Intent and mood of a ticket, two targets. Feeds the routing rules of the help desk.",
        classifier=True,
        can="classification",
    ),
    FineTune(
        root="mistral-large-latest",
        trained="2026-01-27 08:30",
        suffix="ton-de-marque-fr",
        job="36f675cc-81e7-4ef5-a8e2-5d940ed90475",
        name="Ton de marque (français)",
        about="Réécrit les textes marketing dans le ton de la maison : clair, chaleureux, sans anglicismes.",
        context=131_072,
    ),
    FineTune(
        root="codestral-latest",
        trained="2025-12-09 17:51",
        suffix="house-style-py",
        job="6b0d549b-6f03-475a-9600-a35a099950d8",
        name="House style (Python)",
        about="Completes Python the way the platform team writes it. Used by the editor plug-in.",
        can="completion_chat completion_fim",
    ),
    FineTune(
        root="ministral-8b-latest",
        trained="2025-11-20 10:12",
        suffix="invoice-fields",
        job="8d116ece-1738-47d9-bd9c-172411e20b8f",
        name="Invoice fields",
        about="Reads supplier name, IBAN, amounts and due date from invoice text and answers JSON.",
        can="completion_chat function_calling",
    ),
    FineTune(
        root="open-mistral-nemo",
        trained="2025-10-06 13:27",
        suffix="meeting-notes",
        job="90c192cf-d3ac-44af-8f21-ddb66cad4a26",
        name="Meeting notes",
        about="Turns transcripts into decisions, owners and dates. English, French and German.",
        context=131_072,
    ),
    FineTune(
        root="pixtral-12b-latest",
        trained="2025-09-17 15:40",
        suffix="parcel-damage",
        job="a170b338-3926-4059-b28c-105d1fb17c23",
        name="Parcel damage",
        about="Describes damage on photos of returned parcels for the claims team.",
        can="completion_chat vision",
    ),
    FineTune(
        root="ministral-8b-latest",
        trained="2025-08-31 07:58",
        suffix="support-bot",
        job="0fd630f1-f29d-4da9-953f-48f1a09f76b5",
    ),
    FineTune(
        root="mistral-small-latest",
        trained="2025-07-14 18:33",
        suffix="support-triage-v2",
        job="0cb1e29c-658c-4a14-95e6-0af593bd04cf",
        name="Support triage",
        about="Replaced by the version of March 2026.",
        archived=True,
    ),
    FineTune(
        root="open-mistral-nemo",
        trained="2025-06-03 09:09",
        suffix="product-names",
        job="8e81973e-0bec-47b0-b898-d190f9ebdacc",
        name="Product names",
        about="Maps what customers call a product to its article number.",
    ),
    FineTune(
        root="ministral-3b-latest",
        trained="2025-05-22 12:46",
        job="6b4cb242-4a23-4596-a217-beaddbc496cb",
    ),
    FineTune(
        root="mistral-small-latest",
        trained="2025-04-08 14:20",
        suffix="job-ads-de",
        job="92276658-1e27-41c0-8a6a-63ec24ede6a4",
        name="Stellenanzeigen",
        about="Schreibt Stellenanzeigen aus Stichpunkten, in Du-Form. Personalabteilung.",
        archived=True,
    ),
    FineTune(
        root="mistral-large-latest",
        trained="2025-03-18 22:43",
        suffix="rfp-answers",
        job="ae97ba94-d0ed-482f-8f6d-05584ef8aa38",
        name="RFP answers",
        about="Drafts answers to tender questions from the answer library. Kept for the audit, not in use.",
        archived=True,
    ),
    FineTune(
        root="open-mistral-7b",
        trained="2025-03-13 15:20",
        job="923a7369-94e3-4f91-9a61-dbe22e44158b",
        archived=True,
    ),
    FineTune(
        root="codestral-latest",
        trained="2025-02-08 15:43",
        suffix="sql-reports",
        job="18f135d2-5f55-4203-b018-50c5a38fd547",
        name="SQL for reports",
        about="First try at text to SQL on the warehouse schema.",
        can="completion_chat completion_fim",
        archived=True,
    ),
)

CLASSIFIER_TARGETS: list[dict[str, Any]] = [
    {
        "name": "intent",
        "labels": ["billing", "delivery", "returns", "technical", "other"],
        "weight": 1.0,
        "loss_function": "single_class",
    },
    {"name": "mood", "labels": ["angry", "worried", "thankful"], "weight": 0.5, "loss_function": "multi_class"},
]
"""What a classifier was trained to tell apart, as an update answers it. No list or read ever shows it."""


def fine_tune_entries() -> Iterator[dict[str, Any]]:
    """Return the list's entries for the company's fine-tunes."""
    return (tune.entry() for tune in FINE_TUNES)
