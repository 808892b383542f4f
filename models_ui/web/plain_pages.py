"""Pages that need nothing that may be broken: no database, no session, no template, no request body."""

from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

Text = str | Promise


def plain_page(
    request: HttpRequest | None, status: int, title: Text, sentence: Text, *, retry_after: int | None = None
) -> HttpResponse:
    """Return the page in the language of the request. `retry_after` is in seconds."""
    with translation.override(_language_of(request)):
        response = HttpResponse(_page_html(request, str(title), str(sentence)), status=status)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def _page_html(request: HttpRequest | None, title: str, sentence: str) -> SafeString:
    """Return the HTML, built as other error pages are, since the script reads its sentences from there."""
    request_id = getattr(request, "request_id", "")
    return format_html(
        '<!DOCTYPE html>\n<html lang="{}"><head><meta charset="utf-8"><title>{} · {}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">{}</head>'
        '<body><header class="top"><span class="brand">{}</span></header>'
        '<main id="main"><div class="empty" data-announce><h1>{}</h1><p>{}</p>{}</div></main></body></html>\n',
        translation.get_language(),
        title,
        gettext("Models"),
        _style_sheet(),
        gettext("Models"),
        title,
        sentence,
        _support_details(request_id),
    )


def _support_details(request_id: str) -> SafeString | str:
    """Return what `_support_details.html` would, without the button that needs a script."""
    if not request_id:
        return ""
    return format_html(
        '<details class="support"><summary>{}</summary><p>{} <code>{}</code></p></details>',
        gettext("Details for support"),
        gettext("Request id:"),
        request_id,
    )


def _style_sheet() -> SafeString | str:
    """Return the link to the style sheet, or nothing if the collected files are unknown."""
    with suppress(Exception):
        return format_html('<link rel="stylesheet" href="{}">', static("css/app.css"))
    return ""


def _language_of(request: HttpRequest | None) -> str:
    """Return the language that was chosen already, else the one that the request's cookie and headers ask for."""
    with suppress(Exception):
        chosen: str = getattr(request, "LANGUAGE_CODE", "")
        if not chosen and request is not None:
            chosen = translation.get_language_from_request(request)
        return chosen or settings.LANGUAGE_CODE
    return settings.LANGUAGE_CODE
