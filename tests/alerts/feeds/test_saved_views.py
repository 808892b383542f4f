"""A saved view that is watched from its page: calendar and news hold what enters it and what leaves it, model by model."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.models import CatalogModel
from sandbox import Sandbox
from tests.alerts.feeds.conftest import (
    MEDIUM,
    PIXTRAL,
    Feed,
    entries,
    events,
    fetched,
    form_id_of,
    noon,
    said,
    secrets_in,
    set_date,
)
from tests.support.clock import sync_until_confirmed
from tests.support.pages import rows

RETIRING = "type=base&status=retiring"
LARGE = "mistral-large-2512"  # has no date in the sandbox's catalog
CALM = "codestral-2508"  # never in the view


@pytest.fixture
def watched(carol: User, client_of, synced) -> Feed:
    """The two addresses that Carol gets when she saves a view, and watches it from the page of saved views."""
    viewer = client_of(carol)
    viewer.post("/views/new/", {"name": "Retiring here", "query": RETIRING})
    views = viewer.get("/views/").content.decode()
    link = unescape(re.search(r'href="(/feeds/\?[^"]*)"', views)[1])
    page = viewer.get(link).content.decode()
    query = unescape(re.search(r'name="query" value="([^"]*)"', page)[1])
    form = {"name": "Retiring here", "language": "en", "query": query, "form_id": form_id_of(page)}
    (secret,) = secrets_in(viewer.post("/feeds/", form).content.decode())
    return Feed(secret)


def statuses(feed: Feed) -> dict[str, str]:
    return {model_id: str(event["STATUS"]) for model_id, event in events(fetched(feed.ics)).items()}


def news(feed: Feed) -> list[str]:
    return [said(entry) for entry in entries(fetched(feed.atom))]


def test_it_holds_every_model_that_the_view_shows(watched: Feed, viewer: Client):
    shown = rows(viewer.get(f"/models/?{RETIRING}&per_page=100").content.decode())
    assert len(shown) > 3
    assert statuses(watched) == dict.fromkeys(shown, "CONFIRMED")


def test_what_enters_and_what_leaves_is_told_and_the_others_stay_as_they_are(watched: Feed, sandbox: Sandbox):
    before = events(fetched(watched.ics))
    assert {MEDIUM, PIXTRAL} <= before.keys()
    assert LARGE not in before
    set_date(sandbox, LARGE, noon(40))  # enters
    set_date(sandbox, MEDIUM, None)  # leaves
    sandbox.catalog.update_model(CALM, name="Renamed by Mistral")  # was never in it
    sync_until_confirmed()
    after = events(fetched(watched.ics))
    assert str(after[LARGE]["STATUS"]) == "CONFIRMED"
    assert (str(after[MEDIUM]["STATUS"]), after[MEDIUM]["UID"]) == ("CANCELLED", before[MEDIUM]["UID"])
    for model_id in before.keys() - {MEDIUM}:
        assert after[model_id].to_ical() == before[model_id].to_ical()
    told = news(watched)
    assert any(sentence.startswith(f"{LARGE} stops working on") for sentence in told)
    assert any(sentence.startswith(MEDIUM) for sentence in told)
    assert not any(CALM in sentence for sentence in told)


def test_several_that_leave_at_once_are_each_told(watched: Feed, sandbox: Sandbox):
    leaving = sorted(statuses(watched))[:3]
    for model_id in leaving:
        set_date(sandbox, model_id, None)
    sync_until_confirmed()
    found = statuses(watched)
    assert [found[model_id] for model_id in leaving] == ["CANCELLED"] * 3
    assert list(found.values()).count("CONFIRMED") == len(found) - 3
    for model_id in leaving:
        assert [sentence for sentence in news(watched) if sentence.startswith(model_id)]


def test_a_model_that_goes_while_it_is_in_the_view_is_told_in_the_news(watched: Feed, sandbox: Sandbox):
    for model_id in (PIXTRAL, *CatalogModel.objects.get(model_id=PIXTRAL).aliases):
        sandbox.catalog.remove(model_id)
    sync_until_confirmed()
    assert f"{PIXTRAL} is gone from Mistral’s list." in news(watched)


def test_another_choice_of_the_view_later_leaves_what_calendars_were_given(watched: Feed, carol: User, client_of):
    before = statuses(watched)
    viewer = client_of(carol)
    page = viewer.get("/views/").content.decode()
    key = re.search(r'data-view="(\d+)"', page)[1]
    viewer.post(f"/views/{key}/update/", {"query": "capability=vision"})
    assert statuses(watched) == before
