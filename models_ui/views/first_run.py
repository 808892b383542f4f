"""First run: the page that leads the first Manager from the new account to the organisation's fine-tunes."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from models_ui.access.roles import Role
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.store import load_index
from models_ui.mirror.api_check import look_at_api, why_not_fetched
from models_ui.mirror.sync import run_sync
from models_ui.vocabulary import FINE_TUNED
from models_ui.web.request import Request, role_of_request


@require_http_methods(["GET", "HEAD", "POST"])
def first_run(request: Request) -> HttpResponse:
    """Say what comes next. The POST checks address, key and dialect, then fetches the models."""
    if role_of_request(request) < Role.MANAGER:
        raise PermissionDenied(_("Only Managers set the dashboard up."))
    context = _check_and_fetch(request) if request.method == "POST" else {}
    return render(request, "models_ui/first_run.html", context)


def _check_and_fetch(request: Request) -> dict[str, Any]:
    """Return what the connection does, and how many models there are. Models that an earlier run left do not count."""
    check = look_at_api()
    if check.list_is_broken:
        return {"check": check}
    result = run_sync(asked_by=request.user.get_username())
    if trouble := why_not_fetched(result):
        return {"check": check, "trouble": trouble}
    index, tuned = load_index(timezone.now()), CatalogQuery(type=(FINE_TUNED,))
    models, fine_tunes = (index.count(index.as_shown(query)) for query in (CatalogQuery(), tuned))
    return {"check": check, "models": models, "fine_tunes": fine_tunes, "tuned": tuned}
