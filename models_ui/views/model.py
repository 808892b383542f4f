"""One model's page. Any id or alias leads to its model."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from models_ui.actions.entries import entries_of
from models_ui.alerts.watch_list import watches_of
from models_ui.audit.history import model_history
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import address_of, address_of_id
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.catalog.rows import buttons_of, id_of_digest, rows_of_id, view_of
from models_ui.catalog.snippets import SDK_ADDRESS, curl_snippet, python_snippet
from models_ui.catalog.store import load_index
from models_ui.changes.page import lines_of_model, repointed_aliases
from models_ui.mirror.state import mirror_state
from models_ui.models import CatalogModel, Watch
from models_ui.retirements.page import risk_line
from models_ui.text.isolation import escape_controls
from models_ui.vocabulary import BASE
from models_ui.web.request import Request, is_own_address, role_of_request, wants_fragment


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
        "alias_watch": _find_watch(request, alias),
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


def article_context(request: Request, row: Row, index: CatalogIndex, now: datetime) -> dict[str, Any]:
    """Return all that a model's page shows, for the page itself and for what an action puts in its place."""
    view = view_of(row, index, now)
    return {
        "each": view,
        "risk": risk_line(view.risk, index) if view.risk else None,
        "buttons": buttons_of(row, role_of_request(request)),
        "history": entries_of(model_history(row.model_id)[:50], role_of_request(request))
        if row.type != BASE and row.model_id
        else [],
        "changes": lines_of_model(row, index),
        "moved_aliases": repointed_aliases(row),
        "watch": _find_watch(request, row.model_id),
        "synced_at": mirror_state().last_synced_at,
        "curl": curl_snippet(row, _public_base_url()),
        "python": python_snippet(row, _public_base_url()),
        "raw": escape_controls(json.dumps(_read_payload(row), indent=2, ensure_ascii=False)),
        **_find_relatives(row, index),
    }


def _unknown_page(request: Request, model_id: str) -> HttpResponse:
    context = {"model_id": model_id, "search": CatalogQuery(q=model_id[:100])}
    return render(request, "models_ui/model_unknown.html", context, status=404)


def _alias_of(row: Row, alias: str) -> str:
    """Return the alias that led here, empty if it is none: the address can say anything."""
    return alias if alias in row.aliases else ""


def _find_watch(request: Request, model_id: str) -> Watch | None:
    """Return the entry by which the person watches an id or alias."""
    return watches_of(request.user).filter(model_id=model_id).first() if model_id else None


def _read_payload(row: Row) -> Any:
    return CatalogModel.objects.values_list("raw", flat=True).get(pk=row.pk)


def _find_relatives(row: Row, index: CatalogIndex) -> dict[str, Any]:
    """Return what it was trained from, and how many were trained from it under which of its ids."""
    ids = {row.model_id, *row.aliases}
    children = [child.root for child in index.rows if child.root in ids] if row.type == BASE else []
    return {
        "root_known": bool(index.find(row.root)),
        "root_address": address_of_id(row.root),
        "children": len(children),
        "children_query": CatalogQuery(root=tuple(sorted(set(children)))),
    }


def _public_base_url() -> str:
    """Return the address for people's own calls: the sandbox answers only the dashboard."""
    return SDK_ADDRESS if settings.DEMO else str(settings.MODELS_API_BASE_URL)
