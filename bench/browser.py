"""A browser's part: one keep-alive connection, a session got at the login form, and a look at what came back."""

import gzip
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes  # as it was sent
    encoding: str

    @property
    def text(self) -> str:
        return (gzip.decompress(self.body) if self.encoding == "gzip" else self.body).decode()


class Browser:
    """One connection. Another one with the same cookies is the same person's."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.cookies = cookies if cookies is not None else {}
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def sign_in(self, username: str, password: str) -> None:
        form = self.get("/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        assert token, "no login form"
        fields = {"csrfmiddlewaretoken": token[1], "login": username, "password": password}
        answer = self.ask("POST", "/accounts/login/", urlencode(fields))
        assert answer.status == 302, f"the login form answered {answer.status}"
        assert any(name.startswith("sessionid") for name in self.cookies), "no session after the login"

    def ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = {"Accept-Encoding": "gzip", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies.update({name: each.value for name, each in SimpleCookie(line).items()})
        return Answer(response.status, content, response.headers.get("Content-Encoding", ""))


@dataclass(frozen=True)
class Seen:
    """What a page shows, read from its HTML. `counts` are by "facet=value"."""

    rows: int
    total: int
    counts: dict[str, int]


def catalog_page(html: str) -> Seen:
    tags = [
        dict(re.findall(r'data-(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<label [^>]*data-facet=[^>]*>", html)
    ]
    options = [(tag["facet"], tag["value"], tag["count"]) for tag in tags]
    counts = {f"{facet}={value}": int(count) for facet, value, count in options}
    total = re.search(r'id="count"[^>]*>\s*(\d+)', html)
    return Seen(html.count("data-model-id="), int(total[1]) if total else 0, counts)


def admin_page(html: str) -> Seen:
    """Return an admin's filters under the names of the catalog's facets; `vision=yes` or `vision__exact=1` is one."""
    names = {"owned_by": "owner"}
    counts = {}
    for query, count in re.findall(r'<a href="\?([^"]*)"[^>]*>[^<]*\((\d+)\)</a>', html):
        facet, _, value = query.replace("&amp;", "&").rpartition("&")[2].partition("=")
        facet, of_a_column, _ = facet.partition("__exact")
        facet, value = ("capability", facet) if value == ("1" if of_a_column else "yes") else (facet, value)
        counts[f"{names.get(facet, facet)}={value}"] = int(count)
    total = re.search(r"(\d+) models?\s*<", html)
    return Seen(len(re.findall(r'<tr>\s*<t[hd] class="field-', html)), int(total[1]) if total else 0, counts)


class _Files(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        fetched = tag == "link" and {"stylesheet", "icon", "preload", "manifest"} & set(
            (named.get("rel") or "").split()
        )
        address = named.get("href") if fetched else named.get("src") if tag in ("script", "img") else None
        if address and not address.startswith("data:"):
            self.found.append(address)


def files_of(browser: Browser, path: str, html: str) -> dict[str, int]:
    """What a browser with an empty cache fetches after the page: addresses with the bytes sent, those of CSS too."""
    parser = _Files()
    parser.feed(html)
    left, sizes = [urljoin(path, address) for address in parser.found], {}
    while left:
        address = left.pop()
        assert not urlsplit(address).netloc, f"the page fetches {address} from elsewhere"
        if address in sizes:
            continue
        answer = browser.get(address)
        assert answer.status == 200, f"{address} answered {answer.status}"
        sizes[address] = len(answer.body)
        if address.endswith(".css"):
            inner = re.findall(r"""url\(["']?(?!data:)([^"')]+)|@import ["']([^"']+)""", answer.text)
            left += [urljoin(address, one or other) for one, other in inner]
    return sizes
