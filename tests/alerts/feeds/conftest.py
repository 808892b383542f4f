"""People with feed addresses, made on the page as anybody makes them, and programs that read them without login."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import icalendar
import pytest
import vobject
from django.contrib.auth.models import User
from django.test import Client

from models_ui.models import FeedAddress
from sandbox import Sandbox

ATOM = {"a": "http://www.w3.org/2005/Atom"}
SECRETLY = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
MEDIUM = "mistral-medium-2508"  # retires in the sandbox's catalog, like seven others


@dataclass(frozen=True)
class Feed:
    """The secret of one address, in the hands of a program."""

    secret: str

    @property
    def ics(self) -> str:
        return f"/feeds/{self.secret}/models.ics"

    @property
    def atom(self) -> str:
        return f"/feeds/{self.secret}/changes.atom"

    @property
    def row(self) -> FeedAddress:
        return FeedAddress.objects.latest("pk")


def form_id_of(html: str) -> str:
    return re.search(r'name="form_id" value="(\w+)"', html)[1]


def secrets_in(html: str) -> list[str]:
    return sorted(set(re.findall(r"feed-[\w-]{43}", unescape(html))))


@pytest.fixture
def make(client_of) -> Callable[..., Feed]:
    """`make(carol, "type=base")`: the feed of what the catalog shows at `/models/?type=base`."""

    def made(person: User, filters: str = "", *, name: str = "Team", language: str = "en") -> Feed:
        client = client_of(person)
        page = client.get(f"/feeds/?{filters}").content.decode()
        query = unescape(re.search(r'name="query"(?: value="([^"]*)")?', page)[1] or "")
        form = {"name": name, "language": language, "query": query, "form_id": form_id_of(page)}
        answer = client.post("/feeds/", form)
        assert answer.status_code == 200
        (secret,) = secrets_in(answer.content.decode())
        return Feed(secret)

    return made


# --- What programs make of them


def read(address: str, **headers: str) -> Any:
    """A program that knows nothing but the address."""
    return Client().get(address, headers=headers)


def fetched(address: str) -> bytes:
    answer = read(address)
    assert answer.status_code == 200
    return answer.content


def checked_calendar(body: bytes) -> icalendar.Calendar:
    """The calendar, after two parsers and the rules on lines have found nothing wrong with it, and the same in it."""
    assert body.endswith(b"\r\n")
    lines = body.removesuffix(b"\r\n").split(b"\r\n")
    for line in lines:
        assert 0 < len(line) <= 75
        assert not set(line) & (set(range(32)) - {9})
        line.decode()  # no character is cut
    calendar = icalendar.Calendar.from_ical(body)
    assert not [error for each in calendar.walk() for error in each.errors]
    (other,) = vobject.readComponents(body.decode())
    assert other.validate(raiseException=True)
    found = {(str(each["UID"]), str(each["SUMMARY"]), each["DTSTART"].dt) for each in calendar.walk("VEVENT")}
    assert found == {
        (each.uid.value, each.summary.value, each.dtstart.value) for each in other.contents.get("vevent", ())
    }
    assert len(found) == body.count(b"\r\nBEGIN:VEVENT\r\n")
    return calendar


def events(body: bytes) -> dict[str, icalendar.Event]:
    """Each event by the model's id in its link."""
    found = checked_calendar(body).walk("VEVENT")
    return {unquote(re.search(r"/models/([^/]*)", str(each["URL"]))[1]): each for each in found}


def entries(body: bytes) -> list[ElementTree.Element]:
    return ElementTree.fromstring(body).findall("a:entry", ATOM)


def said(entry: ElementTree.Element, tag: str = "title") -> str:
    return entry.findtext(f"a:{tag}", "", ATOM)


# --- What upstream does


def noon(days: int) -> datetime:
    """12:00 UTC on the day so many days ahead, as upstream's dates are."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)


def set_date(sandbox: Sandbox, model_id: str, at: datetime | None) -> None:
    sandbox.catalog.update_model(model_id, deprecation=at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None)


PIXTRAL = "pixtral-12b-2409"
PARCELS = "ft:pixtral-12b-latest:7c1e52d8:20250917:parcel-damage:a170b338"
# Fine-tunes of models that retire in the sandbox's catalog. A fourth one is at risk, whose base model nobody knows.
AT_RISK = {
    PARCELS: PIXTRAL,
    "ft:open-mistral-nemo:7c1e52d8:20251006:meeting-notes:90c192cf": "open-mistral-nemo",
    "ft:open-mistral-nemo:7c1e52d8:20250603:product-names:8e81973e": "open-mistral-nemo",
}


def revision(event) -> tuple[str, int, str]:
    return str(event["UID"]), int(event["SEQUENCE"]), str(event["STATUS"])
