"""A digest as a message to a Slack-compatible webhook: `{"text": …}`. Names in it must not act as markup.

Slack turns angle brackets into mentions and links; other servers do so with `@all` or `[text](address)`; most turn
stars into bold. Names come from outside, so all of that is made inert.
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
class SlackLetter:
    """A digest that is ready to be posted."""

    webhook: Webhook
    text: str

    @classmethod
    def of(cls, digest: Digest, webhook: Webhook) -> "SlackLetter":
        return cls(webhook, write_message(digest))

    def send(self, key: str) -> Posted:
        return self.webhook.post({"text": self.text}, key=key)


def write_message(digest: Digest) -> str:
    """Return the message with as many items as fit, and the number of those that do not."""
    lines: list[str] = []
    size, shown = 0, 0
    for title, items in digest.sections:
        heading: tuple[str, ...] = (f"*{title}*",)
        for item in items:
            more = [*heading, _item_line(item)]
            if size + sum(map(len, more)) > LONGEST:
                return "\n".join([*lines, _rest_line(len(digest.items) - shown)])
            lines, heading, shown = lines + more, (), shown + 1
            size += sum(map(len, more))
    return "\n".join(lines)


def make_inert(text: str) -> str:
    """Return the text changed so that no server reads markup in it."""
    text = _MARK.sub(lambda mark: mark[0].translate(_MARKS), text)
    text = "".join(_ENTITIES.get(letter, letter) for letter in text)
    for active in ("@", "](", "://"):
        text = text.replace(active, active[0] + _UNSEEN + active[1:])
    return text


def _item_line(item: Item) -> str:
    link = _slack_link(item.link, _("Open"))
    return f"• {make_inert(item.sentence)} {link}"


def _rest_line(count: int) -> str:
    links = (
        _slack_link(full_address(reverse("changes")), _("All changes")),
        _slack_link(full_address(reverse("retirements")), _("All retirements")),
    )
    return f"{and_more(count)} {' · '.join(links)}"


def _slack_link(address: str, text: str) -> str:
    """Return a link in Slack's notation. Django has encoded everything in the address that could end it, except `@`."""
    return f"<{address.replace('&', '&amp;').replace('@', '%40').replace('|', '%7C')}|{text}>"
