"""The history is written once: no code changes it, and whoever goes round the code is found out."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, IntegrityError, connection, transaction
from django.test import Client

from models_ui.audit import chain
from models_ui.audit.chain import Entry, Outcome
from models_ui.models import AuditEvent, AuditHead


def said(number: int = 1, **more) -> Entry:
    words = {"action_id": f"{number:032}", "kind": "model.renamed", "actor": "bob", "model_id": "ft:x", "after": {}}
    return Entry(**{**words, "before": {"name": "ä"}, **more})


@pytest.fixture
def five(db: None) -> list[AuditEvent]:
    return [chain.append_event(said(number), Outcome.SUCCEEDED) for number in range(5)]


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def verify() -> str:
    out = StringIO()
    call_command("verify_audit", stdout=out)
    return out.getvalue()


# --- The chain


def test_an_untouched_log_is_whole(five):
    assert verify().startswith("5 events, the chain is whole.\n")
    assert five[-1].hash in verify()


def test_an_empty_log_is_whole(db):
    assert verify() == "0 events, the chain is whole.\n"


def test_every_event_follows_the_one_before_it(five):
    assert [each.previous_hash for each in five] == ["", *(each.hash for each in five[:-1])]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "mallory"),
        ("outcome", "failed"),
        ("model_id", "ft:y"),
        ("kind", "model.deleted"),
        ("reason", "because"),
        ("before", '{"name": "b"}'),
        ("failure", '{"code": "timed_out"}'),
        ("at", "2020-01-01 00:00:00"),
        ("request_id", "1"),
        ("undoes", "2"),
    ],
)
def test_a_changed_event_is_named(five, column, value):
    sql(f"UPDATE models_ui_auditevent SET {column} = %s WHERE id = %s", value, five[2].pk)
    with pytest.raises(
        CommandError, match=rf"Event {five[2].pk} is not as it was written\..*The 2 before it are whole"
    ):
        verify()


def test_a_changed_event_with_a_fitting_hash_is_found_by_the_next_one(five):
    event = AuditEvent.objects.get(pk=five[2].pk)
    event.actor = "mallory"
    sql("UPDATE models_ui_auditevent SET actor = 'mallory', hash = %s WHERE id = %s", chain.hash_of(event), five[2].pk)
    with pytest.raises(CommandError, match=f"Event {five[3].pk} does not follow the one before it"):
        verify()


def test_an_event_removed_from_the_middle_is_missed_by_its_successor(five):
    sql("DELETE FROM models_ui_auditevent WHERE id = %s", five[1].pk)
    with pytest.raises(CommandError, match=f"Event {five[2].pk} does not follow"):
        verify()


def test_the_first_event_is_missed_too(five):
    sql("DELETE FROM models_ui_auditevent WHERE id = %s", five[0].pk)
    with pytest.raises(CommandError, match=f"Event {five[1].pk} does not follow"):
        verify()


@pytest.mark.parametrize("left", [0, 1, 4])
def test_events_removed_from_the_end_are_missed(five, left):
    sql("DELETE FROM models_ui_auditevent WHERE id >= %s", five[left].pk)
    with pytest.raises(CommandError, match="missing from the end"):
        verify()


def test_a_head_that_was_removed_as_well_is_missed(five):
    sql("DELETE FROM models_ui_audithead")
    with pytest.raises(CommandError, match="missing from the end"):
        verify()


def copy_of(event: AuditEvent, pk: int, **changes) -> None:
    """Insert an event by hand, with a hash that fits it."""
    made = AuditEvent.objects.get(pk=event.pk)
    for name, value in changes.items():
        setattr(made, name, value)
    made.pk, made.hash = pk, chain.hash_of(made)
    names = [field.column for field in AuditEvent._meta.concrete_fields]
    values = [
        field.get_db_prep_save(getattr(made, field.attname), connection) for field in AuditEvent._meta.concrete_fields
    ]
    marks = ", ".join(["%s"] * len(names))
    sql(f"INSERT INTO models_ui_auditevent ({', '.join(names)}) VALUES ({marks})", *values)


@pytest.mark.parametrize("place", ["end", "front"])
def test_an_inserted_event_is_found(five, place):
    if place == "end":
        copy_of(five[4], 10_000, previous_hash=five[4].hash)
        expected = "added to it by hand"
    else:
        copy_of(five[0], -3, actor="mallory")
        expected = f"Event {five[0].pk} does not follow"
    with pytest.raises(CommandError, match=expected):
        verify()


def test_events_in_another_order_are_found(five):
    a, b = five[1].pk, five[2].pk
    for old, new in ((a, 10_000), (b, a), (10_000, b)):
        sql("UPDATE models_ui_auditevent SET id = %s WHERE id = %s", new, old)
    with pytest.raises(CommandError, match=f"Event {a} does not follow"):
        verify()


@pytest.mark.parametrize("value", ["2020-13-99 00:00:00", "next year"])
def test_an_unreadable_event_is_a_finding_and_no_traceback(five, value):
    if connection.vendor == "postgresql":
        with pytest.raises(DataError), transaction.atomic():  # nobody can write such a value there
            sql("UPDATE models_ui_auditevent SET at = %s WHERE id = %s", value, five[3].pk)
        return
    sql("UPDATE models_ui_auditevent SET at = %s WHERE id = %s", value, five[3].pk)
    with pytest.raises(CommandError, match=f"Event {five[3].pk} is not as it was written.*The 3 before"):
        verify()


def test_the_command_ends_with_1(five):
    sql("DELETE FROM models_ui_auditevent WHERE id = %s", five[1].pk)
    with pytest.raises(CommandError) as raised:
        verify()
    assert raised.value.returncode == 1


def test_an_event_added_during_the_walk_is_no_tampering(five, monkeypatch):
    real = chain._ChainWalk.go_on

    def on(self):
        real(self)
        monkeypatch.setattr(chain._ChainWalk, "go_on", real)
        chain.append_event(said(9), Outcome.SUCCEEDED)

    monkeypatch.setattr(chain._ChainWalk, "go_on", on)
    assert chain.verify_chain() == (6, None)


def test_texts_that_no_database_takes_are_kept_as_far_as_they_can_be(db):
    event = chain.append_event(
        said(model_id="ä\0\ud800" + "x" * 400, before={"name": "\0\ud800"}, reason="\0"),
        Outcome.REFUSED,
        correlation_id="c" * 300,
    )
    event.refresh_from_db()
    assert event.model_id == "ä��" + "x" * 297
    assert event.before == {"name": "��"}
    assert len(event.correlation_id) == 100
    assert chain.verify_chain() == (1, None)


# --- No code path


def test_no_code_changes_or_deletes_an_event(five):
    event = AuditEvent.objects.first()
    event.actor = "mallory"
    forged = AuditEvent(pk=event.pk, at=event.at, actor="mallory", hash="x")
    tries = [
        event.save,
        lambda: event.save(update_fields=["actor"]),
        event.delete,
        lambda: AuditEvent.objects.update(actor="mallory"),
        lambda: AuditEvent.objects.filter(pk=event.pk).delete(),
        lambda: AuditEvent.objects.bulk_update([event], ["actor"]),
        lambda: AuditEvent.objects.bulk_create([forged], update_conflicts=True),
        lambda: AuditEvent.objects.update_or_create(pk=event.pk, defaults={"actor": "mallory"}),
    ]
    for each in tries:
        with pytest.raises(TypeError), transaction.atomic():
            each()
    assert chain.verify_chain() == (5, None)


def test_an_event_with_an_old_ones_key_is_not_saved_over_it(five):
    forged = AuditEvent(pk=five[0].pk, at=five[0].at, actor="mallory", hash="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        forged.save()
    assert chain.verify_chain() == (5, None)


def test_deleting_a_person_leaves_what_they_did(five, bob):
    bob.delete()
    assert chain.verify_chain() == (5, None)


@pytest.fixture
def admin(alice, client_of) -> Client:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    return client_of(alice)


def test_the_admin_shows_events_and_changes_none(five, admin):
    base = "/admin/models_ui/auditevent/"
    page = admin.get(base)
    assert page.status_code == 200
    assert "bob" in page.content.decode()
    detail = admin.get(f"{base}{five[0].pk}/change/")
    assert detail.status_code == 200
    assert 'name="_save"' not in detail.content.decode()
    for address in (f"{base}add/", f"{base}{five[0].pk}/change/", f"{base}{five[0].pk}/delete/"):
        assert admin.post(address, {"actor": "mallory", "post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [five[0].pk], "post": "yes"}
    admin.post(base, action)
    assert chain.verify_chain() == (5, None)


def test_the_admin_knows_nothing_of_the_chains_head(admin):
    assert admin.get("/admin/models_ui/audithead/").status_code == 404
    assert not AuditHead.objects.exists()
