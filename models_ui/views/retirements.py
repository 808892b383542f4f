"""The page of retirements: models by the month they stop working, their replacements, and fine-tunes at risk."""

from typing import Any

from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from models_ui.alerts.feeds.events import ends_told
from models_ui.alerts.feeds.page import CalendarOffer
from models_ui.alerts.feeds.query import FeedQuery
from models_ui.catalog.store import load_index
from models_ui.listing.querystring import with_query
from models_ui.mirror.state import describe_freshness, mirror_state
from models_ui.retirements.page import RetirementsPage
from models_ui.retirements.query import RetirementsQuery
from models_ui.web.request import Request, query_string


@require_safe
def retirements(request: Request) -> HttpResponse:
    mirror, now = mirror_state(), timezone.now()
    index = load_index(now, mirror.version)
    query, ignored = RetirementsQuery.parse(query_string(request))
    feed = FeedQuery.of_retirements(query)
    context: dict[str, Any] = {
        "page": RetirementsPage(ends_told(index, now), index, query, ignored, now),
        "calendar": CalendarOffer.of(feed, index, now, owner=request.user),
        "freshness": describe_freshness(mirror, now),
    }
    return render(request, "models_ui/retirements.html", context)


@require_safe
def deprecations(request: Request) -> HttpResponse:
    """Lead from the page's former address to its present one, with the query as it came."""
    return HttpResponsePermanentRedirect(with_query(reverse("retirements"), query_string(request)))
