"""What the tests of actions share: a fine-tune to act upon, and words for who acts and what upstream was asked."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from models_ui.actions.context import Context
from models_ui.mirror.sync import SyncResult
from models_ui.models import AuditEvent, CatalogModel
from sandbox import Sandbox

WRITES = ("update", "archive", "unarchive", "delete")


def by(actor: User, action_id: str = "", **more: str) -> Context:
    return Context(actor=actor, action_id=action_id, **more)


def row_of(model_id: str) -> CatalogModel:
    return CatalogModel.objects.get(model_id=model_id)


def outcomes(model_id: str) -> list[str]:
    """Every event on a model, in order."""
    return list(AuditEvent.objects.filter(model_id=model_id).order_by("pk").values_list("outcome", flat=True))


@pytest.fixture
def tune(synced: SyncResult, sandbox: Sandbox) -> str:
    """A live fine-tune with a name."""
    return sandbox.catalog.fine_tunes()[0]


@pytest.fixture
def archived_tune(synced: SyncResult, sandbox: Sandbox) -> str:
    return next(each["id"] for each in sandbox.catalog.entries() if each.get("archived"))


@pytest.fixture
def now_upstream(sandbox: Sandbox) -> Callable[[str], dict]:
    """The model as upstream has it; None once it is gone."""
    return lambda model_id: sandbox.catalog.find(model_id)


@pytest.fixture
def writes(sandbox: Sandbox) -> Callable[[], list[str]]:
    """The writes that reached upstream, performed or not."""
    return lambda: [call.verb for call in sandbox.calls if call.verb in WRITES]
