"""The checks on every request before Django reads its body, its session or the database.

Health probes are answered here. Requests that no page could handle are refused, and malformed URLs in headers are
removed. `Handler` turns exceptions outside all middleware into an error page.
"""

import codecs
import logging
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy

from models_ui.services.bulkhead import web_request
from models_ui.web.health import healthz, readyz
from models_ui.web.plain_pages import Text, plain_page

logger = logging.getLogger(__name__)

PROBES: Final = {"/healthz": healthz, "/readyz": readyz}
# Headers with a URL that later code parses. Not Origin: removing it would weaken the CSRF check.
ADDRESS_HEADERS: Final = ("HTTP_REFERER", "HTTP_HX_CURRENT_URL")
FORM: Final = "multipart/form-data"

NO_SENSE = gettext_lazy("That request makes no sense")
TOO_LARGE = gettext_lazy("That is too much at once")


class Refusal(Exception):
    """The reason to refuse a request. `title` and `sentence` are shown to its sender."""

    def __init__(self, status: int, title: Text, sentence: Text) -> None:
        super().__init__(status)
        self.status, self.title, self.sentence = status, title, sentence


class GateMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in ("GET", "HEAD") and request.path_info in PROBES:
            return PROBES[request.path_info](request)
        try:
            _check_body(request)
            _check_type(request)
        except Refusal as refusal:
            return plain_page(request, refusal.status, refusal.title, refusal.sentence)
        _drop_malformed_addresses(request.META)
        _drop_unstorable_cookies(request)
        with web_request():
            return self.get_response(request)


def _check_body(request: HttpRequest) -> None:
    """Let through bodies of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes; read a body without a length here.

    Raise Refusal for larger bodies, and for a body without a length whose end the server does not mark (no
    `wsgi.input_terminated`).
    """
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    too_large = Refusal(
        413,
        TOO_LARGE,
        gettext_lazy("Nothing was read and nothing was changed. Send less; files are not taken here."),
    )
    if _length(request.META) > limit:
        raise too_large
    if "HTTP_TRANSFER_ENCODING" not in request.META or request.META.get("CONTENT_LENGTH"):
        return
    if not request.META.get("wsgi.input_terminated"):
        raise Refusal(411, NO_SENSE, gettext_lazy("It does not say how long it is."))
    try:
        body = request.META["wsgi.input"].read(limit + 1)
    except Exception as error:
        raise Refusal(400, NO_SENSE, gettext_lazy("Go back and try again.")) from error
    if len(body) > limit:
        raise too_large
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = LimitedStream(BytesIO(body), len(body))  # type: ignore[assignment]


def _length(meta: dict[str, Any]) -> int:
    """Return the body's length by its header, 0 if there is none.

    Only the first 20 digits are read: 20 digits already exceed every limit.
    """
    said = str(meta.get("CONTENT_LENGTH") or "0").strip()
    return int(said[:20]) if said.isascii() and said.isdecimal() else 0


def _check_type(request: HttpRequest) -> None:
    """Raise Refusal for an invalid Content-Type, a charset other than UTF-8 and a multipart form without boundary."""
    charset = (request.content_params or {}).get("charset")
    is_bad = getattr(request, "has_bad_type", False) or not (charset is None or _is_utf8(charset))
    if is_bad or (request.content_type == FORM and not (request.content_params or {}).get("boundary")):
        request.encoding = "utf-8"
        raise Refusal(
            400, NO_SENSE, gettext_lazy("What was sent is in an encoding that is not read here. Go back and try again.")
        )


def _is_utf8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name == "utf-8"
    except (LookupError, ValueError):
        return False


def _drop_unstorable_cookies(request: HttpRequest) -> None:
    """Remove cookies with a NUL: with such a session key, PostgreSQL raises an error."""
    for name, value in list(request.COOKIES.items()):
        if "\x00" in value:
            del request.COOKIES[name]


def _drop_malformed_addresses(meta: dict[str, Any]) -> None:
    """Remove malformed URLs in headers, because later code would raise on them."""
    for name in ADDRESS_HEADERS:
        value = meta.get(name, "")
        if not (is_address(value) and is_address(unquote(value))):
            del meta[name]


def is_address(text: str) -> bool:
    """Return whether a URL can be parsed."""
    try:
        _ = urlsplit(text).port
    except ValueError:
        return False
    return True


def _protect(response: HttpResponse) -> None:
    """Add the headers that the middleware gives to every other answer."""
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
    response["Cross-Origin-Opener-Policy"] = response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    if settings.SECURE_HSTS_SECONDS:
        response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"


class GateRequest(WSGIRequest):
    """A request that can be built even if its Content-Type header is invalid.

    `has_bad_type` then makes the gate refuse it.
    """

    has_bad_type = False

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except Exception:
            self.content_type, self.content_params, self.has_bad_type = "", {}, True


class Handler(WSGIHandler):
    """Django's WSGI application. Turns exceptions outside all middleware into an error page."""

    request_class = GateRequest

    def __call__(  # type: ignore[override]  # django-stubs names the response, which is what a server iterates over
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            return super().__call__(environ, start_response)
        except Exception:
            logger.exception("A request failed outside of all pages")
            response = plain_page(
                None,
                500,
                gettext_lazy("Something went wrong here"),
                gettext_lazy("It is our fault and it is in the log. Try again, and if it lasts tell whoever runs it."),
            )
            _protect(response)
            start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
            return [response.content]
