"""A digest as a message to a Slack-compatible webhook: `{"text": …}`, in which nobody's text does anything.

Slack makes mentions and links of what stands in angle brackets, other servers of a plain `@all` or `[text](address)`,
and most make bold of stars. Names are anybody's text, so all of that is put out of order.
"""

import re
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from models_ui.alerts.digest.content import Digest, Item
from models_ui.alerts.digest.sentences import and_more
from models_ui.public_url import full_address
from models_ui.services.webhook import Posted, Webhook

LONGEST: Final = 3_500  # characters; Slack advises 4,000
_UNSEEN: Final = "\u200b"  # a space without width
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Marks of emphasis have no escape. At the edge of a word, where alone they work, one that looks alike stands in.
_MARKS: Final = str.maketrans("*_~`", "∗＿∼ˋ")
_MARK: Final = re.compile(r"(?<!\w)[*_~`]+|[*_~`]+(?!\w)")


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest that is ready to be posted."""

    webhook: Webhook
    text: str

    @classmethod
    def of(cls, digest: Digest, webhook: Webhook) -> "Letter":
        return cls(webhook, written(digest))

    def send(self, key: str) -> Posted:
        return self.webhook.post({"text": self.text}, key=key)


def written(digest: Digest) -> str:
    """As many items as there is room for, and how many more there are."""
    lines: list[str] = []
    size, shown = 0, 0
    for title, items in digest.sections:
        heading: tuple[str, ...] = (f"*{title}*",)
        for item in items:
            more = [*heading, _line(item)]
            if size + sum(map(len, more)) > LONGEST:
                return "\n".join([*lines, _rest(len(digest.items) - shown)])
            lines, heading, shown = lines + more, (), shown + 1
            size += sum(map(len, more))
    return "\n".join(lines)


def inert(text: str) -> str:
    """Text that stays text."""
    text = _MARK.sub(lambda found: found[0].translate(_MARKS), text)
    text = "".join(_ENTITIES.get(letter, letter) for letter in text)
    for active in ("@", "](", "://"):
        text = text.replace(active, active[0] + _UNSEEN + active[1:])
    return text


def _line(item: Item) -> str:
    return f"• {inert(item.sentence)} {_link(item.link, _('Open'))}"


def _rest(count: int) -> str:
    links = (
        _link(full_address(reverse("changes")), _("All changes")),
        _link(full_address(reverse("retirements")), _("All deprecations")),
    )
    return f"{and_more(count)} {' · '.join(links)}"


def _link(address: str, text: str) -> str:
    """Django has encoded all but the `@` of what could end the address or mean something in it."""
    return f"<{address.replace('&', '&amp;').replace('@', '%40').replace('|', '%7C')}|{text}>"
