"""Atom (RFC 4287) as Django writes it, with what our feed needs besides. Valid XML comes out, whatever a text holds."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator

CONTENT_TYPE = "application/atom+xml; charset=utf-8"

# Characters that no XML document may contain, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class AtomEntry:
    id: str
    at: datetime
    title: str
    content: str
    link: str
    kind: str
    kind_label: str


class AtomFeed(Atom1Feed):
    """A feed without a link to itself: that address is a secret, and readers pass feeds on."""

    def __init__(self, *, id: str, title: str, author: str, updated: datetime, language: str, link: str) -> None:
        super().__init__(
            _clean_xml(title), _clean_xml(link), "", language, author_name=_clean_xml(author), feed_guid=_clean_xml(id)
        )
        self.updated = updated

    def latest_post_date(self) -> datetime:
        return _whole_second(self.updated)

    def written(self, entries: Iterable[AtomEntry]) -> bytes:
        for entry in entries:
            self.add_item(
                _clean_xml(entry.title),
                _clean_xml(entry.link),
                None,  # type: ignore[arg-type]  # no summary: the content says it
                unique_id=_clean_xml(entry.id),
                pubdate=_whole_second(entry.at),
                updateddate=_whole_second(entry.at),
                content=_clean_xml(entry.content),
                category={"term": _clean_xml(entry.kind), "label": _clean_xml(entry.kind_label)},
            )
        return self.writeString("utf-8").encode()

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("category", "", item["category"])
        handler.addQuickElement("content", item["content"])


def _clean_xml(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _whole_second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
