"""What caches and readers are told over HTTP: tags, and a 304 to whoever has the feed already."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange
from sandbox import Sandbox
from tests.alerts.feeds.conftest import MEDIUM, SECRETLY, events, fetched, noon, read, set_date
from tests.support.clock import sync_until_confirmed


@pytest.mark.parametrize("kind", ["ics", "atom"])
def test_a_feed_may_be_kept_by_its_reader_alone_and_asked_for_again(carol, make, synced, kind: str):
    answer = read(getattr(make(carol), kind))
    assert answer["Cache-Control"] == "private, no-cache"
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer["ETag"])
    assert "Last-Modified" not in answer
    assert dict(answer.items()).items() >= SECRETLY.items()


@pytest.mark.parametrize("kind", ["ics", "atom"])
def test_an_unchanged_feed_is_a_304_to_whoever_has_it(carol, make, synced, kind: str):
    address = getattr(make(carol), kind)
    first = read(address)
    run_sync()
    for headers in (
        {"If-None-Match": first["ETag"]},
        {"If-None-Match": f'"other", W/{first["ETag"]}'},
        {"If-None-Match": "*"},
        {"If-None-Match": first["ETag"], "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        answer = read(address, **headers)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer["ETag"] == first["ETag"]
        assert answer["Cache-Control"] == "private, no-cache"
    for headers in (
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "nonsense"},
        {"If-Modified-Since": format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)},
        {"If-None-Match": '"other"', "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ):
        assert read(address, **headers).content == first.content


def test_a_moved_date_is_new_to_whoever_has_the_feed_already(carol, make, synced, sandbox: Sandbox):
    feed = make(carol)
    first = read(feed.ics)
    set_date(sandbox, MEDIUM, noon(40))
    run_sync()  # within the same second
    again = read(feed.ics, **{"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert again["ETag"] != first["ETag"]
    assert events(again.content)[MEDIUM]["SEQUENCE"] == 1


def test_a_model_that_the_filters_no_longer_let_through_is_news_too(carol, make, synced, sandbox: Sandbox):
    feed = make(carol, "q=pixtral&type=base&capability=vision")
    first = read(feed.ics)
    assert len(events(first.content)) == 1
    flags = next(each for each in sandbox.catalog.entries() if each["id"] == "pixtral-12b-2409")["capabilities"]
    sandbox.catalog.update_model("pixtral-12b-2409", capabilities=flags | {"vision": False})
    sync_until_confirmed()
    answer = read(feed.ics, **{"If-None-Match": first["ETag"]})
    assert answer.status_code == 200
    assert events(answer.content) == {}


def test_a_change_is_new_to_whoever_reads_the_news(carol, make, synced):
    feed = make(carol)
    first = read(feed.atom)
    CatalogChange.objects.create(kind="model.added", model_id=MEDIUM, at=timezone.now())
    assert read(feed.atom, **{"If-None-Match": first["ETag"]}).status_code == 200


def test_compressed_it_is_the_same_feed(carol, make, synced):
    feed = make(carol)
    packed = read(feed.ics, **{"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == fetched(feed.ics)
    again = read(feed.ics, **{"Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]})
    assert again.status_code == 304


def test_only_asking_for_the_head_gives_the_head(carol, make, synced):
    feed = make(carol)
    answer = Client().head(feed.ics)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["ETag"] == read(feed.ics)["ETag"]


def test_reading_often_writes_seldom(carol, make, synced, django_assert_num_queries):
    feed = make(carol)
    start = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
    with time_machine.travel(start, tick=False):
        fetched(feed.ics)
    for seconds, expected in ((30, start), (61, start + timedelta(seconds=61))):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            fetched(feed.ics)
        assert feed.row.last_used_at == expected
