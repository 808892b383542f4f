"""Fill an installation with the code of an old commit, by that code's own functions. README.md says how it is run."""

import gzip
import json
import os
import secrets
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

VERSION, FOLDER = sys.argv[1], Path(sys.argv[2])
DATABASE = FOLDER / f"{VERSION}.sqlite3"
BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
# Where each version has what is used here: (module, name). The verbs of `first` are functions of their own.
PLACES: dict[str, dict[str, tuple[str, str]]] = {
    "first": {
        "Role": ("permissions", "Role"),
        "make_roles": ("permissions", "make_roles"),
        "Verb": ("permissions", "Verb"),
        "ActionDenied": ("permissions", "ActionDenied"),
        "run_sync": ("sync", "run_sync"),
        "Context": ("actions", "Context"),
        "Conflict": ("actions", "Conflict"),
        "undo": ("actions", "undo"),
        "delete_model": ("actions", "delete_model"),
        "make_job": ("jobs", "make_job"),
        "start_job": ("jobs", "start_job"),
        "run_one": ("job_runner", "run_one"),
        "watch": ("watching", "add_watch"),
        "choose_digest": ("digest.readers", "choose_digest"),
        "send_digests": ("digest.run", "send_digests"),
        "make_address": ("feeds.addresses", "make_address"),
        "outcome_sentence": ("wording", "outcome_sentence"),
        "change_sentence": ("changes.sentences", "sentence_of"),
    },
    "tenth": {
        "Role": ("access.roles", "Role"),
        "make_roles": ("access.roles", "make_roles"),
        "Verb": ("access.verbs", "Verb"),
        "ActionDenied": ("access.policy", "ActionDenied"),
        "run_sync": ("mirror.sync", "run_sync"),
        "Context": ("actions.context", "Context"),
        "Conflict": ("actions.context", "EditConflict"),
        "undo": ("actions.undo", "undo_action"),
        "delete_model": ("actions.perform", "delete_model"),
        "make_job": ("bulk.jobs", "make_job"),
        "start_job": ("bulk.jobs", "start_job"),
        "run_one": ("bulk.runner", "run_one"),
        "watch": ("alerts.watch_list", "put_on_list"),
        "choose_digest": ("alerts.digest.readers", "store_digest_choice"),
        "send_digests": ("alerts.digest.run", "send_digests"),
        "make_address": ("alerts.feeds.addresses", "make_address"),
        "outcome_sentence": ("actions.sentences", "outcome_sentence"),
        "change_sentence": ("changes.sentences", "change_sentence"),
    },
}


def start_django() -> None:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="dashboard.settings",
        DATABASE_URL=f"sqlite:///{DATABASE}",
        VAR_DIR=str(FOLDER / "var"),
        MISTRAL_API_KEY="some-key",
    )
    sys.path.insert(0, str(Path.cwd()))
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.MODELS_API_DIALECT = "platform"
    settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 1, 2
    call_command("migrate", verbosity=0)


def make_people(old: SimpleNamespace) -> SimpleNamespace:
    from django.contrib.auth.models import Group, User

    old.make_roles()
    roles = {"alice": old.Role.MANAGER, "bob": old.Role.EDITOR, "carol": old.Role.VIEWER, "dave": old.Role.EDITOR}
    people = {}
    for name, role in roles.items():
        people[name] = User.objects.create_user(name, f"{name}@example.org", PASSWORD, last_name=f"O’{name.title()}")
        people[name].groups.add(Group.objects.get(name=role.group_name))
    User.objects.filter(username="dave").update(is_active=False)
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    return SimpleNamespace(**people)


def act(old: SimpleNamespace, people: SimpleNamespace, sandbox: Any, clock: Any) -> None:
    """Do, refuse, fail and leave unknown whatever people do to fine-tunes."""
    from models_ui.models import CatalogModel

    def do(verb: str, person: Any, row: Any, **values: Any) -> Any:
        clock.shift(timedelta(seconds=20))
        context = old.Context(actor=person, reason=values.pop("reason", ""))
        if VERSION == "first":
            return getattr(import_module("models_ui.actions"), f"{verb}_model")(
                context=context, model_id=row.model_id, **values
            )
        perform = import_module("models_ui.actions.perform")
        if not values:
            return perform.set_state(context, old.Verb(verb), row.model_id)
        text = values.get("name", values.get("description"))
        return perform.edit_text(context, old.Verb(verb), row.model_id, text=text, seen=values["seen"])

    tunes = list(CatalogModel.objects.filter(type="fine-tuned", archived=False).order_by("pk")[:8])
    renamed = do("rename", people.bob, tunes[0], name="Hauptstraße 🦊 “quoted”", seen=tunes[0].name)
    do("describe", people.bob, tunes[0], description="Zwei\nZeilen", seen=tunes[0].description)
    undone = do("rename", people.alice, tunes[1], name="A mistake", seen=tunes[1].name)
    clock.shift(timedelta(seconds=20))
    old.undo(context=old.Context(actor=people.alice), action_id=undone.event.action_id)
    for verb, person, row, values, refusal in (
        ("rename", people.bob, tunes[0], {"name": "Too late", "seen": "What it was called"}, old.Conflict),
        ("archive", people.carol, tunes[2], {}, old.ActionDenied),
    ):
        try:
            do(verb, person, row, **values)
        except refusal:
            continue
        raise AssertionError(f"{verb} was not refused")
    sandbox.faults.add("status", verb="archive", status=503, times=9)
    do("archive", people.bob, tunes[2])
    sandbox.faults.clear()
    sandbox.faults.add("hang", verb="update", seconds=3, times=1)
    unknown = do("describe", people.bob, tunes[3], description="Did it arrive?", seen=tunes[3].description)
    sandbox.faults.clear()
    do("protect", people.alice, tunes[4])
    do("archive", people.alice, tunes[5], reason="nobody calls it")
    clock.shift(timedelta(seconds=20))
    old.delete_model(context=old.Context(actor=people.alice, reason="superseded"), model_id=tunes[5].model_id)
    job = old.make_job(
        actor=people.bob,
        verb=old.Verb.ARCHIVE,
        model_ids=[row.model_id for row in tunes[3:8] if row.pk not in (tunes[4].pk, tunes[5].pk)],
    )
    old.start_job(actor=people.bob, job_id=job.pk, reason="quarter’s end")
    assert (renamed.event.outcome, unknown.event.outcome) == ("succeeded", "unknown")
    assert old.run_one()  # ... and the installation is stopped here, with the rest of the job waiting


def warn(old: SimpleNamespace, people: SimpleNamespace, clock: Any) -> str:
    """Make a watch, a feed that was read and a digest that was sent. Return the calendar as it was read."""
    from django.test import Client
    from django.utils import timezone

    from models_ui.catalog import store
    from models_ui.catalog.query import CatalogQuery
    from models_ui.models import CatalogModel

    now = timezone.now()
    if VERSION == "first":
        index = store.current_index(import_module("models_ui.sync").mirror_state(), now)
    else:
        index = store.load_index(now)
    ending = CatalogModel.objects.filter(deprecation__gt=now).order_by("deprecation").first()
    old.watch(owner=people.alice, model_id=ending.model_id, index=index, now=now)
    old.choose_digest(owner=people.alice, scope="everything", language="en", now=now - timedelta(days=400))
    secrets.token_urlsafe = lambda _length: "s" * 43
    old.make_address(owner=people.alice, name="Team", query=CatalogQuery(), language="en", form_id="form", now=now)
    page = Client().get(f"/feeds/feed-{'s' * 43}/models.ics", headers={"host": "localhost"})
    assert page.status_code == 200, page.status_code
    assert "sent" in [report.outcome for report in old.send_digests()]
    return page.content.decode()


def lose(old: SimpleNamespace, sandbox: Any, clock: Any) -> dict[str, str]:
    """Let upstream leave a model out and take a capability away, seen by one sync alone. Return the ids of the two."""
    from models_ui.models import CatalogModel

    watched = (
        CatalogModel.objects.filter(deprecation__isnull=False).order_by("deprecation").values_list("pk", flat=True)
    )
    whole = CatalogModel.objects.filter(type="base").exclude(pk__in=watched[:1])
    gone, blind = whole.filter(aliases=[]).first(), whole.filter(capabilities__vision=True).last()
    sandbox.catalog.remove(gone.model_id)
    sandbox.catalog.update_model(blind.model_id, capabilities={**blind.capabilities, "vision": False})
    clock.shift(timedelta(minutes=5))
    assert old.run_sync().outcome == "synced"
    assert CatalogModel.objects.exclude(pending={}).count() >= 2
    assert CatalogModel.objects.get(pk=gone.pk).missing_since is None
    return {"gone": gone.model_id, "blind": blind.model_id}


def what_was_said(old: SimpleNamespace, calendar: str, sandbox: Any) -> dict[str, Any]:
    """Return what the old version showed of all this."""
    from models_ui.models import AuditEvent, AuditHead, BulkItem, CatalogChange, CatalogModel

    return {
        "actions": [
            [event.pk, old.outcome_sentence(event)]
            for event in AuditEvent.objects.order_by("pk")
            if event.kind.startswith("model.") and event.outcome != "attempted"
        ],
        "events": AuditEvent.objects.count(),
        "last_hash": AuditHead.objects.get().last_hash,
        "changes": [old.change_sentence(change) for change in CatalogChange.objects.order_by("pk")],
        "pending": sorted(CatalogModel.objects.exclude(pending={}).values_list("model_id", flat=True)),
        "items": [[item.model_id, item.state] for item in BulkItem.objects.order_by("position")],
        "calendar": calendar,
        "upstream": sandbox.catalog.entries(),
    }


def main() -> None:
    DATABASE.unlink(missing_ok=True)
    start_django()
    import time_machine

    from sandbox import Sandbox

    old = SimpleNamespace(
        **{
            name: getattr(import_module(f"models_ui.{module}"), thing)
            for name, (module, thing) in PLACES[VERSION].items()
        }
    )
    from django.conf import settings

    with time_machine.travel(BEGIN) as clock, Sandbox() as sandbox:
        settings.MODELS_API_BASE_URL, settings.MISTRAL_API_KEY = sandbox.url, sandbox.key
        assert old.run_sync().outcome == "synced"
        people = make_people(old)
        act(old, people, sandbox, clock)
        calendar = warn(old, people, clock)
        lost = lose(old, sandbox, clock)
        said = {**what_was_said(old, calendar, sandbox), "lost": lost}
    with sqlite3.connect(DATABASE) as database:
        dump = "\n".join(database.iterdump())
    for name, text in (
        (f"{VERSION}.sql.gz", dump),
        (f"{VERSION}.json.gz", json.dumps(said, ensure_ascii=False, indent=1)),
    ):
        (FOLDER / name).write_bytes(gzip.compress(text.encode(), mtime=0))


main()
