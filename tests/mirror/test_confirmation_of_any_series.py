"""Whatever series of answers comes, each planted change is told once and nothing else; and long lists take no time."""

import logging
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine

from models_ui.changes.sentences import change_sentence
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange
from models_ui.services.cards import ModelCard, parse_card
from models_ui.services.dialects import DIALECTS
from models_ui.services.errors import ModelGone
from tests.support.clock import START, wait
from tests.support.entries import FLAGS, FLAP, OTHER, TUNE, Entries, base, listing, tune
from tests.support.upstream import listing_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


MINUTE = timedelta(minutes=1)
Model = dict[str, Any]


class World:
    """What is really so upstream, changed by plants, and what people should be told of each."""

    def __init__(self, *, lists_archived: bool) -> None:
        self.lists_archived = lists_archived
        self.models: dict[str, Model] = {
            "a-2501": {"aliases": ["a-latest"]},
            "b-2502": {"aliases": ["b-latest", "x"]},
            "c": {"aliases": []},
        }
        self.tunes: dict[str, Model] = {TUNE: {"name": "Support"}, f"{TUNE}2": {"name": "Second"}}
        self.number = 2600

    def entries(self) -> Entries:
        found = list(OTHER)
        for model_id, model in self.models.items():
            fields = {name: value for name, value in model.items() if name != "aliases"}
            found += listing(model_id, model_id, *model["aliases"], **fields)
        return found + [tune(model_id, **fields) for model_id, fields in self.tunes.items()]

    def plant(self, kind: str, place: int) -> list[str]:
        """Change one thing, and return the sentences that are due for it."""
        return getattr(self, f"plant_{kind}")(place) if self.models else []

    def pick(self, place: int) -> tuple[str, Model]:
        model_id = sorted(self.models)[place % len(self.models)]
        return model_id, self.models[model_id]

    def plant_flag(self, place: int) -> list[str]:
        model_id, model = self.pick(place)
        flags = model.get("capabilities", FLAGS)
        model["capabilities"] = {**flags, "vision": not flags["vision"]}
        return [f"{model_id} {'gained' if not flags['vision'] else 'lost'} Vision."]

    def plant_context(self, place: int) -> list[str]:
        model_id, model = self.pick(place)
        old = model.get("max_context_length", 131_072)
        new = 262_144 if old == 131_072 else 131_072
        model["max_context_length"] = new
        return [f"The context length of {model_id} is now {new:,} tokens, before {old:,}."]

    def plant_date(self, place: int) -> list[str]:
        model_id, model = self.pick(place)
        if model.pop("deprecation", None):
            return [f"{model_id} was to stop working on 31 Aug 2030; that date is withdrawn."]
        model["deprecation"] = "2030-08-31T12:00:00Z"
        return [f"{model_id} stops working on 31 Aug 2030."]

    def plant_successor(self, place: int) -> list[str]:
        """A new model takes an alias, or the only id, of another."""
        model_id, model = self.pick(place)
        self.number += 1
        new = f"new-{self.number}"
        if model["aliases"]:
            alias = model["aliases"].pop()
            self.models[new] = {"aliases": [alias]}
            return [f"{new} is new.", f"{alias} now means {new}, before {model_id}."]
        del self.models[model_id]
        self.models[new] = {"aliases": [model_id]}
        return [f"{new} is new.", f"{model_id} now means {new}, before it was a model of its own."]

    def plant_swap(self, place: int) -> list[str]:
        """An alias goes to another model that is known."""
        model_id, model = self.pick(place)
        other_id, other = self.pick(place + 1)
        if not model["aliases"] or other is model:
            return []
        alias = model["aliases"].pop()
        other["aliases"] = [*other["aliases"], alias]
        return [f"{alias} now means {other_id}, before {model_id}."]

    def plant_end(self, place: int) -> list[str]:
        model_id, _model = self.pick(place)
        del self.models[model_id]
        return [f"{model_id} is gone from Mistral’s list."]

    def plant_name(self, place: int) -> list[str]:
        old = self.tunes[TUNE]["name"]
        self.number += 1
        self.tunes[TUNE] = {"name": f"Name {self.number}"}
        return [f"“{old}” was renamed outside this dashboard: it is now “Name {self.number}”."]

    def plant_vanished_tune(self, place: int) -> list[str]:
        fields = self.tunes.pop(f"{TUNE}2", None)
        if fields is not None:
            return ["Second is gone from Mistral’s list."]
        self.tunes[f"{TUNE}2"] = {"name": "Second", "archived": self.lists_archived and bool(place % 2)}
        return ["Second is listed again."]


def flapped(entries: Entries, kind: int) -> Entries:
    """A faulty answer, in one of the ways that recordings show or threaten."""
    first, rest = entries[: len(OTHER)], entries[len(OTHER) :]
    if kind == 0:
        return [
            *first,
            *(entry | {**FLAP, "description": f"Official {entry['id']} Mistral AI model"} for entry in rest),
        ]
    if kind == 1:
        return [*first, *(entry | {"max_context_length": 999_999} for entry in rest)]
    if kind == 2:
        return [*first, *(entry | {"deprecation": "2031-01-31T12:00:00Z"} for entry in rest)]
    if kind == 3:
        return first
    if kind == 6:
        return [*first, *(entry | {"name": None, "aliases": []} for entry in rest if entry["type"] == "base")]
    if kind == 4:
        return [
            *first,
            *(entry for entry in rest if not entry["id"].endswith("latest")),
            base("phantom-2601", "phantom-2601"),
        ]
    flags = {**FLAGS, "ocr": True}
    return [
        *first,
        *(
            entry | {"capabilities": flags, "name": "Flap" if entry["type"] != "base" else entry["name"]}
            for entry in rest
        ),
    ]


@pytest.fixture
def _readable_and_short_failures(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Keep a failure's report free of the sync's log, and its smaller examples from being looked for forever."""
    caplog.set_level(logging.CRITICAL, logger="models_ui.mirror.sync")
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", 60)


KINDS = ("flag", "context", "date", "successor", "swap", "end", "name", "vanished_tune")
steps = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 5),
    # How the answers flap before the change and while it waits: after how many seconds, and in which way.
    st.lists(st.tuples(st.sampled_from([1, 5, 60, 240, 600]), st.integers(0, 6)), max_size=4),
    st.lists(st.tuples(st.sampled_from([1, 5, 60, 240, 1_799]), st.integers(0, 6)), max_size=4),
    st.booleans(),  # whether a sync fails between
)


@pytest.mark.parametrize("dialect", ["platform", "contract"])
@given(st.lists(steps, min_size=1, max_size=5))
# A faulty answer lists an id as the model of its own that it once was, at the moment that confirms its second move.
@example([("successor", 2, [], [], False), ("successor", 2, [], [(1, 6), (1_799, 6)], False)])
@settings(
    max_examples=25,
    phases=set(Phase) - {Phase.explain},  # it would run for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.usefixtures("_readable_and_short_failures")
def test_each_planted_change_is_told_once_and_nothing_else_whatever_flaps(db, dialect: str, planted: list[Any]):
    with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
        world, due = World(lists_archived=DIALECTS[dialect].lists_archived), []

        def answer(seconds: float, entries: Entries) -> None:
            clock.shift(seconds)
            sync_with(entries, dialect, world.entries())

        answer(0, world.entries())
        world.tunes[f"{TUNE}2"]["archived"] = True
        answer(3_600, world.entries())
        for kind, place, flaps_before, flaps_after, fails in planted:
            for seconds, flap in flaps_before:
                answer(seconds, flapped(world.entries(), flap))
                answer(5, world.entries())
            due += world.plant(kind, place)
            for seconds, flap in flaps_after:
                answer(seconds, world.entries())
                answer(5, flapped(world.entries(), flap))
            answer(600, world.entries())
            if fails:
                answer(600, [])
            for _ in range(4):
                answer(600, world.entries())
        assert sorted(change_sentence(change) for change in CatalogChange.objects.all()) == sorted(due)
        transaction.set_rollback(True)


def sync_with(entries: Entries, dialect: str, existing: Entries) -> None:
    """Sync once. An empty list is a failed run."""
    if dialect == "contract":
        entries = [entry for entry in entries if not entry.get("archived")]
    with listing_of(entries, dialect=DIALECTS[dialect], retrieve=lambda model_id: read(model_id, existing)):
        assert run_sync().outcome == ("synced" if entries else "failed")


def read(model_id: str, existing: Entries) -> ModelCard:
    """What upstream says of one model that its list leaves out."""
    for entry in existing:
        if entry["id"] == model_id and (card := parse_card(entry)):
            return card
    raise ModelGone(model_id=model_id)


def test_a_sync_of_many_models_takes_no_time_that_grows_with_their_square(db):
    def seconds(number: int) -> float:
        entries = [
            entry for place in range(number) for entry in listing(f"m-{place}", f"m-{place}", f"m-{place}-latest")
        ]
        sync_with(entries, "platform", entries)
        started = time.process_time()
        wait(timedelta(minutes=31))
        sync_with(entries, "platform", entries)
        return time.process_time() - started

    assert seconds(2_000) < 20 * max(seconds(400), 0.05)
