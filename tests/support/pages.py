"""What the HTML of a page says."""

import re
from html import unescape


def rows(html: str) -> list[str]:
    return re.findall(r'data-model-id="([^"]*)"', html)


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def part(html: str, start: str, end: str) -> str:
    return html.partition(start)[2].partition(end)[0]
