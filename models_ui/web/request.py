"""Questions about a request that several views ask, and `render_list`, the response of every list page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django_htmx.middleware import HtmxDetails

from models_ui.access.roles import Role, role_of
from models_ui.people.preferences import preferences_of

View = Callable[..., HttpResponseBase]


class Request(HttpRequest):
    """A request as our views get it: signed in, with htmx's headers parsed."""

    user: User
    htmx: HtmxDetails
    request_id: str


def query_string(request: HttpRequest) -> str:
    """Return the query string as text. WSGI decodes it as Latin-1, but browsers and people send UTF-8."""
    raw: str = request.META.get("QUERY_STRING", "")
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")


def is_whole_form(request: Request) -> bool:
    """Return whether a plain GET form sent empty fields too; the caller then redirects to the short address."""
    return not request.htmx and any("" in values for _, values in request.GET.lists())


def role_of_request(request: HttpRequest) -> Role:
    """Return the role of the person who asks, looked up once for each request."""
    if not hasattr(request, "_role"):
        request._role = role_of(request.user)  # type: ignore[attr-defined]
    return request._role  # type: ignore[attr-defined,no-any-return]


def last_visit_of(request: Request) -> datetime | None:
    """Return when the person's last visit ended, or None on the first one."""
    return preferences_of(request.user).last_visit_at


def is_own_address(request: HttpRequest, address: str) -> bool:
    """Return whether an address from a request belongs to this dashboard, so that a redirect to it is safe."""
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def lead_to(request: HttpRequest, address: str) -> HttpResponse:
    """Return the response that makes the browser load another page as a whole, also where htmx asked for a part."""
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(address)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response


def render_list(
    request: Request, template: str, context: dict[str, Any], address: str, part: str = "results"
) -> HttpResponse:
    """Return the whole page. For htmx return only this partial of it, and set the browser's address to `address`.

    The history entry is replaced while somebody types a search, or if the address stays the same. Otherwise a new one
    is pushed.
    """
    if not wants_fragment(request):
        return render(request, template, context)
    response = render(request, f"{template}#{part}", context)
    stays = request.htmx.trigger_name == "q" or request.htmx.current_url_abs_path == address
    response["HX-Replace-Url" if stays else "HX-Push-Url"] = address
    return response


# Fields of our forms that hold no text written by a person.
_NOT_WRITTEN: Final = frozenset(
    # What the form is about, and its id …
    {"action_id", "all", "by_itself", "concern", "form_id", "model", "model_id", "query", "seen", "verb", "version"}
    # … choices, and fields of every form.
    | {"csrfmiddlewaretoken", "days", "insist", "language", "login", "next", "remember", "scope", "with_script"}
    # … what a browser says of a passkey, what is done about people, choices of preferences and of saved views.
    | {"credential", "hand_over", "role"}
    | {"columns", "default_view", "density", "facets", "is_default", "shared", "theme", "time_zone"}
)
# A field with one of these words in its name may hold a secret, so it is never shown again.
_SECRET: Final = ("password", "passwort", "secret", "token", "otp", "key", "code")
# The sign-in form sends the texts again under this prefix, so that a wrong password does not lose them.
_CARRIED: Final = "typed_"
_LABELS: Final = {
    "value": gettext_lazy("New text"),
    "reason": gettext_lazy("Reason (optional)"),
    "typed_id": gettext_lazy("Type the id to confirm"),
    "name": gettext_lazy("Name"),
}


@dataclass(frozen=True, slots=True)
class TypedText:
    """A text that a person typed into a form that could not be saved."""

    field: str
    label: str | Promise
    value: str

    @property
    def rows(self) -> int:
        """The number of lines that a text area needs to show most of the text."""
        return min(max(1 + self.value.count("\n"), 1 + len(self.value) // 50), 12)


def typed_texts(request: HttpRequest) -> list[TypedText]:
    """Return the texts that a person typed into the form that was sent, so that the page can show them again.

    They are never stored, logged or put into an address. A body that cannot be read has none.
    """
    try:
        return list(_find_typed_texts(request)) if request.method == "POST" else []
    except (MultiPartParserError, SuspiciousOperation, RawPostDataException, OSError, LookupError, ValueError):
        return []


def _find_typed_texts(request: HttpRequest) -> Iterator[TypedText]:
    for sent, values in request.POST.lists():
        name = sent.removeprefix(_CARRIED) if sent != "typed_id" else sent
        if name in _NOT_WRITTEN or name.startswith("_") or any(word in name.lower() for word in _SECRET):
            continue
        label = _LABELS.get(name, name.replace("_", " ").capitalize())
        yield from (TypedText(name, label, value) for value in values if value.strip())


def wants_fragment(request: Request) -> bool:
    """Return whether htmx asks for a part of the page. Boosted and history requests ask for the whole page."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request
