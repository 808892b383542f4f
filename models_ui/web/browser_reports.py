"""Reports of browsers that the content security policy stopped something on one of our pages.

Whoever reaches the dashboard can send one, so a report is hostile text. What is kept of it cannot tell who was where:
the name of the page, and the origin of what was blocked. Equal reports are counted, and the latest 200 kinds are kept.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils import timezone

from models_ui.access.rate_limits import may_use
from models_ui.models import BrowserReport
from models_ui.vocabulary import valid_unicode

LARGEST: Final = 8 * 1024  # bytes of one request
MOST_KEPT: Final = 200
MOST_AT_ONCE: Final = 20  # reports of one request
# Requests in a minute, of one address and of all together.
MOST_OF_ONE: Final = 30
MOST_OF_ALL: Final = 120

_DIRECTIVE: Final = re.compile(r"[a-z-]{3,40}")
_WORDS: Final = frozenset({"inline", "eval", "wasm-eval", "data", "blob", "self"})


@dataclass(frozen=True, slots=True)
class RefusedLoad:
    """Something that a browser refused to load, as far as a report of it is kept."""

    directive: str
    blocked: str
    page: str

    @property
    def key(self) -> str:
        return hashlib.sha256("\n".join((self.directive, self.blocked, self.page)).encode()).hexdigest()


def may_report(address: str) -> bool:
    """Count one request. Return False if this address, or all together, have sent too many."""
    return may_use(f"browser reports of {address}", most=MOST_OF_ONE, seconds=60) and may_use(
        "browser reports", most=MOST_OF_ALL, seconds=60
    )


def parse_reports(body: bytes) -> list[RefusedLoad]:
    """Return the reports in a body, of either shape: one `csp-report`, or a list of the Reporting API."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return list(_reports_in(value))[:MOST_AT_ONCE]


def _reports_in(value: Any) -> Iterator[RefusedLoad]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        if isinstance(facts := item.get("csp-report"), dict):
            names = ("effective-directive", "violated-directive", "blocked-uri", "document-uri")
        elif item.get("type") == "csp-violation" and isinstance(facts := item.get("body"), dict):
            names = ("effectiveDirective", "effectiveDirective", "blockedURL", "documentURL")
        else:
            continue
        effective, violated, blocked, page = (_text(facts, name) for name in names)
        directive = (effective or violated).split(" ")[0]
        if _DIRECTIVE.fullmatch(directive):
            yield RefusedLoad(directive, _origin_of(blocked), _name_of_page(page))


def _text(facts: dict[str, Any], name: str) -> str:
    value = facts.get(name)
    return valid_unicode(value) if isinstance(value, str) else ""


def _origin_of(blocked: str) -> str:
    """Return where something came from, without its path, which may hold anything."""
    if blocked in _WORDS or not blocked:
        return blocked or "inline"
    try:
        parts = urlsplit(blocked)
        host = parts.hostname or ""
        origin = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "?"
    return origin[:200] if parts.scheme and host else (parts.scheme[:200] or "?")


def _name_of_page(address: str) -> str:
    """Return the name of the page's address. The address itself may be a private link."""
    try:
        path = urlsplit(address).path
        return (resolve(f"/{path.removeprefix(get_script_prefix())}").url_name or "")[:100]
    except (ValueError, Resolver404):
        return ""


def store_reports(reports: list[RefusedLoad]) -> None:
    """Count the reports, and forget the kinds that were not seen for longest."""
    now = timezone.now()
    for report in reports:
        facts = {"directive": report.directive, "blocked": report.blocked, "page": report.page}
        with transaction.atomic():
            _row, is_new = BrowserReport.objects.get_or_create(
                key=report.key, defaults={**facts, "first_at": now, "last_at": now}
            )
            if not is_new:
                BrowserReport.objects.filter(pk=report.key).update(count=F("count") + 1, last_at=now)
    kept = BrowserReport.objects.order_by("-last_at").values_list("pk", flat=True)[:MOST_KEPT]
    BrowserReport.objects.exclude(pk__in=list(kept)).delete()


def body_of(request: HttpRequest) -> bytes | None:
    """Return the body of a request, None if it is larger than LARGEST."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return None if not length.isdecimal() or int(length) > LARGEST else request.body
