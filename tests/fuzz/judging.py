"""What must hold for every answer. Each rule returns what is wrong with it, or nothing."""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from tests.fuzz.asking import Asked
from tests.fuzz.world import ADDRESS, OWN_WORDS, World
from tests.support import ROOT

HOME = "http://testserver"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The mark as an element, and its two quotes where the first one ends an attribute.
_MARKUP = re.compile(r"<\s*/?zq|zq\"(?:'|&#x27;|&#39;)|<!--<zq", re.IGNORECASE)
_DANGEROUS = re.compile(r'\s(?:href|src|action|formaction|hx-\w+)="\s*(?:javascript:|(?:https?:)?[/\\]{2,}evil)', re.I)
_INSIDES = ("Traceback (most recent", str(ROOT), "site-packages", "django.db", "sqlite3.", "psycopg", "pbkdf2_", "md5$")
_NUMBER = re.compile(r"[-+]?[\d.,]+(?:e[-+]?\d+)?\Z")


@dataclass(frozen=True)
class Answered:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    logged: tuple[str, ...]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def text(self) -> str:
        packed = self.header("Content-Encoding") == "gzip" and self.body
        return (gzip.decompress(self.body) if packed else self.body).decode("utf-8", "surrogateescape")


def faults_of(asked: Asked, answered: Answered, role: str, world: World) -> Iterator[str]:
    """Return every fault of an answer, as a short sentence."""
    if answered.status >= 500 and not (answered.status == 503 and asked.route == "/readyz"):
        yield f"status {answered.status}"
    yield from answered.logged
    yield from _header_faults(asked, answered)
    text = answered.text
    yield from _leaks(asked, answered, text, role, world)
    kind = answered.header("Content-Type").partition(";")[0]
    yield from _BY_TYPE.get(kind, _no_faults)(text if asked.method != "HEAD" else "")


def _header_faults(asked: Asked, answered: Answered) -> Iterator[str]:
    for name, value in HEADERS.items():
        if answered.header(name) != value:
            yield f"{name} is {answered.header(name)!r}"
    if answered.header("Referrer-Policy") not in ("same-origin", "no-referrer", "strict-origin"):  # the host at most
        yield "addresses are told to others"
    if "frame-ancestors 'none'" not in answered.header("Content-Security-Policy"):
        yield "no policy"
    kept = answered.header("Cache-Control")
    is_for_programs = asked.route.startswith("/feeds/{secret}/")  # which ask with an ETag whether something is new
    if "no-store" not in kept and not (is_for_programs and kept == "private, no-cache"):
        yield "may be cached"
    for name, value in answered.headers:
        if re.search(r"[\x00\r\n]", name + value) or name.upper().startswith("ZQX"):
            yield f"a header is split: {name}"
    for name in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url"):
        where = answered.header(name)
        if where and not _is_at_home(where):
            yield f"{name} leads elsewhere"


def _is_at_home(where: str) -> bool:
    """Return whether a browser stays here: it reads a backslash as a slash, and drops tabs and lines."""
    seen = re.sub(r"[\t\r\n]", "", where).strip().replace("\\", "/")
    target = urlsplit(urljoin(HOME + "/", seen))
    return f"{target.scheme}://{target.netloc}" == HOME


def _leaks(asked: Asked, answered: Answered, text: str, role: str, world: World) -> Iterator[str]:
    everything = text + "".join(f"{name}: {value}\n" for name, value in answered.headers if name != "Set-Cookie")
    sent = repr(asked)
    for word in (*_INSIDES, *world.secrets):
        if word in everything and word not in sent:
            yield f"tells {word[:12]}…"
    private = OWN_WORDS if role != "superuser" else ()
    private += (ADDRESS,) if role in ("anonymous", "viewer", "editor") else ()
    for word in private:
        if word in everything:
            yield f"tells of somebody else: {word}"


def _html_faults(text: str) -> Iterator[str]:
    if found := _MARKUP.search(text):
        yield f"markup: {text[max(found.start() - 60, 0) : found.end() + 20]!r}"
    if found := _DANGEROUS.search(text):
        yield f"a dangerous link: {text[max(found.start() - 60, 0) : found.end() + 20]!r}"


def _csv_faults(text: str) -> Iterator[str]:
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator):
            for cell in row:
                if cell.strip().startswith(("=", "+", "-", "@")) and not _NUMBER.match(cell.strip()):
                    yield f"a formula: {cell[:30]!r}"
                    return


def _json_faults(text: str) -> Iterator[str]:
    try:
        if text:
            json.loads(text)
    except ValueError as error:
        yield f"no JSON: {error}"


def _atom_faults(text: str) -> Iterator[str]:
    try:
        if text:
            tags = [element.tag for element in ElementTree.fromstring(text).iter()]
            yield from ("markup" for tag in tags if "zq" in tag)
    except ElementTree.ParseError as error:
        yield f"no XML: {error}"


def _calendar_faults(text: str) -> Iterator[str]:
    lines = text.split("\r\n")
    if any("\n" in line or "\r" in line or line.startswith("ZQX") for line in lines):
        yield "a line of a calendar is split"


def _no_faults(_text: str) -> Iterator[str]:
    return iter(())


_BY_TYPE = {
    "text/html": _html_faults,
    "text/csv": _csv_faults,
    "application/json": _json_faults,
    "application/atom+xml": _atom_faults,
    "text/calendar": _calendar_faults,
}
