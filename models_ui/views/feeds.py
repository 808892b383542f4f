"""Feeds: the page on which people manage their secret addresses, and the feeds at these addresses without login."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_ui.alerts.feeds import atom, ics
from models_ui.alerts.feeds.addresses import (
    MOST_ADDRESSES,
    TooManyAddresses,
    address_with,
    addresses_of,
    make_address,
    note_use,
    query_of,
    revoke_address,
)
from models_ui.alerts.feeds.calendar import Calendar
from models_ui.alerts.feeds.change_feed import ChangeFeed
from models_ui.alerts.feeds.forms import FeedForm
from models_ui.alerts.feeds.page import describe_feed, link_line
from models_ui.alerts.feeds.query import FeedQuery
from models_ui.alerts.feeds.ways import calendar_ways
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.store import load_index
from models_ui.listing.filters import ignored_sentences
from models_ui.listing.querystring import Ignored
from models_ui.models import FeedAddress
from models_ui.public_url import full_address
from models_ui.text.isolation import fill
from models_ui.web import request_limits
from models_ui.web.fresh_sign_in import needs_fresh_sign_in
from models_ui.web.request import Request, query_string


@require_http_methods(["GET", "HEAD", "POST"])
@needs_fresh_sign_in("POST")
def feeds(request: Request) -> HttpResponse:
    """Show a person's private links and a form for a new one. `?type=base&within=90` fills in filters."""
    if request.method == "POST":
        return _make_address(request, FeedForm(request.POST))
    query, ignored = FeedQuery.parse(query_string(request))
    return _feeds_page(request, FeedForm.new(query, language=get_language()), query, ignored=ignored)


@require_POST
def revoke_feed(request: Request, pk: int) -> HttpResponseRedirect:
    address = revoke_address(owner=request.user, pk=pk)
    if address is None:
        raise Http404
    messages.success(
        request, fill(_("“%(name)s” is revoked: nothing is found at its addresses any more."), {"name": address})
    )
    return redirect("feeds")


def _make_address(request: Request, form: FeedForm) -> HttpResponse:
    """Return the page with the new secret in answer to the form: the only time that it is shown."""
    query = form.feed_query
    if not form.is_valid():
        return _feeds_page(request, form, query, status=422)
    words = {name: form.cleaned_data[name] for name in ("name", "language", "form_id")}
    try:
        made = make_address(owner=request.user, query=query, now=timezone.now(), **words)
    except TooManyAddresses:
        form.add_error(
            None,
            _("You have %(most)d private links, as many as one may have. Revoke one first.") % {"most": MOST_ADDRESSES},
        )
        return _feeds_page(request, form, query, status=422)
    if made is None:
        messages.info(request, _("That link was created before, and its address was shown then. Create another one."))
        return redirect("feeds")
    return _feeds_page(request, FeedForm.new(FeedQuery(), language=get_language()), FeedQuery(), made=made)


def _feeds_page(
    request: Request,
    form: FeedForm,
    query: FeedQuery,
    *,
    ignored: Sequence[Ignored] = (),
    made: tuple[FeedAddress, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    index = load_index(now)
    context: dict[str, Any] = {
        "form": form,
        "content": describe_feed(query, index, now),
        "ignored": ignored_sentences(ignored),
        "links": [link_line(link, index, now) for link in addresses_of(request.user)],
    }
    if made:
        link, secret = made
        ics = full_address(reverse("models_ics", args=[secret]), request)
        context["made"] = link_line(link, index, now)
        context["made_ics"] = ics
        context["made_atom"] = full_address(reverse("changes_atom", args=[secret]), request)
        context["ways"] = calendar_ways(ics, link.name, chosen=request.POST.get("way", ""))
    return render(request, "models_ui/feeds.html", context, status=status)


# --- The feeds themselves, without login


@login_not_required
@csrf_exempt
@require_safe
def models_ics(request: HttpRequest, secret: str) -> HttpResponseBase:
    def written(address: FeedAddress, index: CatalogIndex, now: datetime) -> bytes:
        return Calendar(address.name, query_of(address), index, partial(full_address, request=request)).written(now)

    return _feed_response(request, secret, ics.CONTENT_TYPE, written)


@login_not_required
@csrf_exempt
@require_safe
def changes_atom(request: HttpRequest, secret: str) -> HttpResponseBase:
    def written(address: FeedAddress, index: CatalogIndex, now: datetime) -> bytes:
        return ChangeFeed(address, query_of(address), index, partial(full_address, request=request)).written()

    return _feed_response(request, secret, atom.CONTENT_TYPE, written)


@login_not_required
@csrf_exempt
def no_feed(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer every other address below /feeds/, mostly mistyped secret ones.

    The answer is plain text: an error page would repeat the address in its forms and give it on as the referrer.
    """
    sentence = _("There is no feed at this address.")
    response = HttpResponseNotFound(f"{sentence}\n", content_type="text/plain; charset=utf-8")
    return _keep_unlisted(response)


def _feed_response(
    request: HttpRequest,
    secret: str,
    content_type: str,
    written: Callable[[FeedAddress, CatalogIndex, datetime], bytes],
) -> HttpResponseBase:
    address = address_with(secret)
    if address is None:
        return no_feed(request)
    if refusal := request_limits.feed_reads.refuse(request, address.pk):
        return _keep_unlisted(refusal)
    now = timezone.now()
    with override(address.language):
        body = written(address, load_index(now), now)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    note_use(address, now)
    response = _keep_unlisted(HttpResponse(body, content_type=content_type))
    response["Content-Language"] = address.language
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def _keep_unlisted(response: HttpResponse) -> HttpResponse:
    """Keep search engines from listing the response, and links in it from giving its secret address on."""
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
