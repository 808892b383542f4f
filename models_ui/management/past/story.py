"""The demo's past: three weeks in which Mistral changed its list and people tidied up their fine-tunes.

Everything is done by the functions that pages, the job runner and the sync call; no table is written here. The story
ends where the sandbox's built-in catalogue begins, so that a demo shows the same fine-tunes with and without a past.
What Mistral changed on which day is the sandbox's to know (`sandbox/past.py`).
"""

import http.client
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from models_ui.access.people import record_added
from models_ui.access.roles import Role, give_role
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions.context import Context, Done
from models_ui.actions.deletions import ask_for_deletion, plan_deletion
from models_ui.actions.perform import delete_model, edit_text, keep_value, set_state
from models_ui.actions.undo import undo_action
from models_ui.audit.chain import Outcome
from models_ui.bulk.jobs import make_job, start_job
from models_ui.bulk.runner import run_one
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import save_list
from models_ui.management.past.clock import DemoClock, turned_clock
from models_ui.mirror.pending import CONFIRM_AFTER
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel
from models_ui.text.keepers import keeper_of
from models_ui.text.plan import Plan

DAYS: Final = 21

# Fine-tunes, by how their training jobs begin.
CONTRACTS: Final = "d23f0824"
CUSTOMERS: Final = "8e81973e"
JOB_ADS: Final = "92276658"
MEETINGS: Final = "90c192cf"
OLD_TRIAGE: Final = "0cb1e29c"
PARCELS: Final = "a170b338"
PYTHON: Final = "6b0d549b"
SQL: Final = "18f135d2"
TENDERS: Final = "ae97ba94"
TICKETS: Final = "9531985d"
TONE: Final = "36f675cc"
TRIAGE: Final = "6513270e"
TRIAL: Final = "2f0c77b1"

# When the list is looked at on a day that brings news, and again once these are confirmed.
MORNING: Final = time(6, 0)
CONFIRMED: Final = CONFIRM_AFTER + timedelta(minutes=1)


class PastBroken(Exception):
    """A step of the past did not come out as the story has it. The text says which."""


def play_past() -> None:
    """Play the story. Raise PastBroken, or what broke it, and then leave the database as it was."""
    today = timezone.now()
    start = today - timedelta(days=DAYS + 1)
    # All of it or nothing: a start that is stopped half-way plays it again, from its beginning.
    with turned_clock(start) as clock, transaction.atomic():
        stage = Stage(clock, today)
        editor, manager = (User.objects.get(username=name) for name in ("editor", "manager"))
        stage.turn_list(DAYS)
        stage.turn_to(DAYS, 8, 30)
        stage.sync()
        stage.turn_to(DAYS, 9, 2)
        ana = stage.add_person("ana.diop", "Ana", "Diop", by=manager)
        lucas = stage.add_person("lucas.roy", "Lucas", "Roy", by=manager)
        _name_fine_tunes(stage, ana, lucas, editor)
        _tidy_up(stage, lucas, editor, manager)
        _look_after(stage, ana, lucas, editor)
        _change_minds(stage, ana, lucas, editor, manager)
        stage.turn_list(0)


def _name_fine_tunes(stage: "Stage", ana: User, lucas: User, editor: User) -> None:
    stage.turn_to(20, 9, 14)
    stage.edit(ana, Verb.RENAME, MEETINGS, "Meeting notes")
    stage.turn_to(20, 9, 20)
    stage.edit(ana, Verb.RENAME, TRIAGE, "Support triage")
    stage.turn_to(19, 10, 41)
    stage.edit(lucas, Verb.RENAME, PARCELS, "Parcel damage")
    stage.turn_to(18, 15, 5)
    stage.edit(editor, Verb.RENAME, CONTRACTS, "Contract clause finder")
    stage.turn_to(18, 15, 8)
    about = "Finds liability, term and renewal clauses in supplier contracts and quotes them word for word."
    stage.edit(editor, Verb.DESCRIBE, CONTRACTS, about)
    stage.bring_news(16)


def _tidy_up(stage: "Stage", lucas: User, editor: User, manager: User) -> None:
    stage.turn_to(15, 11, 30)
    stage.edit(manager, Verb.DESCRIBE, OLD_TRIAGE, "Replaced by the version of March 2026.")
    stage.set_state(manager, Verb.ARCHIVE, OLD_TRIAGE, "The version of March 2026 has taken over.")
    about = "Maps what customers call a product to its article number."
    stage.turn_to(14, 14, 20)
    stage.edit_in_vain(lucas, Verb.DESCRIBE, CUSTOMERS, about)
    stage.turn_to(14, 14, 24)
    stage.edit(lucas, Verb.DESCRIBE, CUSTOMERS, about)
    stage.bring_news(12)
    stage.turn_to(11, 16, 10)
    stage.set_state(editor, Verb.ARCHIVE, TRIAL, "Nothing has called it for months.")
    stage.bring_news(9)
    stage.turn_to(8, 10, 15)
    stage.delete(manager, TRIAL, "A first try that nobody needs.")
    stage.turn_to(7, 13, 50)
    stage.archive_many(manager, (TENDERS, JOB_ADS, SQL), "Not in use. Kept for the audit.")


def _look_after(stage: "Stage", ana: User, lucas: User, editor: User) -> None:
    """Say who looks after which fine-tunes. What ends next is left for whoever tries the demo."""
    stage.turn_to(6, 9, 30)
    stage.keep(ana, Verb.ASSIGN, TRIAGE, ["Support team"])
    stage.keep(ana, Verb.ASSIGN, OLD_TRIAGE, ["Support team"])
    stage.keep(ana, Verb.ASSIGN, PYTHON, ["Platform team"])
    stage.keep(ana, Verb.ASSIGN, MEETINGS, [keeper_of(lucas.get_username())])
    stage.turn_to(6, 9, 41)
    stage.keep(editor, Verb.ASSIGN, CONTRACTS, [keeper_of(editor.get_username())])
    stage.keep(editor, Verb.ASSIGN, TICKETS, [keeper_of(editor.get_username()), "Support team"])
    stage.turn_to(6, 9, 55)
    for job in (CONTRACTS, TRIAGE, PYTHON, MEETINGS):
        stage.keep(ana, Verb.TAG, job, ["production"])
    for job in (SQL, JOB_ADS):
        stage.keep(ana, Verb.TAG, job, ["experiment"])
    stage.turn_to(6, 10, 20)
    about = (
        "Legal asks for it to stay as it is until the audit of 2027. How it was tested: https://example.org/contracts"
    )
    stage.keep(editor, Verb.NOTE, CONTRACTS, about)


def _change_minds(stage: "Stage", ana: User, lucas: User, editor: User, manager: User) -> None:
    stage.bring_news(5)
    stage.turn_to(4, 17, 30)
    renamed = stage.edit(lucas, Verb.RENAME, PYTHON, "Python completion")
    stage.turn_to(4, 17, 33)
    stage.undo(lucas, renamed)
    stage.turn_to(3, 11, 2)
    stage.save_view(ana, "Vision and tools", CatalogQuery(capability=("function_calling", "vision")))
    stage.turn_to(3, 11, 25)
    stage.keep(lucas, Verb.PLAN, MEETINGS, stage.plan_to_move("ministral-8b-2512", 45, "Prompts are being rewritten"))
    stage.turn_to(2, 14, 10)
    stage.set_state(editor, Verb.ARCHIVE, TICKETS, "The help desk has a new tool.")
    stage.turn_to(2, 14, 26)
    stage.set_state(ana, Verb.UNARCHIVE, TICKETS, "Its routing rules still ask this model.")
    stage.turn_to(2, 16, 5)
    stage.plan_deletion(manager, JOB_ADS, "The new job portal writes these texts itself.")
    stage.turn_to(1, 9, 45)
    stage.edit(ana, Verb.RENAME, TONE, "Ton de marque (français)")
    stage.turn_to(1, 10, 30)
    stage.ask_for_deletion(lucas, SQL, "The tables that it knows are gone since October.")


# --- How it is told


class Stage:
    """What the story is told with: first the moment, then what happens then."""

    def __init__(self, clock: DemoClock, today: datetime) -> None:
        self._clock = clock
        self._midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)

    def turn_to(self, days_ago: int, hour: int, minute: int) -> None:
        """Turn the clock to a time of day, UTC."""
        self._turn(days_ago, time(hour, minute))

    def turn_list(self, days_ago: int) -> None:
        """Turn the sandbox's list to what Mistral listed so many days ago."""
        self._tell_sandbox("past", {"days_ago": days_ago})

    def sync(self) -> None:
        outcome = run_sync(asked_by="demo").outcome
        if outcome != "synced":
            raise PastBroken(f"a sync: {outcome}")

    def bring_news(self, days_ago: int) -> None:
        """Let Mistral change its list, and take it in until the changes are confirmed."""
        self.turn_list(days_ago)
        self._turn(days_ago, MORNING)
        self.sync()
        self._turn(days_ago, MORNING, CONFIRMED)
        self.sync()

    # People

    def add_person(self, name: str, first_name: str, last_name: str, *, by: User) -> User:
        """Make an Editor whom nobody can sign in as."""
        person, is_new = User.objects.get_or_create(username=name, first_name=first_name, last_name=last_name)
        if is_new:
            person.set_unusable_password()
            person.save()
            give_role(person, Role.EDITOR)
            record_added(by, person)
        return person

    # Actions

    def edit(self, person: User, verb: Verb, job: str, text: str, reason: str = "") -> Done:
        """Rename a fine-tune or edit its description. `job` is how its training job begins."""
        row = _find_tune(job)
        seen = getattr(row, VERBS[verb].field or "")
        return _succeeded(edit_text(_by(person, reason), verb, row.model_id, text=text, seen=seen))

    def edit_in_vain(self, person: User, verb: Verb, job: str, text: str) -> None:
        """Let Mistral refuse an edit because of too many calls."""
        row = _find_tune(job)
        self._tell_sandbox("faults", {"kind": "status", "status": 429, "model": row.model_id, "verb": "update"})
        done = edit_text(_by(person), verb, row.model_id, text=text, seen=getattr(row, VERBS[verb].field or ""))
        self._tell_sandbox("faults", None)
        if done.outcome != Outcome.FAILED:
            raise PastBroken(f"{verb} in vain: {done.outcome}")

    def set_state(self, person: User, verb: Verb, job: str, reason: str = "") -> Done:
        return _succeeded(set_state(_by(person, reason), verb, _find_tune(job).model_id))

    def keep(self, person: User, verb: Verb, job: str, value: Any) -> Done:
        """Set what is kept here of a fine-tune, as who looks after it."""
        row = _find_tune(job)
        seen = getattr(row, VERBS[verb].field or "")
        return _succeeded(keep_value(_by(person), verb, row.model_id, value=value, seen=seen))

    def plan_to_move(self, to: str, days_ahead: int, words: str) -> dict[str, str]:
        by = (self._midnight + timedelta(days=days_ahead)).date()
        return Plan("moves", to, by, words).to_json()

    def delete(self, person: User, job: str, reason: str) -> Done:
        return _succeeded(delete_model(context=_by(person, reason), model_id=_find_tune(job).model_id))

    def plan_deletion(self, person: User, job: str, reason: str) -> None:
        model_id = _find_tune(job).model_id
        if plan_deletion(context=_by(person, reason), model_id=model_id).plan is None:
            raise PastBroken(f"the deletion of {model_id} is not planned")

    def ask_for_deletion(self, person: User, job: str, reason: str) -> None:
        ask_for_deletion(context=_by(person, reason), model_id=_find_tune(job).model_id)

    def undo(self, person: User, done: Done) -> Done:
        assert done.event is not None
        return _succeeded(undo_action(context=_by(person), action_id=done.event.action_id))

    def archive_many(self, person: User, jobs: Sequence[str], reason: str) -> None:
        """Archive several fine-tunes by one bulk job, worked on here and now."""
        ids = [_find_tune(job).model_id for job in jobs]
        job = make_job(actor=person, verb=Verb.ARCHIVE, model_ids=ids)
        start_job(actor=person, job_id=job.pk, reason=reason)
        while run_one():
            pass
        job.refresh_from_db()
        if not job.is_over:
            raise PastBroken(f"a bulk job: {job.state}")

    def save_view(self, person: User, name: str, query: CatalogQuery) -> None:
        """Save a view that everyone sees."""
        save_list(owner=person, name=name, query=query, shared=True, now=timezone.now())

    # Inside

    def _turn(self, days_ago: int, at: time, more: timedelta = timedelta()) -> None:
        moment = self._midnight - timedelta(days=days_ago)
        self._clock.turn_to(moment + timedelta(hours=at.hour, minutes=at.minute) + more)

    def _tell_sandbox(self, command: str, words: Mapping[str, Any] | None) -> None:
        """Send the sandbox a command of its protocol; without words, take it back."""
        address = urlsplit(settings.MODELS_API_BASE_URL)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
        try:
            method, body = ("DELETE", None) if words is None else ("POST", json.dumps(words))
            headers = {"authorization": f"Bearer {settings.MISTRAL_API_KEY}"}
            connection.request(method, f"/_sandbox/{command}", body, headers)
            if connection.getresponse().status >= 300:
                raise PastBroken(f"the sandbox does not take {command} {words}")
        except OSError as error:
            raise PastBroken(f"the sandbox: {error}") from None
        finally:
            connection.close()


def _find_tune(job: str) -> CatalogModel:
    row = CatalogModel.objects.filter(job__startswith=job).first()
    if row is None:
        raise PastBroken(f"no fine-tune of the job {job}")
    return row


def _by(person: User, reason: str = "") -> Context:
    return Context(actor=person, reason=reason)


def _succeeded(done: Done) -> Done:
    if done.event is None or done.event.outcome != Outcome.SUCCEEDED:
        raise PastBroken(f"an action on {done.row.model_id}: {done.outcome}")
    return done
