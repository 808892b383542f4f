"""The home page: the whole catalog at a glance. Every number comes from the index and leads to its models."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from models_ui.alerts.watch_list import watch_list, watches_of
from models_ui.catalog.context_plot import Column, ContextPlot, build_context_plot
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.status import ANSWERING, UNLISTED
from models_ui.catalog.store import load_index
from models_ui.changes.page import latest_lines
from models_ui.mirror.state import describe_freshness, mirror_state
from models_ui.retirements.endings import retirements_at
from models_ui.retirements.page import EndingLine, RiskLine, ending_line, risk_line
from models_ui.vocabulary import FINE_TUNED
from models_ui.web.request import Request

NEXT = 5
FIGURES = (
    (gettext_lazy("Models live"), CatalogQuery(status=ANSWERING)),
    (gettext_lazy("Fine-tunes live"), CatalogQuery(type=(FINE_TUNED,), status=ANSWERING)),
    (pgettext_lazy("several models", "Archived"), CatalogQuery(status=("archived",))),
    (gettext_lazy("Gone from Mistral’s list"), CatalogQuery(status=UNLISTED)),
    (pgettext_lazy("several models", "Retiring"), CatalogQuery(status=("retiring",), sort="deprecation")),
)
LINKS = (
    (gettext_lazy("Your fine-tunes"), CatalogQuery(type=(FINE_TUNED,), status=ANSWERING)),
    (
        gettext_lazy("Vision + function calling"),
        CatalogQuery(capability=("function_calling", "vision"), status=ANSWERING),
    ),
    (gettext_lazy("Reasoning"), CatalogQuery(capability=("reasoning",), status=ANSWERING)),
    (gettext_lazy("Context ≥ 128k"), CatalogQuery(context_min=128_000, status=ANSWERING)),
    (gettext_lazy("Context ≥ 256k"), CatalogQuery(context_min=256_000, status=ANSWERING)),
    (gettext_lazy("Fill-in-the-middle"), CatalogQuery(capability=("completion_fim",), status=ANSWERING)),
    (gettext_lazy("Documents (OCR)"), CatalogQuery(capability=("ocr",), status=ANSWERING)),
    (
        gettext_lazy("Hears or speaks"),
        CatalogQuery(
            capability_any=("audio", "audio_speech", "audio_transcription", "audio_transcription_realtime"),
            status=ANSWERING,
        ),
    ),
)


@require_safe
def home(request: Request) -> HttpResponse:
    mirror, now = mirror_state(), timezone.now()
    page = HomePage(load_index(now, mirror.version), now)
    context: dict[str, Any] = {
        "page": page,
        "freshness": describe_freshness(mirror, now),
        "changes": latest_lines(page.index),
    }
    context["watched"] = watch_list(watches_of(request.user), page.index, now)
    context["attention"] = sum(entry.standing == "attention" for entry in context["watched"])
    return render(request, "models_ui/home.html", context)


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of models and the catalog's view of exactly these."""

    label: str
    query: CatalogQuery
    count: int


@dataclass(frozen=True, slots=True)
class ContextRow:
    """A column of the plot as a row of its table."""

    column: Column
    all: Counted
    tuned: Counted


class HomePage:
    def __init__(self, index: CatalogIndex, now: datetime) -> None:
        self.index = index
        self.now = now
        self.retirements = retirements_at(index, now)

    @property
    def catalog_size(self) -> int:
        return len(self.index.rows)

    @property
    def figures(self) -> list[Counted]:
        return [self._counted(label, query) for label, query in FIGURES]

    @property
    def links(self) -> list[Counted]:
        """The catalog's views that have models to show."""
        counted = (self._counted(label, query) for label, query in LINKS)
        return [link for link in counted if link.count]

    @property
    def next(self) -> list[EndingLine]:
        return [ending_line(ending, self.index) for ending in self.retirements.ahead[:NEXT]]

    @property
    def later(self) -> int:
        return len(self.retirements.ahead[NEXT:])

    @property
    def past(self) -> Counted:
        query = CatalogQuery(status=("past_date",), sort="-deprecation")
        return self._counted(_("Past their date"), query)

    @property
    def risks(self) -> list[RiskLine]:
        return [risk_line(risk, self.index) for risk in self.retirements.risks[:NEXT]]

    @property
    def risk_count(self) -> int:
        return len(self.retirements.risks)

    @cached_property
    def plot(self) -> ContextPlot:
        return self.index.cached(
            "context plot", lambda: build_context_plot(self.index.matches(CatalogQuery(status=ANSWERING)))
        )

    @property
    def context_rows(self) -> Iterator[ContextRow]:
        for column in self.plot.columns:
            query = CatalogQuery(status=ANSWERING, context_min=column.lowest, context_max=column.highest)
            yield ContextRow(
                column,
                Counted(_("Models"), query, column.total),
                Counted(_("Fine-tunes"), query.changed(type=(FINE_TUNED,)), column.tuned),
            )

    def _counted(self, label: str | Promise, query: CatalogQuery) -> Counted:
        """Return the number that the catalog's page of this query says."""
        return Counted(str(label), query, self.index.count(query))
