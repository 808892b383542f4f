"""Requests that hypothesis draws: known names and values among odd ones, in the address, the body and the headers."""

from dataclasses import dataclass, field
from urllib.parse import quote

from django.conf import settings
from hypothesis import strategies as st

from tests.fuzz.routes import parameter_names, route_templates
from tests.fuzz.world import MARK, World

METHODS = (*("GET",) * 6, *("POST",) * 6, "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "ZQ")
EVIL = "https://evil.zq.example/"
BOUNDARY = "zqboundary"
TOKEN = "z" * 32  # of the forms: the cookie and the header agree
FORM, MULTIPART = "application/x-www-form-urlencoded", f"multipart/form-data; boundary={BOUNDARY}"
ODD_TEXTS = (
    MARK,
    f'" onmouseover=zq() {MARK}',
    f"</script></textarea></title><!--{MARK}",
    "javascript:zq()",
    " \tjavascript:zq()",
    EVIL,
    "//evil.zq.example/",
    "/\\evil.zq.example/",
    "\\\\evil.zq.example",
    "///evil.zq.example",
    "http:evil.zq.example",
    "/models/?q=\r\nZQX: 1",
    "a\r\nZQX:1\nZQX:2",
    '=HYPERLINK("zq")',
    "+zq",
    "-zq",
    "@zq",
    "\t=zq",
    ";=zq",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\u202ezq\u2066",
    "\ufeff\ufffe",
    "💥" * 50,
    "z" * 3000,
    "9" * 5000,
    "-1",
    "0",
    "1e999",
    "NaN",
    "٣",
    "²",
    "0x1",
    "1" * 19,
    "9223372036854775808",
    "{{ 7|add:7 }}{% zq %}",
    "{0.__class__}%s%(x)s",
    "' OR 1=1 --",
    "..%2f..%2fetc/passwd",
    "%",
    "%00",
    "[",
    "http://[",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "0001-01-01",
    "\x7f\x80\x9f",
    "İıſK",
)
USUAL_TEXTS = (
    "",
    "1",
    "2",
    "on",
    "base",
    "fine-tuned",
    "archived",
    "vision",
    "name",
    "-context",
    "archive",
    "unarchive",
    "rename",
    "fr",
    "en",
    "dark",
    "roomy",
    "all",
    "manager",
    "viewer",
    "decline",
    "accept",
    "watched",
    "7",
    "2026-11-01",
    "zq",
    "erin",
    "viewer@example.org",
    "Europe/Paris",
    "csv",
    "semicolon",
    "type=base&q=zq",
    "/models/?q=zq",
    "/activity/",
)
HEADER_NAMES = (
    "HX-Request",
    "HX-Target",
    "HX-Trigger",
    "HX-Trigger-Name",
    "HX-Current-URL",
    "HX-Boosted",
    "HX-Prompt",
    "HX-History-Restore-Request",
    "HX-Current-URL-URI-AutoEncoded",
    "Accept-Language",
    "Accept-Encoding",
    "Accept",
    "If-None-Match",
    "If-Modified-Since",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "Forwarded",
    "X-Real-IP",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Method-Override",
    "X-Requested-With",
    "X-CSRFToken",
    "X-Request-ID",
    "Range",
    "Referer",
    "Origin",
    "User-Agent",
    "Authorization",
    "Sec-Fetch-Site",
    "Transfer-Encoding",
    "Expect",
)
HEADER_TEXTS = (
    "true",
    "q",
    "results",
    "http://testserver/models/",
    "fr",
    "fr;q=1e999,*",
    "gzip",
    "*",
    'W/"zq"',
    "bytes=0-1,5-",
    "https",
    "127.0.0.1, zq",
    "Bearer zq",
    "Thu, 99 Nov 99999999999 99:99:99 GMT",
    "chunked",
)
ODD_TYPES = (
    "",
    "application/json",
    "text/zq;=;",
    "multipart/form-data",
    "multipart/form-data; boundary=\xff",
    "multipart/form-data; boundary=" + "x" * 300,
    f"{FORM}; charset=utf-7",
    f"{FORM}; charset=zq",
)


@dataclass(frozen=True)
class Asked:
    """One request, as a server hands it on."""

    method: str
    route: str
    path: str
    query: str
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    host: str = "testserver"


def in_an_address(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def in_a_header(text: str) -> str:
    """Return the text as WSGI gives it; servers refuse control characters themselves."""
    visible = "".join(letter for letter in text if letter not in "\x00\r\n")
    return visible.encode("utf-8", "surrogatepass").decode("latin-1")


def asked_by(role: str, world: World) -> st.SearchStrategy[Asked]:
    """Return requests of a person with this role."""
    known = sorted({value for values in world.values.values() for value in values})
    odd = st.sampled_from(ODD_TEXTS) | st.text(max_size=30)
    text = st.sampled_from(USUAL_TEXTS) | st.sampled_from(known) | odd
    names = st.sampled_from(parameter_names())
    pairs = st.lists(st.tuples(names | names | names | odd, text), max_size=8)
    header_text = (st.sampled_from(HEADER_TEXTS) | odd).map(in_a_header)
    headers = st.dictionaries(st.sampled_from(HEADER_NAMES), header_text, max_size=4)
    templates = route_templates()
    cookies = _cookies(world.cookies.get(role, {}), header_text)
    hosts = st.sampled_from(("testserver",) * 20 + ("evil.zq.example", "testserver:99999", "[", in_a_header(MARK), ""))

    @st.composite
    def requests(draw: st.DrawFn) -> Asked:
        route = draw(st.sampled_from(templates))
        method = draw(st.sampled_from(METHODS))
        query = _joined(draw(pairs)) if draw(st.booleans()) else ""
        if draw(st.integers(0, 19)) == 0:
            query = draw(header_text)
        body, content_type = draw(_bodies(pairs)) if method not in ("GET", "HEAD") else (b"", "")
        path = draw(_path(route, world, odd))
        more = {"headers": {"X-CSRFToken": TOKEN, **draw(headers)}, "cookies": draw(cookies), "host": draw(hosts)}
        return Asked(method, route, path, query, body, content_type, **more)

    return requests()


def _path(route: str, world: World, odd: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    @st.composite
    def paths(draw: st.DrawFn) -> str:
        path = route
        for name in [part.partition("}")[0] for part in route.split("{")[1:]]:
            known = st.sampled_from(world.values.get(name, ["1"]))
            path = path.replace("{" + name + "}", in_an_address(draw(known | known | odd)))
        return path

    return paths()


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{in_an_address(name)}={in_an_address(value)}" for name, value in pairs)


def _bodies(pairs: st.SearchStrategy[list[tuple[str, str]]]) -> st.SearchStrategy[tuple[bytes, str]]:
    """Return forms in both encodings, broken ones, and bodies of other types."""
    form = pairs.map(lambda sent: (_joined(sent).encode(), FORM))
    multipart = pairs.map(lambda sent: (_multipart(sent), MULTIPART))
    cut = st.tuples(multipart, st.integers(0, 300)).map(lambda both: (both[0][0][: both[1]], MULTIPART))
    types = st.sampled_from((FORM, MULTIPART, *ODD_TYPES))
    junk = st.tuples(st.binary(max_size=200) | st.just(b"a=" + b"z" * 300_000), types)
    return form | form | form | multipart | cut | junk


def _multipart(pairs: list[tuple[str, str]]) -> bytes:
    parts = []
    for place, (name, value) in enumerate(pairs):
        file = '; filename="zq.csv"\r\nContent-Type: text/csv' if place % 4 == 3 else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        parts.append((head + value + "\r\n").encode("utf-8", "surrogatepass"))
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def _cookies(own: dict[str, str], text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    """Return a person's own cookies, now and then with odd ones."""
    names = (settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME, settings.MESSAGE_COOKIE_NAME, "zq")
    odd = st.dictionaries(st.sampled_from(names), text, max_size=2)
    usual = {settings.CSRF_COOKIE_NAME: TOKEN, **own}
    return (st.just({}) | st.just({}) | odd).map(lambda more: {**usual, **more})
