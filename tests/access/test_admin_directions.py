"""No name of a model, an owner or a person turns what stands around it on a page of the admin."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogModel, SyncRun
from sandbox import Sandbox
from tests.support.directions import NAMES, turned_on_page


@pytest.fixture
def root(db: None, client: Client) -> Client:
    user = User.objects.create_superuser("root", "root@example.org", "x", first_name=NAMES[0])
    client.force_login(user)
    return client


@pytest.fixture
def named_rows(db: None, sandbox: Sandbox) -> list[CatalogModel]:
    """A fine-tune for each of the names, which is its owner's as well."""
    for number, name in enumerate(NAMES):
        entry = {"id": f"ft:x:{number}", "type": "fine-tuned", "object": "model", "name": name, "owned_by": name}
        sandbox.catalog.add(entry)
    run_sync()
    return list(CatalogModel.objects.filter(name__in=NAMES))


def test_no_page_of_a_model_is_turned(root: Client, named_rows: list[CatalogModel]):
    assert len(named_rows) == len(NAMES)
    for row in named_rows:
        html = root.get(f"/admin/models_ui/catalogmodel/{row.pk}/change/").content.decode()
        assert turned_on_page(html) == []
        assert "ft:x:" in html


@pytest.fixture
def event(db: None) -> AuditEvent:
    for name in NAMES:
        words = {"actor": name, "label": name, "reason": name, "before": {"name": name}}
        event = AuditEvent.objects.create(
            at=timezone.now(), kind="model.renamed", outcome="succeeded", model_id=f"m {name}", hash=name, **words
        )
    return event


@pytest.mark.parametrize("table", ["catalogmodel", "auditevent", "syncrun"])
def test_no_list_is_turned(root: Client, named_rows: list[CatalogModel], event: AuditEvent, table: str):
    SyncRun.objects.update(asked_by=NAMES[0])
    html = root.get(f"/admin/models_ui/{table}/?o=1").content.decode()
    # The links to filter by a value hold nothing else.
    assert [line for line in turned_on_page(html) if line.strip() not in NAMES] == []
    assert html.count("<tr>") > 1


def test_no_event_of_the_history_is_turned(root: Client, event: AuditEvent):
    html = root.get(f"/admin/models_ui/auditevent/{event.pk}/change/").content.decode()
    assert turned_on_page(html) == []
    assert "model.renamed" in html
