"""A form that was opened before a person got another username, and sent after it, means the person."""

import threading

import pytest
from django.db import connection
from django.test import Client

from models_ui.access.verbs import Verb
from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.actions.model_row import lock_row
from models_ui.bulk import jobs
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, BulkJob, CatalogModel
from sandbox import Sandbox
from tests.bulk.conftest import started, work
from tests.people.test_rename import assign, keepers, rename
from tests.support.forms import form_of


@pytest.fixture
def tune(synced, sandbox: Sandbox) -> str:
    return sandbox.catalog.fine_tunes()[0]


@pytest.fixture
def manager(alice, client_of) -> Client:
    return client_of(alice)


def last_event() -> AuditEvent:
    event = AuditEvent.objects.filter(kind="model.assigned").last()
    assert event is not None
    return event


def test_the_names_in_the_form_are_those_of_the_same_people(alice, bob, tune, manager):
    assign(alice, tune, "@bob", "Support")
    address = f"/models/{tune}/assign/"
    form = form_of(manager, address)
    rename("bob", "robert")
    answer = manager.post(address, form | {"value": "@bob, Sales"})
    assert (answer.status_code, keepers(tune)) == (302, ["@robert", "Sales"])
    assert last_event().after == {"keepers": ["@robert", "Sales"]}


@pytest.mark.parametrize("typed", ["bob", "@Bob", "BOB, @robert"])
def test_a_former_name_that_is_typed_makes_no_team(bob, tune, manager, typed: str):
    address = f"/models/{tune}/assign/"
    form = form_of(manager, address)
    rename("bob", "bert")
    rename("bert", "robert")
    assert manager.post(address, form | {"value": typed}).status_code == 302
    assert keepers(tune) == ["@robert"]


def test_in_a_form_that_was_opened_after_it_the_name_is_free_again(bob, tune, manager):
    rename("bob", "robert")
    address = f"/models/{tune}/assign/"
    assert manager.post(address, form_of(manager, address) | {"value": "bob"}).status_code == 302
    assert keepers(tune) == ["bob"]  # a team


def test_a_form_that_was_opened_before_two_people_swapped_names_means_the_same_two(bob, carol, tune, manager):
    address = f"/models/{tune}/assign/"
    form = form_of(manager, address)
    for before, after in (("bob", "once"), ("carol", "bob"), ("once", "carol")):
        rename(before, after)
    manager.post(address, form | {"value": "bob"})
    assert keepers(tune) == ["@carol"]


def test_a_job_that_is_started_in_an_open_form_means_the_same_person(alice, bob, tune, manager):
    job = jobs.make_job(actor=alice, verb=Verb.ASSIGN, model_ids=[tune])
    form = form_of(manager, f"/bulk/{job.pk}/")
    rename("bob", "robert")
    manager.post(f"/bulk/{job.pk}/start/", form | {"add": "bob", "remove": ""})
    assert BulkJob.objects.get(pk=job.pk).names["add"] == ["@robert"]


def test_a_rename_between_the_reading_of_a_form_and_its_writing_is_followed(alice, bob, tune):
    rename("bob", "robert")  # a form was read when bob was the name, and is written now
    done = perform.keep_value(Context(actor=alice), Verb.ASSIGN, tune, value=["@bob", "Sales"], seen=[])
    assert done.event is not None
    assert (keepers(tune), done.event.after) == (["@robert", "Sales"], {"keepers": ["@robert", "Sales"]})


def test_a_worker_that_read_its_job_before_a_rename_writes_the_present_name(alice, bob, tune):
    job = started(alice, [tune], Verb.ASSIGN, names={"add": ["@bob"], "remove": []})
    rename("bob", "robert")
    BulkJob.objects.filter(pk=job.pk).update(names={"add": ["@bob"], "remove": []})
    work()
    assert keepers(tune) == ["@robert"]


def test_a_person_without_an_account_may_stay(alice, bob, tune, manager):
    assign(alice, tune, "@bob")
    bob.delete()
    address = f"/models/{tune}/assign/"
    assert manager.post(address, form_of(manager, address) | {"value": "@bob, Sales"}).status_code == 302
    assert keepers(tune) == ["@bob", "Sales"]


@pytest.mark.parametrize("since", ["", "abc", "-1", "9" * 30])
def test_a_form_that_does_not_say_when_it_was_opened_is_read_as_one_of_today(bob, tune, manager, since: str):
    address = f"/models/{tune}/assign/"
    form = form_of(manager, address)
    rename("bob", "robert")
    assert manager.post(address, form | {"value": "Sales, robert", "since": since}).status_code == 302
    assert keepers(tune) == ["Sales", "@robert"]


@pytest.mark.django_db(transaction=True)
def test_a_rename_in_the_midst_of_writing_waits_and_finds_the_person(alice, bob, sandbox, monkeypatch):
    run_sync()
    tune = sandbox.catalog.fine_tunes()[0]
    ended = threading.Event()

    def rename_bob() -> None:
        rename("bob", "robert")
        connection.close()
        ended.set()

    def lock_slowly(row: CatalogModel) -> None:
        thread.start()
        ended.wait(1)
        lock_row(row)

    thread = threading.Thread(target=rename_bob)
    monkeypatch.setattr(perform, "lock_row", lock_slowly)
    perform.keep_value(Context(actor=alice), Verb.ASSIGN, tune, value=["@bob"], seen=[])
    thread.join(10)
    assert keepers(tune) == ["@robert"]
