"""Metrics for Prometheus: what processes have counted, and what the database says of models and work."""

import os
import secrets
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from models_ui.bulk.jobs import last_heartbeat
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.status import STATUSES
from models_ui.catalog.store import load_index
from models_ui.metrics import DIRECTORY, PREFIX, count_request
from models_ui.models import AuditEvent, BulkItem, PlannedDeletion, SyncRun

_FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_HOST")
_LOOPBACK: Final = ("127.0.0.1", "::1")

Family = tuple[str, str, tuple[str, ...], list[tuple[tuple[str, ...], float]]]
"""A name, what it says, the names of its labels, and the values by their labels."""


class MetricsMiddleware:
    """Counts each answer, by the name of its address: addresses themselves hold ids, and secrets of feeds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        response = self.get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in ("GET", "HEAD", "POST") else "other"
        count_request(view, method, response.status_code, perf_counter() - started)
        return response


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return all metrics in Prometheus's text format, to whoever has METRICS_TOKEN or asks from this machine."""
    if not _may_read(request):
        return HttpResponse("Metrics need the token of METRICS_TOKEN.\n", status=403, content_type="text/plain")
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    response = HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response


def _may_read(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN:
        return scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    is_forwarded = any(request.META.get(name) for name in _FORWARDED)
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not is_forwarded


def _registry() -> Any:
    from prometheus_client import REGISTRY, CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    if os.environ.get(DIRECTORY):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(_DatabaseCollector())
    return registry


class _DatabaseCollector:
    """What the database says: the same whichever process of whichever machine is asked."""

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for name, says, labels, values in _gauges():
            family = GaugeMetricFamily(PREFIX + name, says, labels=labels)
            for of_labels, value in values:
                family.add_metric(of_labels, value)
            yield family
        counter = CounterMetricFamily(f"{PREFIX}actions", "Actions and other events", labels=("kind", "outcome"))
        for kind, outcome, number in AuditEvent.objects.values_list("kind", "outcome").annotate(Count("pk")).order_by():
            counter.add_metric((kind, outcome), number)
        yield counter


def _gauges() -> Iterator[Family]:
    now = timezone.now()
    index = load_index(now)
    yield (
        "models",
        "Models by status",
        ("status",),
        [((status,), index.count(CatalogQuery(status=(status,)))) for status in STATUSES],
    )
    succeeded = SyncRun.objects.filter(outcome=SyncRun.Outcome.SUCCEEDED).order_by("-started_at").first()
    if succeeded:
        age = (now - succeeded.finished_at).total_seconds()
        taken = (succeeded.finished_at - succeeded.started_at).total_seconds()
        yield "sync_age_seconds", "Since the last sync that succeeded", (), [((), age)]
        yield "sync_duration_seconds", "Of the last sync that succeeded", (), [((), taken)]
    last = SyncRun.objects.order_by("-started_at").first()
    if last:
        failed = float(last.outcome == SyncRun.Outcome.FAILED)
        yield "sync_failed", "1 where the last sync failed", (), [((), failed)]
    waiting = BulkItem.objects.filter(state__in=(BulkItem.State.WAITING, BulkItem.State.WORKING)).count()
    yield "job_items_waiting", "Models that bulk jobs still have to work on", (), [((), waiting)]
    planned = PlannedDeletion.objects.filter(state=PlannedDeletion.State.PLANNED)
    yield "deletions_planned", "Deletions that wait for their day", (), [((), planned.count())]
    overdue = planned.filter(due_at__lt=now).count()
    yield "deletions_overdue", "Deletions whose day is past", (), [((), overdue)]
    seen = last_heartbeat(now)
    if seen:
        yield "worker_age_seconds", "Since the last sign of a job runner", (), [((), (now - seen).total_seconds())]
