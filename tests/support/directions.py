"""What a reader of a page or message would see turned by a text inside it, after Unicode Standard Annex 9."""

import re
import unicodedata
from html.parser import HTMLParser

NAMES = (
    "abc\u202eevil",  # an override that nobody ends
    "\u2069x\u202a\u202e\u2067",  # an end of what was never started, and three starts
    "\u202cb\u2068c\u2069\u2069d",
    "نموذج الدعم",
    "(שלום) 2",
    "\u200fmark",
)
PERSON = "عليّ"
_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_PARAGRAPH_ENDS = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def turned(text: str) -> list[str]:
    """Return what of a plain text turns its surroundings: no direction may lie open, none stand outside an isolate."""
    return [paragraph for paragraph in _PARAGRAPH_ENDS.split(text) if _turns(paragraph)]


def left_open(text: str) -> list[str]:
    """Return the paragraphs that end in another direction than they began, or close what they did not open."""
    return [paragraph for paragraph in _PARAGRAPH_ENDS.split(text) if _leaves_open(paragraph)]


def _leaves_open(text: str) -> bool:
    opened: list[str] = []
    for letter in text:
        if letter in "\u202c\u2069":
            if not opened or opened.pop() != letter:
                return True
        elif letter in _CONTROLS:
            opened.append("\u2069" if letter >= "\u2066" else "\u202c")
    return bool(opened)


def _turns(text: str) -> bool:
    if _leaves_open(text):
        return True
    depth = 0
    for letter in text:
        if letter in "\u2066\u2067\u2068":
            depth += 1
        elif letter == "\u2069":
            depth -= 1
        elif not depth and (letter in _CONTROLS or unicodedata.bidirectional(letter) in ("R", "AL", "AN")):
            return True
    return False


class _Page(HTMLParser):
    """Collects a page's lines as a browser lays them out: an element of its own line starts a paragraph."""

    INLINE = frozenset(
        ["a", "abbr", "b", "bdi", "code", "del", "em", "i", "ins", "mark", "small", "span", "strong", "time"]
    )
    RAW = frozenset(["script", "style", "pre", "textarea"])  # what is copied or typed stays as it is
    SHOWN = frozenset(("title", "aria-label", "placeholder", "alt", "label"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.raw = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.lines[:0] = [value for name, value in attrs if name in self.SHOWN and value]
        self.raw += tag in self.RAW
        if tag == "bdi":
            self.lines[-1] += "\u2068"
        elif tag not in self.INLINE:
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        self.raw -= tag in self.RAW
        if tag == "bdi":
            self.lines[-1] += "\u2069"
        elif tag not in self.INLINE:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if not self.raw:
            self.lines[-1] += re.sub("[ \t\r\n\f]+", " ", data)


def lines_of(html: str) -> list[str]:
    page = _Page()
    page.feed(html)
    page.close()
    return page.lines


def turned_on_page(html: str) -> list[str]:
    """Return the lines and tooltips of a page that a text inside them turns."""
    return [line for line in lines_of(html) if turned(line)]
