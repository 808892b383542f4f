"""What is left of English on a page for a French browser: sentences of the catalogue, and words that French has not."""

import re
from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser

from models_ui.models import CatalogModel
from models_ui.vocabulary import word_of_key
from tests.support import ROOT
from tests.support.catalogues import CATALOGUE, MARKUP, PLACEHOLDER, messages

FRENCH = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"}
HTMX = FRENCH | {"HX-Request": "true"}
# Words that French does not have, for sentences that never went through the catalogue.
ENGLISH_WORDS = re.compile(
    r"\b(the|is|are|was|were|of|and|with|this|that|from|you|your|not|has|been|its?|by|which|cannot|must|will|when"
    r"|there|what|only|be|no longer|more|up)\b",
    re.IGNORECASE,
)
SPOKEN_ATTRIBUTES = ("title", "aria-label", "placeholder", "alt", "data-done", "data-unit", "content")


class Texts(HTMLParser):
    """What a page says: its text and the attributes that are read out, each piece by itself."""

    SILENT = ("script", "style", "code", "pre", "bdi")  # in `code` and `bdi` stands what others wrote

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.around: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [given[name] or "" for name in SPOKEN_ATTRIBUTES if name in given and tag != "meta"]
        if tag not in ("input", "meta", "link", "br", "hr", "img", "line", "use", "path", "circle", "rect"):
            self.around.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while tag in self.around and self.around.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not set(self.around) & set(self.SILENT):
            self.found.append(data)


@cache
def english() -> list[re.Pattern[str]]:
    """Every message of more than one word that French says otherwise, piece by piece where it has markup."""
    found = set()
    for forms, french in messages((ROOT / CATALOGUE).with_suffix(".mo")).items():
        for form in forms:
            plain = form.rpartition("\x04")[2]
            if plain not in french:
                found |= {piece.strip(" .,:;?!…") for piece in MARKUP.split(plain)}
    pieces = [each for each in found if len(re.findall(r"[A-Za-z]{2,}", PLACEHOLDER.sub("", each))) > 1]
    return [
        re.compile(r"(?<!\w)" + r".{0,200}?".join(map(re.escape, PLACEHOLDER.split(each))) + r"(?!\w)")
        for each in pieces
    ]


def written_by_others() -> list[str]:
    """What upstream and people wrote, the longest first, so that no part of a name is left of it."""
    found: set[str] = set()
    for row in CatalogModel.objects.all():
        found |= {row.model_id, row.name or "", row.description or "", row.replacement, row.root, row.owned_by}
        found |= {*row.aliases, *row.capabilities, *map(word_of_key, row.capabilities)}
        found |= {line for line in (row.description or "").splitlines() if line}
        found |= {" ".join((row.description or "").split())}
    return sorted(filter(None, found), key=len, reverse=True)


def left_over(pieces: Iterable[str], others: Iterable[str] = ()) -> list[str]:
    """The English among some pieces of text."""
    found = []
    for piece in pieces:
        text = " ".join(piece.split())
        text = re.sub(r"Réponse de l’API Models : « .*? »", "", text)
        for each in others:
            text = text.replace(each, "…")
        if is_english(text):
            found.append(text)
    return found


@cache
def is_english(text: str) -> bool:
    """Whether some English is in it; kept, since most of a page is on every page."""
    return bool(ENGLISH_WORDS.search(text)) or any(each.search(text) for each in english())


def assert_french(answer, status: int = 200) -> str:
    """The page, after nothing English was found on it."""
    html = answer.content.decode()
    assert answer.status_code == status, html[:300]
    texts = Texts()
    texts.feed(html)
    assert sum(map(len, texts.found)) > 20
    assert left_over(texts.found, written_by_others()) == []
    return html
