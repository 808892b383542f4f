"""One model's page. Any id or alias leads to its model."""

from datetime import datetime
from urllib.parse import urlsplit

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import address_of
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.catalog.rows import id_of_digest, rows_of_id, view_of
from models_ui.catalog.store import load_index
from models_ui.views.model_page import article_context, find_watch
from models_ui.web.request import Request, is_own_address, wants_fragment


@require_safe
def model(request: Request, model_id: str) -> HttpResponse:
    now = timezone.now()
    return _model_page(request, model_id, load_index(now), now)


@require_safe
def model_by_digest(request: Request, digest: str) -> HttpResponse:
    """Show a model by the digest of an id or alias that no address may carry."""
    now = timezone.now()
    index = load_index(now)
    model_id = id_of_digest(digest, index)
    return (
        _unknown_page(request, "") if model_id is None else _model_page(request, model_id, index, now, by_digest=True)
    )


def _model_page(
    request: Request, model_id: str, index: CatalogIndex, now: datetime, *, by_digest: bool = False
) -> HttpResponse:
    rows = _meant_rows(rows_of_id(model_id, index), request.GET.get("row", ""))
    if not rows:
        return _unknown_page(request, model_id)
    if len(rows) > 1:
        return _chooser_page(request, model_id, rows, index, now)
    row = rows[0]
    address = address_of(row, index)
    if row.model_id == model_id and by_digest is row.routable:
        return HttpResponseRedirect(address)
    if row.model_id != model_id:
        return HttpResponseRedirect(f"{address}{'&' if '?' in address else '?'}{urlencode({'alias': model_id})}")
    alias = _alias_of(row, request.GET.get("alias", ""))
    context = article_context(request, row, index, now) | {
        "followed_alias": alias,
        "alias_watch": find_watch(request, alias),
        "list_address": _list_address(request),
    }
    template = "models_ui/model.html#article" if wants_fragment(request) else "models_ui/model.html"
    return render(request, template, context)


def _meant_rows(rows: tuple[Row, ...], key: str) -> tuple[Row, ...]:
    """Return the row with that key of ours; without one, listed rows, and only where there are none all others."""
    if key:
        return tuple(row for row in rows if str(row.pk) == key) or rows
    return tuple(row for row in rows if not row.is_missing) or rows


def _chooser_page(
    request: Request, model_id: str, rows: tuple[Row, ...], index: CatalogIndex, now: datetime
) -> HttpResponse:
    """Ask which of several models is meant. The one whose own id it is comes first."""
    views = [view_of(row, index, now) for row in sorted(rows, key=lambda row: row.model_id != model_id)]
    return render(request, "models_ui/model_chooser.html", {"model_id": model_id, "each_model": views})


def _list_address(request: Request) -> str:
    """Return the list with the filters it had when the person left it; without any if they came from elsewhere."""
    whole, came_from = reverse("catalog"), request.headers.get("Referer", "")
    return came_from if is_own_address(request, came_from) and urlsplit(came_from).path == whole else whole


def _unknown_page(request: Request, model_id: str) -> HttpResponse:
    context = {"model_id": model_id, "search": CatalogQuery(q=model_id[:100])}
    return render(request, "models_ui/model_unknown.html", context, status=404)


def _alias_of(row: Row, alias: str) -> str:
    """Return the alias that led here, empty if it is none: the address can say anything."""
    return alias if alias in row.aliases else ""
