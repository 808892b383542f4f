"""People with watch lists, kept by the buttons on the pages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.models import Watch

MEDIUM = "mistral-medium-2508"  # retires in the sandbox's catalog
LARGE = "mistral-large-2512"  # no date
OCR = "mistral-ocr-2505"  # past its date


@dataclass
class WatchList:
    """One person's list, as they see and use it."""

    client: Client

    @property
    def html(self) -> str:
        answer = self.client.get("/watching/")
        assert answer.status_code == 200
        return unescape(answer.content.decode())

    @property
    def standings(self) -> dict[str, list[str]]:
        """What stands under which heading, in the page's order."""
        sections = re.findall(r'<ul class="feeds" aria-labelledby="(\w+)">(.*?)</ul>', self.html, re.DOTALL)
        return {name: re.findall(r'data-watch="([^"]*)"', rows) for name, rows in sections}

    def told(self, model_id: str) -> str:
        """The text of one entry, its buttons included."""
        row = re.search(rf'<li data-watch="{re.escape(model_id)}">(.*?)</li>', self.html, re.DOTALL)
        words = re.sub(r"</?(?:p|h3|button)\b[^>]*>", " ", row[1])
        return " ".join(re.sub(r"<[^>]+>", "", words).split())

    def add(self, model_id: str, **more: str):
        return self.client.post("/watching/add/", {"model_id": model_id, **more})

    def press(self, button: str, model_id: str) -> str:
        """Press a button of an entry, and return the message that comes of it."""
        row = re.search(rf'<li data-watch="{re.escape(model_id)}">(.*?)</li>', self.html, re.DOTALL)[1]
        for attributes, label in re.findall(r"<button ([^>]*)>(.*?)</button>", row, re.DOTALL):
            if label.startswith(button):
                given = dict(re.findall(r'(\w+)="([^"]*)"', attributes))
                data = {given["name"]: given["value"]} if "name" in given else {}
                return message(self.client.post(given["formaction"], data, follow=True))
        raise AssertionError(f"no button {button} in {row}")


def message(answer) -> str:
    assert answer.status_code == 200
    return " ".join(str(each) for each in answer.context["messages"]) or _flash(answer)


def _flash(answer) -> str:
    found = re.findall(r'class="flash[^"]*"[^>]*><div class="said"><p>(.*?)</p>', answer.content.decode(), re.DOTALL)
    return unescape(" ".join(found))


@pytest.fixture
def list_of(client_of) -> Callable[[User], WatchList]:
    return lambda person: WatchList(client_of(person))


@pytest.fixture
def carols(list_of, carol, synced) -> WatchList:
    return list_of(carol)


def watch_of(person: User, model_id: str) -> Watch:
    return Watch.objects.get(owner=person, model_id=model_id)
