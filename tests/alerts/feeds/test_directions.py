"""No name turns a calendar's event or an entry of the news feed."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange
from sandbox import Sandbox
from tests.alerts.feeds.conftest import checked_calendar, entries, fetched, noon, said
from tests.support.directions import NAMES, turned

CONTROLS = set("\u202a\u202b\u202d\u202e")


@pytest.fixture
def tune(synced, sandbox: Sandbox) -> str:
    return sandbox.catalog.fine_tunes()[0]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", NAMES)
def test_no_event_is_turned(carol, make, tune: str, sandbox: Sandbox, name: str, language: str):
    at = noon(3).strftime("%Y-%m-%dT%H:%M:%SZ")
    sandbox.catalog.update(tune, name=name, deprecation=at, deprecation_replacement_model=name)
    base = sandbox.catalog.entries()[0]
    sandbox.catalog.add(base | {"id": f"base {name}", "name": None, "aliases": [name], "deprecation": at})
    sandbox.catalog.add({"id": "ft:x", "type": "fine-tuned", "name": f"{name}.", "root": name, "object": "model"})
    run_sync()
    calendar = checked_calendar(fetched(make(carol, name=name, language=language).ics))
    texts = [str(calendar[key]) for key in ("NAME", "X-WR-CALNAME")]
    for component in calendar.walk():
        texts += [str(component[key]) for key in ("SUMMARY", "DESCRIPTION") if key in component]
    assert [text for text in texts if turned(text) or CONTROLS & set(text)] == []
    assert len({text for text in texts if "\u2068" in text}) >= 3


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", NAMES)
def test_no_entry_of_the_news_feed_is_turned(carol, make, tune: str, name: str, language: str):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    words = {"model_id": tune, "label": name, "at": at}
    CatalogChange.objects.create(kind="name.changed", before=name, after=f"{name}?", **words)
    CatalogChange.objects.create(kind="alias.repointed", subject=name, before=name, after=f"x{name}", **words)
    CatalogChange.objects.create(kind="model.added", model_id=f"m {name}", label=name, at=at)
    body = fetched(make(carol, name=name, language=language).atom)
    texts = [text for entry in entries(body) for text in (said(entry), said(entry, "content"))]
    assert len(texts) == 6
    texts += [title for element in ElementTree.fromstring(body).iter() if (title := element.text or "")]
    assert [text for text in texts if turned(text) or CONTROLS & set(text)] == []
