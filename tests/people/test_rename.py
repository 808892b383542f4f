"""A person with another username keeps what is theirs, in the same transaction, and the history stays as it was."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from models_ui.access.roles import Role
from models_ui.access.verbs import Verb
from models_ui.actions import deletions, perform, undo
from models_ui.actions.context import Context
from models_ui.actions.deletion_states import note_told
from models_ui.audit import chain
from models_ui.bulk import jobs
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import save_list
from models_ui.catalog.store import load_index
from models_ui.models import AuditEvent, BulkJob, CatalogModel, FeedAddress, PlannedDeletion, SavedList
from sandbox import Sandbox
from tests.bulk.conftest import started, work
from tests.conftest import PASSWORD, person
from tests.support.pages import text_of


@pytest.fixture
def tune(synced, sandbox: Sandbox) -> str:
    return sandbox.catalog.fine_tunes()[0]


def keepers(model_id: str) -> list[str]:
    return CatalogModel.objects.get(model_id=model_id).keepers


def assign(actor: User, model_id: str, *names: str) -> AuditEvent:
    seen = keepers(model_id)
    done = perform.keep_value(Context(actor=actor), Verb.ASSIGN, model_id, value=list(names), seen=seen)
    assert done.event is not None
    return done.event


def rename(before: str, after: str) -> str:
    output = io.StringIO()
    call_command("account", before, rename=after, stdout=output)
    return output.getvalue()


def test_what_a_person_looks_after_follows_them(bob, tune, client_of):
    assign(bob, tune, "@bob", "Support")
    editor = client_of(bob)
    assert rename("bob", "robert") == "Done.\n"
    assert keepers(tune) == ["@robert", "Support"]
    row = next(row for row in load_index(timezone.now()).rows if row.model_id == tune)
    assert row.present_keepers == ("@robert", "Support")
    assert tune in editor.get("/models/?keeper=me", follow=True).content.decode()  # and the session goes on
    assert list(User.objects.get(username="robert").watches.values_list("model_id", flat=True)) == [tune]


def test_views_and_links_that_name_a_person_follow(bob, carol, tune):
    query = CatalogQuery(keeper=("@bob", "Support"), sort="-name")
    saved = save_list(owner=carol, name="Of Bob", query=query, shared=False, now=timezone.now())
    other = save_list(owner=carol, name="Others", query=CatalogQuery(q="bob"), shared=False, now=timezone.now())
    link = FeedAddress.objects.create(
        owner=carol,
        digest="d",
        form_id="f",
        name="Link",
        query=f"{query.serialize()}&within=90",
        language="en",
        created_at=timezone.now(),
    )
    rename("bob", "robert+sons")
    wanted = CatalogQuery(keeper=("@robert+sons", "Support"), sort="-name")
    assert CatalogQuery.parse(SavedList.objects.get(pk=saved.pk).query).query == wanted
    assert SavedList.objects.get(pk=other.pk).query == other.query
    query_kept = FeedAddress.objects.get(pk=link.pk).query
    assert CatalogQuery.parse(query_kept).query.keeper == wanted.keeper
    assert "within=90" in query_kept


def test_a_job_that_is_not_over_means_the_same_person(bob, alice, tune):
    names = {"add": ["@bob"], "remove": ["@alice"]}
    job = started(alice, [tune], Verb.ASSIGN, names=names)
    tags = started(alice, [tune], Verb.TAG, names={"add": ["@bob"], "remove": []})
    rename("bob", "robert")
    work()
    assert keepers(tune) == ["@robert"]
    assert CatalogModel.objects.get(model_id=tune).tags == ["@bob"]  # a tag is a tag
    assert BulkJob.objects.get(pk=job.pk).state == BulkJob.objects.get(pk=tags.pk).state == "done"


def test_an_action_from_before_is_taken_back_for_the_same_person(bob, alice, tune):
    assign(alice, tune, "@bob")
    taken = assign(alice, tune, "@alice")
    rename("bob", "bert")
    rename("bert", "robert")
    undo.undo_action(context=Context(actor=alice), action_id=taken.action_id)
    assert keepers(tune) == ["@robert"]


def test_a_job_of_before_is_taken_back_too(bob, alice, tune):
    assign(alice, tune, "@alice")
    job = started(alice, [tune], Verb.ASSIGN, names={"add": ["@bob"], "remove": []})
    work()
    rename("bob", "robert")
    undoing = jobs.undo_job(actor=alice, job_id=job.pk)
    jobs.start_job(actor=alice, job_id=undoing.pk)
    work()
    assert keepers(tune) == ["@alice"]


def test_nobody_is_warned_of_a_deletion_twice(alice, bob, tune):
    plan = deletions.plan_deletion(context=Context(actor=alice, reason="Not in use"), model_id=tune).plan
    assert plan is not None
    note_told(plan, "first", "bob")
    rename("bob", "robert")
    assert PlannedDeletion.objects.get(pk=plan.pk).told == {"first": ["robert"]}


def test_ones_own_activity_holds_what_one_did_under_the_former_name(bob, alice, tune, client_of):
    assign(bob, tune, "Support")
    assign(alice, tune, "Sales")
    editor = client_of(bob)
    rename("bob", "robert")
    assert [each["actor"] for each in editor.get("/activity.json").json()["actions"]] == ["bob"]
    assert "actor=robert&amp;actor=bob" in editor.get("/activity/").content.decode()


def test_the_history_stays_as_it_was_and_tells_of_the_rename(bob, alice, tune, client_of):
    assign(bob, tune, "@bob")
    before = list(AuditEvent.objects.values())
    rename("bob", "robert")
    assert list(AuditEvent.objects.values())[:-1] == before
    assert chain.verify_chain() == (2, None)
    html = client_of(alice).get("/activity/").content.decode()
    assert "Somebody in a terminal renamed the person bob to robert" in text_of(html)


def test_a_rename_by_any_other_way_of_saving_is_followed_too(bob, tune):
    assign(bob, tune, "@bob")
    bob.username = "robert"
    bob.first_name = "Robert"
    bob.save()
    assert keepers(tune) == ["@robert"]
    assert User.objects.get(pk=bob.pk).first_name == "Robert"
    assert AuditEvent.objects.filter(kind="person.renamed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_rename_that_fails_changes_nothing(bob, carol, tune):
    assign(bob, tune, "@bob")
    bob.username = "carol"
    with pytest.raises(IntegrityError):
        bob.save()
    assert keepers(tune) == ["@bob"]
    assert not AuditEvent.objects.filter(kind="person.renamed").exists()


@pytest.mark.parametrize("name", ["Carol", "carol@example.org", "two words", "", "x" * 151])
def test_a_name_that_is_taken_or_none_is_refused(bob, carol, name):
    with pytest.raises(CommandError):
        call_command("account", "bob", "--rename", name)
    assert User.objects.get(pk=bob.pk).username == "bob"


# --- What else a terminal changes of an account


def test_a_superuser_loses_access_and_rank_in_a_terminal_and_the_history_tells_it(db: None, client: Client):
    User.objects.create_superuser("root", "", PASSWORD)
    client.post("/accounts/login/", {"login": "root", "password": PASSWORD})
    call_command("account", "root", "--no-superuser", stdout=io.StringIO())
    call_command("account", "root", "--no-access", stdout=io.StringIO())
    assert client.get("/models/").status_code == 302
    assert list(AuditEvent.objects.values_list("kind", "actor", "label")) == [
        ("person.role_changed", "", "root"),
        ("person.deactivated", "", "root"),
    ]


def test_the_last_manager_stays_for_a_terminal_too(alice: User):
    with pytest.raises(CommandError, match="This is the last person with the Manager role"):
        call_command("account", "alice", "--no-access")
    assert User.objects.get(pk=alice.pk).is_active
    person("dora", Role.MANAGER)
    call_command("account", "alice", "--no-access", stdout=io.StringIO())
    assert not User.objects.get(pk=alice.pk).is_active


def test_an_unknown_account_is_said(db: None):
    with pytest.raises(CommandError, match="Nobody has this user name"):
        call_command("account", "nobody", "--no-access")
