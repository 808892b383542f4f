"""Feeds narrowed by a status, and those that were narrowed by the two words before it."""

import re
from datetime import UTC, datetime
from itertools import product

import pytest

from models_ui.catalog.lifecycle import LIFECYCLES, lifecycle_stage
from models_ui.catalog.row import STATES, Row
from models_ui.catalog.store import load_index
from models_ui.changes.kinds import CHANGE_KINDS
from models_ui.models import CatalogChange, CatalogModel, Mirror
from sandbox import Sandbox
from tests.alerts.feeds.conftest import MEDIUM, entries, events, fetched, noon, said, set_date
from tests.support.clock import sync_until_confirmed

AT = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
PAIRS = list(product((None, *STATES), (None, *LIFECYCLES)))


@pytest.fixture
def of_every_kind(synced, sandbox: Sandbox) -> None:
    """A model of each state and stage, and a change of each kind to each of them."""
    now = datetime.now(UTC)
    models = iter(CatalogModel.objects.filter(type="base"))
    for stage, is_archived, is_missing in product(LIFECYCLES, (False, True), (False, True)):
        row = next(models)
        row.deprecation = {"active": None, "retiring": noon(40), "retired": noon(-40)}[stage]
        row.archived, row.missing_since = is_archived, now if is_missing else None
        row.save()
        for kind in CHANGE_KINDS:
            CatalogChange.objects.create(kind=kind, model_id=row.model_id, at=AT, subject="vision")
    Mirror.objects.update(version="another")


def chosen(pair: tuple[str | None, str | None], *, whichever: str = "") -> list[Row]:
    """The rows that the two words chose before there was a status, one by one."""
    state, stage = pair
    now = datetime.now(UTC)
    return [
        row
        for row in load_index(now).rows
        if (state in (None, row.state) or whichever == "state")
        and (stage in (None, lifecycle_stage(row.deprecation, now)) or whichever == "lifecycle")
    ]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_feed_that_was_narrowed_by_the_old_words_has_the_same_events_and_entries(carol, make, of_every_kind, pair):
    names = ("state", "lifecycle")
    stored = "&".join(f"{name}={word}" for name, word in sorted(zip(names, pair, strict=True)) if word)
    feed = make(carol, stored)
    dated = {row.model_id for row in chosen(pair) if row.deprecation}
    assert {
        model_id for model_id, event in events(fetched(feed.ics)).items() if str(event["STATUS"]) == "CONFIRMED"
    } == dated
    ignored = {"model": "state", "deprecation": "lifecycle"}  # else a change would be hidden by its own effect
    expected = [
        change.pk
        for change in CatalogChange.objects.order_by("-pk")
        if change.model_id
        in {row.model_id for row in chosen(pair, whichever=ignored.get(change.kind.split(".")[0], ""))}
    ]
    told = [int(re.search(r"change/(\d+)-", said(entry, "id"))[1]) for entry in entries(fetched(feed.atom))]
    assert told == expected[:100]
    assert feed.row.query == stored


@pytest.mark.parametrize("kind", [kind for kind in CHANGE_KINDS if kind.split(".")[0] in ("model", "deprecation")])
def test_a_feed_narrowed_by_a_status_tells_that_a_model_came_into_it_or_left_it(carol, make, synced, kind: str):
    CatalogChange.objects.create(kind=kind, model_id=MEDIUM, at=AT)
    CatalogChange.objects.create(kind="replacement.changed", model_id=MEDIUM, at=AT)
    assert len(entries(fetched(make(carol, "status=gone").atom))) == 1
    assert len(entries(fetched(make(carol, "status=gone&q=embed").atom))) == 0


def test_a_calendar_narrowed_by_a_status_tells_that_a_date_was_withdrawn(carol, make, synced, sandbox: Sandbox):
    feed = make(carol, "status=retiring")
    assert str(events(fetched(feed.ics))[MEDIUM]["STATUS"]) == "CONFIRMED"
    set_date(sandbox, MEDIUM, None)
    sync_until_confirmed()
    assert str(events(fetched(feed.ics))[MEDIUM]["STATUS"]) == "CANCELLED"


def test_a_calendar_of_what_is_at_risk_has_the_dates_that_fine_tunes_may_share(carol, make, synced, sandbox: Sandbox):
    found = events(fetched(make(carol, "status=at_risk").ics))
    assert found
    assert {str(event["STATUS"]) for event in found.values()} == {"TENTATIVE"}
    assert found.keys() <= set(sandbox.catalog.fine_tunes())
