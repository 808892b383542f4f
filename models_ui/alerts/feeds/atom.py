"""Writing Atom (RFC 4287) as Django does, with what our feed needs besides. Whatever a text holds, XML comes out."""

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
class Entry:
    id: str
    at: datetime
    title: str
    content: str
    link: str
    kind: str
    kind_label: str


class Feed(Atom1Feed):
    """It has no link to itself: that address is a secret, and readers pass feeds on."""

    def __init__(self, *, id: str, title: str, author: str, updated: datetime, language: str, link: str) -> None:
        super().__init__(_clean(title), _clean(link), "", language, author_name=_clean(author), feed_guid=_clean(id))
        self.updated = updated

    def latest_post_date(self) -> datetime:
        return _time(self.updated)

    def written(self, entries: Iterable[Entry]) -> bytes:
        for each in entries:
            self.add_item(
                _clean(each.title),
                _clean(each.link),
                None,  # type: ignore[arg-type]  # no summary: the content says it
                unique_id=_clean(each.id),
                pubdate=_time(each.at),
                updateddate=_time(each.at),
                content=_clean(each.content),
                category={"term": _clean(each.kind), "label": _clean(each.kind_label)},
            )
        return self.writeString("utf-8").encode()

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("category", "", item["category"])
        handler.addQuickElement("content", item["content"])


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _time(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
