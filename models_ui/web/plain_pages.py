"""Pages for when nothing else can be relied on: no database, no session, no template, nothing of the request's body."""

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
    """The answer, in the language of whoever asked. `retry_after` is in seconds."""
    with translation.override(_language_of(request)):
        response = HttpResponse(_written(request, str(title), str(sentence)), status=status)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def _written(request: HttpRequest | None, title: str, sentence: str) -> SafeString:
    """As the other error pages are, so that the page's script finds the words to show after a failed request."""
    request_id = getattr(request, "request_id", "")
    return format_html(
        '<!DOCTYPE html>\n<html lang="{}"><head><meta charset="utf-8"><title>{} · {}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">{}</head>'
        '<body><main id="main"><div class="empty" data-announce><h1>{}</h1><p>{}</p>{}</div></main></body></html>\n',
        translation.get_language(),
        title,
        gettext("Model dashboard"),
        _style_sheet(),
        title,
        sentence,
        format_html("<p><small>{} <code>{}</code></small></p>", gettext("Request id:"), request_id)
        if request_id
        else "",
    )


def _style_sheet() -> SafeString | str:
    """None where no collected files are known: a page without style is better than none."""
    with suppress(Exception):
        return format_html('<link rel="stylesheet" href="{}">', static("css/app.css"))
    return ""


def _language_of(request: HttpRequest | None) -> str:
    """The language that was found out already, else what the request's cookie and headers say."""
    with suppress(Exception):
        chosen: str = getattr(request, "LANGUAGE_CODE", "")
        if not chosen and request is not None:
            chosen = translation.get_language_from_request(request)
        return chosen or settings.LANGUAGE_CODE
    return settings.LANGUAGE_CODE
