"""Writing Atom (RFC 4287), as much of it as our feed needs. Whatever a text holds, what comes out is XML."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

CONTENT_TYPE = "application/atom+xml; charset=utf-8"

_ATOM: Final = "http://www.w3.org/2005/Atom"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
# Characters that no XML document may contain, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    at: datetime
    title: str
    content: str
    link: str
    kind: str
    kind_label: str


@dataclass(frozen=True, slots=True)
class Feed:
    id: str
    title: str
    author: str
    updated: datetime
    language: str
    link: str

    def written(self, entries: Iterable[Entry]) -> bytes:
        """The feed. It has no link to itself: that address is a secret, and readers pass feeds on."""
        root = Element("feed", {"xmlns": _ATOM, _LANGUAGE: self.language})
        _add(root, "id", self.id)
        _add(root, "title", self.title)
        _add(root, "updated", _time(self.updated))
        _add(SubElement(root, "author"), "name", self.author)
        _link(root, self.link)
        for entry in entries:
            _add_entry(root, entry)
        written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        return written


def _add_entry(feed: Element, entry: Entry) -> None:
    element = SubElement(feed, "entry")
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "published", _time(entry.at))
    _add(element, "updated", _time(entry.at))
    _link(element, entry.link)
    SubElement(element, "category", {"term": _clean(entry.kind), "label": _clean(entry.kind_label)})
    _add(element, "content", entry.content)


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = _clean(text)


def _link(parent: Element, address: str) -> None:
    SubElement(parent, "link", {"rel": "alternate", "type": "text/html", "href": _clean(address)})


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
