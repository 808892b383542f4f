"""The history and the changes are found by every spelling, on every database, also what is older than the search."""

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from models_ui.audit import chain
from models_ui.audit.chain import Entry, Outcome
from models_ui.models import AuditEvent, CatalogChange, CatalogModel

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SPELLINGS = ["éditeur", "ÉDITEUR", "e\u0301diteur", "editeur", "ｅｄｉｔｅｕｒ"]
BEFORE, AFTER = "0004_undone_events", "0005_event_search_text"
FILLING = importlib.import_module(f"models_ui.migrations.{AFTER}")


def event(number: int, **more) -> AuditEvent:
    words = {"actor": "bob", "kind": "model.renamed", "model_id": "ft:x", "before": {}, "after": {}}
    return chain.append_event(Entry(**{"action_id": f"{number:032}", **words, **more}), Outcome.SUCCEEDED)


def change(**more) -> CatalogChange:
    return CatalogChange.objects.create(**{"kind": "name.changed", "model_id": "m-2512", "at": AT, **more})


@pytest.mark.parametrize("searched", SPELLINGS)
@pytest.mark.parametrize("written", ["Éditeur", "e\u0301diteur", "EDITEUR"])
@pytest.mark.parametrize("field", ["actor", "label", "reason", "before", "after"])
def test_activity_finds_every_spelling_in_every_text(viewer: Client, field, written, searched):
    event(1, **{field: {"name": f"Le {written}"} if field in ("before", "after") else f"Le {written}"})
    event(2, label="zebra")
    html = viewer.get("/activity/", {"q": f"{searched} le"}).content.decode()
    assert html.count('class="told"') == 1


@pytest.mark.parametrize("searched", SPELLINGS)
@pytest.mark.parametrize("field", ["label", "before", "after", "subject"])
def test_changes_find_every_spelling_in_every_text(viewer: Client, field, searched):
    change(**{field: "Un éditeur"})
    CatalogChange.objects.bulk_create([CatalogChange(kind="model.added", model_id="zebra", at=AT)])
    html = viewer.get("/changes/", {"q": searched}).content.decode()
    assert html.count('class="entry change"') == 1


def test_the_admin_searches_the_history_as_activity_does(client_of, alice):
    alice.is_staff = alice.is_superuser = True
    alice.save()
    event(1, label="Éditeur")
    event(2, label="zebra")
    html = client_of(alice).get("/admin/models_ui/auditevent/", {"q": "editeur"}).content.decode()
    assert "1 audit event</p>" in html


@pytest.mark.parametrize("searched", SPELLINGS)
def test_the_admin_finds_people_and_models_by_every_spelling(client_of, alice, carol, synced, searched):
    User.objects.filter(pk=carol.pk).update(first_name="Un Éditeur")
    CatalogModel.objects.filter(model_id="mistral-medium-2508").update(description="L’éditeur")
    alice.is_superuser = True
    alice.save()
    client = client_of(alice)
    assert "1 user</p>" in client.get("/admin/auth/user/", {"q": f"{searched} carol"}).content.decode()
    assert "1 model</p>" in client.get("/admin/models_ui/catalogmodel/", {"q": searched}).content.decode()
    assert "0 users</p>" in client.get("/admin/auth/user/", {"q": f"{searched} zebra"}).content.decode()


@pytest.mark.parametrize("searched", ["%", "_", "100%", "\\"])
def test_a_character_with_a_meaning_to_databases_is_searched_as_it_stands(viewer: Client, searched):
    event(1, label="plain")
    assert 'class="told"' not in viewer.get("/activity/", {"q": searched}).content.decode()
    event(2, label=f"a {searched} b")
    assert viewer.get("/activity/", {"q": searched}).content.decode().count('class="told"') == 1


def test_people_are_offered_in_the_order_of_their_names(viewer: Client):
    for number, name in enumerate(["zoe", "Élodie", "user 10", "user 2", "eva"]):
        event(number, actor=name)
    html = viewer.get("/activity/").content.decode()
    places = [html.index(f'value="{name}"') for name in ("Élodie", "eva", "user 2", "user 10", "zoe")]
    assert places == sorted(places)


def test_the_search_is_no_part_of_what_the_chain_covers(db):
    first = event(1, label="Éditeur")
    assert first.search_text.split() == ["ft:x", "editeur", "bob"]
    assert first.hash == chain.hash_of(
        AuditEvent(search_text="x", **{name: getattr(first, name) for name in chain._HASHED})
    )
    assert "search_text" not in chain._HASHED


# --- What is there already


@pytest.fixture
def migrated() -> Iterator[None]:
    """Leave the tables as they are today, whatever the test did."""
    yield
    _migrate_to_today()


def _migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("models_ui", name)])


def _migrate_to_today() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def _columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("migrated")
def test_old_entries_are_folded_in_batches_there_and_back_and_the_chain_stays_whole(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(FILLING, "BATCH", 3)
    for number in range(10):
        event(number, label=f"Éditeur {number}", reason="É" if number == 9 else "")
    for number in range(7):
        change(label=f"Größe {number}", before={"odd": 1}, after=262_144)
    events = dict(AuditEvent.objects.values_list("hash", "search_text"))
    changes = list(CatalogChange.objects.order_by("pk").values_list("search_text", flat=True))
    assert chain.verify_chain() == (10, None)

    _migrate(BEFORE)
    assert "search_text" not in _columns("models_ui_auditevent") | _columns("models_ui_catalogchange")
    _migrate(AFTER)

    _migrate_to_today()
    assert dict(AuditEvent.objects.values_list("hash", "search_text")) == events
    assert list(CatalogChange.objects.order_by("pk").values_list("search_text", flat=True)) == changes
    assert "editeur 9" in events[AuditEvent.objects.latest("pk").hash]
    assert changes[0].split() == ["m-2512", "grosse", "0", "name.changed", "262144"]
    assert chain.verify_chain() == (10, None)
    call_command("verify_audit")
    event(11)
    assert chain.verify_chain() == (11, None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("damaged", ["[1]", '"text"', "7"])
def test_a_damaged_event_stops_no_migration_and_is_still_named_by_the_chain(damaged: str):
    for number in range(3):
        event(number, label="É")
    second = AuditEvent.objects.order_by("pk")[1]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE models_ui_auditevent SET before = %s WHERE id = %s", [damaged, second.pk])
    _migrate(BEFORE)
    _migrate_to_today()
    assert [found.search_text != "" for found in AuditEvent.objects.order_by("pk")] == [True, False, True]
    count, tampering = chain.verify_chain()
    assert (count, tampering and tampering.key) == (1, second.pk)
