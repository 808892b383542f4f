"""When nobody knows whether a write happened: said so, settled by reading again, never guessed."""

import os
import subprocess
import sys
import textwrap
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from models_ui import leases
from models_ui.access.policy import ActionDenied
from models_ui.access.verbs import Verb
from models_ui.actions import lock, perform, settle, write_upstream
from models_ui.actions.lock import Busy
from models_ui.actions.model_row import Reading, apply_outcome
from models_ui.audit import chain
from models_ui.mirror.sync import SyncResult
from models_ui.models import AuditEvent, CatalogModel, Lease
from models_ui.services.models_api import ModelsAPI
from tests.actions.conftest import by, outcomes, row_of
from tests.support import ROOT, verbs


class Killed(BaseException):
    """As if the process had ended here."""


@pytest.fixture
def killed_after_the_write(monkeypatch):
    """The server dies right after upstream did as asked."""
    real = ModelsAPI.update

    def update(self, *args, **kwargs):
        real(self, *args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ModelsAPI, "update", update)
        yield


def rename(actor, model_id: str, name: str = "New"):
    return verbs.rename_model(context=by(actor), model_id=model_id, name=name, seen="Support triage")


@pytest.fixture
def later():
    """Long after: no write can still be under way."""
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        yield


def unknown(bob, sandbox, tune: str, *, performed: bool):
    """A rename that timed out, and could not be looked after."""
    sandbox.faults.add("504", verb="update", after=performed, times=1)
    # The look before the write goes through, the one after it does not.
    real = ModelsAPI.update

    def update(self, *args, **kwargs):
        sandbox.faults.add("503", verb="retrieve")
        return real(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModelsAPI, "update", update)
        done = rename(bob, tune)
    sandbox.faults.clear()
    assert done.event.outcome == "unknown"
    return done.event


def test_a_write_that_timed_out_and_happened_is_settled_at_once(bob, tune, sandbox):
    sandbox.faults.add("504", verb="update", after=True, times=1)
    done = rename(bob, tune)
    assert outcomes(tune) == ["attempted", "unknown", "succeeded"]
    assert done.event.outcome == "succeeded"
    assert row_of(tune).name == "New"


def test_a_write_that_timed_out_and_shows_no_effect_may_still_arrive(bob, tune, sandbox):
    sandbox.faults.add("504", verb="update", times=1)
    done = rename(bob, tune)
    assert done.event.outcome == "unknown"
    assert row_of(tune).name == "Support triage"
    again = settle.settle_action(actor=bob, action_id=done.event.action_id)
    assert (again.event.outcome, again.question.answer) == ("unknown", "same")
    assert outcomes(tune) == ["attempted", "unknown"]


def test_looking_in_vain_says_why(bob, tune, sandbox):
    event = unknown(bob, sandbox, tune, performed=True)
    sandbox.faults.add("503", verb="retrieve")
    again = settle.settle_action(actor=bob, action_id=event.action_id)
    assert (again.event.outcome, again.question.answer, again.question.error_facts["status"]) == (
        "unknown",
        "unread",
        503,
    )
    sandbox.faults.clear()
    sandbox.catalog.remove(tune)
    assert settle.settle_action(actor=bob, action_id=event.action_id).question.answer == "gone"
    assert row_of(tune).is_missing


@pytest.mark.parametrize(
    ("performed", "outcome", "name"), [(True, "succeeded", "New"), (False, "failed", "Support triage")]
)
def test_an_unknown_write_is_settled_later_by_whoever_asks(
    bob, carol, tune, sandbox, performed, outcome, name, request
):
    event = unknown(bob, sandbox, tune, performed=performed)
    request.getfixturevalue("later")
    settled = settle.settle_action(actor=carol, action_id=event.action_id).event
    assert settled.outcome == outcome
    assert (settled.actor, settled.failure["settled_by"]) == ("bob", "carol")
    assert row_of(tune).name == name
    assert settle.settle_action(actor=carol, action_id=event.action_id).event == settled
    assert chain.verify_chain() == (3, None)


def test_a_third_value_tells_nothing_and_is_not_called_a_failure(bob, tune, sandbox, later):
    event = unknown(bob, sandbox, tune, performed=True)
    sandbox.catalog.rename(tune, "Somebody else’s")
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        again = settle.settle_action(actor=bob, action_id=event.action_id)
        assert (again.event.outcome, again.question.answer) == ("unknown", "other")


def test_a_deletion_that_timed_out_is_settled_by_the_models_absence(alice, tune, sandbox):
    sandbox.faults.add("504", verb="delete", after=True, times=1)
    done = perform.delete_model(context=by(alice), model_id=tune)
    assert done.event.outcome == "succeeded"
    assert row_of(tune).is_deleted


def test_a_killed_server_leaves_an_attempt_that_can_be_settled(bob, tune, sandbox, killed_after_the_write, request):
    with pytest.raises(Killed):
        rename(bob, tune)
    assert outcomes(tune) == ["attempted"]
    event = AuditEvent.objects.get()
    assert row_of(tune).name == "Support triage"
    request.getfixturevalue("later")
    settled = settle.settle_action(actor=bob, action_id=event.action_id).event
    assert settled.outcome == "succeeded"
    assert row_of(tune).name == "New"


def test_settling_waits_for_an_action_that_is_still_under_way(bob, tune, sandbox, monkeypatch):
    """Between the click on "Check" and the lock, the action has come to its end: nothing is added to it."""
    event = unknown(bob, sandbox, tune, performed=True)
    real = leases.take_lease

    def finish_first(name, seconds):
        monkeypatch.setattr(leases, "take_lease", real)
        settle.settle_action(actor=bob, action_id=event.action_id)
        return real(name, seconds)

    monkeypatch.setattr(leases, "take_lease", finish_first)
    assert settle.settle_action(actor=bob, action_id=event.action_id).event.outcome == "succeeded"
    assert outcomes(tune) == ["attempted", "unknown", "succeeded"]


def test_settling_what_is_no_unknown_says_what_is_known(bob, synced):
    base = CatalogModel.objects.filter(type="base").first().model_id
    with pytest.raises(ActionDenied):
        verbs.rename_model(context=by(bob, "7" * 32), model_id=base, name="x", seen=None)
    assert settle.settle_action(actor=bob, action_id="7" * 32).event.outcome == "refused"
    with pytest.raises(ActionDenied, match="no such action"):
        settle.settle_action(actor=bob, action_id="8" * 32)


def test_the_lock_of_a_dead_process_expires(bob, tune, monkeypatch, later):
    long_ago = timezone.now() - timedelta(seconds=1)
    Lease.objects.create(name=lock.lease_name(tune), token="dead", expires_at=long_ago)
    assert rename(bob, tune).event.outcome == "succeeded"
    assert not Lease.objects.exists()


def test_a_model_that_somebody_is_changing_right_now_is_busy(bob, tune, monkeypatch, writes):
    Lease.objects.create(name=lock.lease_name(tune), token="other", expires_at=timezone.now() + timedelta(seconds=60))
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    with pytest.raises(Busy):
        rename(bob, tune)
    assert writes() == []


def test_the_lock_outlives_what_an_action_may_take(settings):
    settings.MODELS_API_TOTAL_TIMEOUT = 300
    assert lock.lock_time() > timedelta(seconds=3 * 300)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_process_killed_amid_an_action_loses_nothing(bob, sandbox, tmp_path, settings):
    """A real process, killed while upstream is performing the write; then a second one looks what became of it."""
    script = textwrap.dedent(
        """
        import sys, django
        django.setup()
        from django.contrib.auth.models import User
        from django.core.management import call_command
        from models_ui.actions.context import Context
        from tests.support.verbs import archive_model
        from models_ui.audit.chain import latest_event
        from models_ui.audit.chain import verify_chain
        from models_ui.actions.settle import settle_action
        from models_ui.models import Lease, CatalogModel
        from models_ui.mirror.sync import run_sync
        import json
        tune, step = sys.argv[1:]
        if step == "act":
            call_command("migrate", verbosity=0)
            assert run_sync().outcome == "synced"
            bob = User.objects.create_superuser("bob")
            context = Context(actor=bob, action_id="a" * 32)
            print("ready", flush=True)
            archive_model(context=context, model_id=tune)
        else:
            before = latest_event("a" * 32).outcome
            Lease.objects.update(expires_at="2000-01-01T00:00Z")  # as after a minute and a half
            done = settle_action(actor=User.objects.get(), action_id="a" * 32)
            print(json.dumps([before, done.event.outcome, done.row.archived, verify_chain()[1]]))
        """
    )
    tune = sandbox.catalog.fine_tunes()[0]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/killed.sqlite3",
        "MISTRAL_API_KEY": sandbox.key,
        "MODELS_API_BASE_URL": sandbox.url,
        "LOG_LEVEL": "ERROR",
    }
    sandbox.faults.add("hang", verb="archive", after=True, seconds=20)

    def start(step: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", script, tune, step], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )

    acting = start("act")
    try:
        assert acting.stdout.readline() == "ready\n"
        while not sandbox.counts["archive"]:
            assert acting.poll() is None
    finally:
        acting.kill()
        acting.communicate()
    assert sandbox.catalog.find(tune)["archived"] is True
    looking = start("look")
    answer, _ = looking.communicate(timeout=20)
    assert answer.strip() == '["attempted", "succeeded", true, null]'
    connection.close()


@pytest.mark.parametrize("status", ["500", "503"])
def test_a_server_that_does_as_asked_and_then_says_that_it_failed_is_not_believed(alice, tune, sandbox, status):
    sandbox.faults.add(status, verb="update", after=True, times=1)
    done = rename(alice, tune)
    assert (done.outcome, row_of(tune).name, outcomes(tune)) == ("succeeded", "New", ["attempted", "succeeded"])
    assert sandbox.counts["retrieve"] == 2  # before and after: the lock is made for three calls
    sandbox.faults.add(status, verb="delete", after=True, times=1)
    assert perform.delete_model(context=by(alice), model_id=tune).outcome == "succeeded"
    assert row_of(tune).is_deleted


def test_a_confirmed_value_stays_in_the_row_of_a_model_that_is_gone_right_after(synced: SyncResult):
    row = CatalogModel.objects.filter(type="fine-tuned", archived=False).first()
    with transaction.atomic():
        apply_outcome(row, Verb.RENAME, {"name": "Its last name"}, Reading(None, is_gone=True))
    row = CatalogModel.objects.get(pk=row.pk)
    assert (row.name, row.is_missing) == ("Its last name", True)


@pytest.mark.parametrize("act", ["archive", "rename"])
def test_a_process_that_outlives_its_lock_adds_no_second_outcome(tune, bob, alice, monkeypatch, act: str):
    call = write_upstream._call_upstream

    def call_and_sleep_too_long(api: ModelsAPI, write: write_upstream.Write) -> str:
        correlation_id = call(api, write)
        Lease.objects.all().delete()  # the lock is over, and another process settles the action
        settle.settle_action(actor=alice, action_id=write.journal.entry.action_id)
        return correlation_id

    monkeypatch.setattr(settle, "SETTLES_AFTER", timedelta(0))
    monkeypatch.setattr(write_upstream, "_call_upstream", call_and_sleep_too_long)
    if act == "archive":
        done = verbs.archive_model(context=by(bob), model_id=tune)
    else:
        seen = row_of(tune).name
        done = verbs.rename_model(context=by(bob), model_id=tune, name="Mine", seen=seen)
    assert outcomes(tune) == ["attempted", "succeeded"]
    assert done.outcome == "succeeded"
    assert chain.verify_chain()[1] is None
