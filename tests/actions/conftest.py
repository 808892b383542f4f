"""What the tests of actions share: a fine-tune to act upon, and words for who acts and what upstream was asked."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from models_ui.actions import deletions
from models_ui.actions.context import Context
from models_ui.mirror.sync import SyncResult
from models_ui.models import AuditEvent, CatalogModel, PlannedDeletion
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


@pytest.fixture
def in_its_dialect(request: pytest.FixtureRequest, point_at, sandbox: Sandbox) -> None:
    """Speak the dialect that the test names. In the contract's a list leaves out what is archived."""
    params = getattr(request.node, "callspec", None)
    dialect = params.params.get("dialect", "platform") if params else "platform"
    sandbox.strict = dialect == "contract"
    point_at(sandbox, dialect=dialect)


@pytest.fixture
def plan(alice: User, tune: str) -> Callable[..., PlannedDeletion]:
    """Plan the deletion of the fine-tune, as Alice; return it."""

    def make(actor: User = alice, model_id: str = tune) -> PlannedDeletion:
        decided = deletions.plan_deletion(context=by(actor, reason="Not in use"), model_id=model_id)
        assert decided.plan is not None
        return decided.plan

    return make
