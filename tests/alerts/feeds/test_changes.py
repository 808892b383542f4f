"""The news feed as a reader meets it: the newest changes in sentences, narrowed, and XML whatever a name holds."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.dom import minidom
from xml.etree import ElementTree

import pytest
from django.utils.translation import get_language
from hypothesis import given
from hypothesis import strategies as st

from models_ui.alerts.feeds import change_feed
from models_ui.alerts.feeds.atom import AtomEntry, AtomFeed
from models_ui.changes.kinds import CHANGE_KINDS
from models_ui.changes.sentences import change_sentence
from models_ui.models import CatalogChange, CatalogModel
from sandbox import Sandbox
from tests.alerts.feeds.conftest import ATOM, MEDIUM, entries, fetched, read, said, set_date
from tests.support.clock import sync_until_confirmed

AT = datetime(2026, 11, 20, 10, 30, 15, 123456, tzinfo=UTC)
LARGE = "mistral-large-2512"
HOSTILE = "]]><script>&amp;\x00\x1b\ud800\ufffe\r\n</entry>\u202e\"'"


def change(kind: str = "model.added", model_id: str = MEDIUM, at: datetime = AT, **fields: Any) -> CatalogChange:
    return CatalogChange.objects.create(kind=kind, model_id=model_id, at=at, **fields)


def titles(body: bytes) -> list[str]:
    return [said(each) for each in entries(body)]


# --- What is in it


def test_each_change_is_an_entry_in_the_words_of_the_changes_page_the_newest_first(carol, make, synced):
    moved = change("deprecation.moved", before="2026-08-31T12:00:00+00:00", after="2026-09-30T12:00:00+00:00")
    later = change("capability.added", LARGE, AT + timedelta(days=1), subject="vision")
    body = fetched(make(carol).atom)
    assert titles(body) == [change_sentence(later), change_sentence(moved)]
    assert titles(body)[1] == f"{MEDIUM} stops working on 30 Sep 2026, no longer on 31 Aug 2026."
    entry = entries(body)[1]
    assert said(entry, "content") == f"{titles(body)[1]} Read from the Models API on 20 Nov 2026, 10:30 UTC."
    assert said(entry, "updated") == said(entry, "published") == "2026-11-20T10:30:15+00:00"
    assert entry.find("a:link", ATOM).get("href") == f"http://testserver/models/{MEDIUM}/"
    assert entry.find("a:category", ATOM).attrib == {"term": "deprecation.moved", "label": "Retirement moved"}


def test_the_feed_of_changes_holds_what_a_sync_finds(carol, make, synced, sandbox: Sandbox):
    feed = make(carol, "q=medium")
    assert titles(fetched(feed.atom)) == []
    set_date(sandbox, MEDIUM, datetime(2031, 3, 31, 12, tzinfo=UTC))
    set_date(sandbox, "pixtral-12b-2409", None)
    sync_until_confirmed()
    (title,) = titles(fetched(feed.atom))
    assert title.startswith(f"{MEDIUM} stops working on 31 Mar 2031")


def test_the_feed_has_what_the_standard_asks_for(carol, make, synced):
    change()
    body = fetched(make(carol, name="Team & <co>").atom)
    root = ElementTree.fromstring(body)
    assert body.startswith(b"<?xml")
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert said(root) == "Team & <co>"
    assert said(root, "updated") == "2026-11-20T10:30:15+00:00"
    assert root.findtext("a:author/a:name", "", ATOM) == "Model dashboard"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    for each in (root, *entries(body)):
        for required in ("id", "title", "updated"):
            assert len(each.findall(f"a:{required}", ATOM)) == 1
        assert re.fullmatch(r"tag:[a-z.-]+\.invalid,2026:(feed|change)/[\d-]+", said(each, "id"))


def test_without_any_change_it_is_a_feed_without_entries(carol, make, synced):
    feed = make(carol)
    root = ElementTree.fromstring(fetched(feed.atom))
    assert root.findall("a:entry", ATOM) == []
    assert said(root, "updated") == feed.row.created_at.isoformat(timespec="seconds")


def test_the_feed_of_changes_ends_after_the_newest_hundred(carol, make, synced):
    for number in range(130):
        change("context.changed", at=AT + timedelta(minutes=number), before=number, after=number + 1)
    found = entries(fetched(make(carol).atom))
    assert len(found) == 100
    assert said(found[0], "updated") == (AT + timedelta(minutes=129)).isoformat(timespec="seconds")


def test_an_entry_keeps_its_id_on_every_host_and_for_everybody(carol, bob, make, synced):
    change()
    first = make(carol)
    ids = {said(each, "id") for each in entries(fetched(first.atom))}
    assert {said(each, "id") for each in entries(read(first.atom, host="localhost").content)} == ids
    assert {said(each, "id") for each in entries(fetched(make(bob, "q=medium").atom))} == ids


def test_changes_of_the_same_moment_have_ids_of_their_own(carol, make, synced):
    change("capability.added", subject="vision")
    change("capability.added", subject="ocr")
    assert len({said(each, "id") for each in entries(fetched(make(carol).atom))}) == 2


def test_the_feed_of_changes_speaks_the_language_of_its_address(carol, make, synced, monkeypatch):
    monkeypatch.setattr(change_feed, "change_sentence", lambda change: f"{get_language()}: {change.model_id}")
    change()
    assert titles(fetched(make(carol, language="fr").atom)) == [f"fr: {MEDIUM}"]


@pytest.mark.parametrize("kind", [*CHANGE_KINDS, "model.invented_later"])
def test_every_kind_of_change_has_its_sentence(carol, make, synced, kind: str):
    value = {"deprecation": "2026-08-31T12:00:00+00:00", "context": 1000}.get(kind.split(".")[0], "some")
    change(kind, subject="vision", before=value, after=value)
    (title,) = titles(fetched(make(carol).atom))
    assert title
    assert "%(" not in title


# --- Narrowed


def test_the_feed_of_changes_tells_of_the_models_that_match_now(carol, make, synced):
    change("capability.added", MEDIUM, subject="vision")
    change("capability.added", "mistral-embed-2312", subject="vision")
    assert titles(fetched(make(carol, "q=embed").atom)) == ["mistral-embed-2312 gained Vision."]
    assert len(titles(fetched(make(carol, "type=base").atom))) == 2
    assert titles(fetched(make(carol, "type=fine-tuned").atom)) == []


@pytest.mark.parametrize(
    ("filters", "kind", "words"),
    [
        ("state=live", "model.missing", {}),
        ("lifecycle=active", "deprecation.announced", {"after": "2026-12-31T12:00:00+00:00"}),
        ("lifecycle=retired", "deprecation.withdrawn", {"before": "2026-12-31T12:00:00+00:00"}),
        ("capability=ocr", "capability.removed", {"subject": "ocr"}),
        ("capability_not=vision", "capability.added", {"subject": "vision"}),
        ("context_min=10M", "context.changed", {"before": 20_000_000, "after": 128_000}),
    ],
)
def test_a_change_is_not_hidden_by_what_it_changed(carol, make, synced, filters: str, kind: str, words: dict):
    if kind == "model.missing":
        row = CatalogModel.objects.get(model_id=MEDIUM)
        row.missing_since = AT
        row.save()
    change(kind, MEDIUM, **words)
    change("replacement.changed", MEDIUM, before="a", after="b")
    found = titles(fetched(make(carol, filters).atom))
    assert len([each for each in found if "replacement" not in each]) == 1
    # ... and nothing else gets in by it.
    assert kind == "model.missing" or len(found) == 1
    change(kind, "mistral-embed-2312", **words)
    assert len(titles(fetched(make(carol, f"{filters}&q=medium").atom))) == len(found)


def test_an_alias_that_moved_is_told_for_the_model_it_left_as_well(carol, make, synced):
    words = {"subject": "some-latest", "before": MEDIUM, "after": "mistral-embed-2312"}
    change("alias.repointed", "mistral-embed-2312", **words)
    sentence = f"some-latest now means mistral-embed-2312, before {MEDIUM}."
    for filters in ("capability=vision&type=base", "context_max=10k", ""):
        assert titles(fetched(make(carol, filters).atom)) == [sentence]
    assert titles(fetched(make(carol, "type=fine-tuned").atom)) == []


def test_a_model_that_nobody_knows_any_more_is_told_where_nothing_is_narrowed(carol, make, synced):
    change("model.missing", "forgotten-2301")
    assert titles(fetched(make(carol).atom)) == ["forgotten-2301 is gone from Mistral’s list."]
    assert titles(fetched(make(carol, "type=base").atom)) == []


def test_a_fine_tune_is_told_by_its_name_with_its_id_beside_it(carol, make, sandbox: Sandbox, synced):
    tune = sandbox.catalog.fine_tunes()[0]
    change("name.changed", tune, label="Support", before="Support", after="Help")
    (entry,) = entries(fetched(make(carol, "type=fine-tuned").atom))
    assert "Support" in said(entry)
    assert f"Its id is {tune}." in said(entry, "content")


# --- Hostile text


def test_hostile_text_is_text_and_what_xml_forbids_is_replaced(carol, make, synced):
    words = {"model_id": "a<b>&\x1b", "label": HOSTILE.replace("\x00", "").replace("\ud800", "")}
    change("model.missing", before="<i>", after="]]>\x0c", **words)
    change("model.invented\x01<b>", "x\ufffe")
    body = fetched(make(carol, name="<Team>").atom)
    minidom.parseString(body)
    found = entries(body)
    assert len(found) == 2
    assert any("]]><script>&amp;\ufffd\ufffd" in said(each) for each in found)
    assert not [each for each in ElementTree.fromstring(body).iter() if each.tag.endswith("script")]


@given(st.text(), st.text())
def test_the_feed_of_changes_is_well_formed_whatever_a_text_holds(one: str, other: str):
    entry = AtomEntry(id=one, at=AT, title=other, content=one, link=other, kind=one, kind_label=other)
    feed = AtomFeed(id=one, title=other, author=one, updated=AT, language="en", link=other)
    (read_back,) = entries(feed.written([entry]))
    expected = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", other)
    # XML itself makes one line end of all.
    assert said(read_back) == re.sub("\r\n?", "\n", expected)
