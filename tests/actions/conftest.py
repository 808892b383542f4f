"""What the tests of actions share: models to act upon, a stage, and words for who acts and what upstream was asked."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpResponse
from django.test import Client

from models_ui.actions import deletions
from models_ui.actions.context import Context
from models_ui.mirror.sync import SyncResult
from models_ui.models import AuditEvent, CatalogModel, PlannedDeletion
from sandbox import Sandbox
from tests.support.acts import DELETE, Act
from tests.support.forms import HTMX
from tests.support.sign_in import sign_in

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


class Stage:
    """Somebody acting on a model, and all that can be seen afterwards."""

    def __init__(self, sandbox: Sandbox, act: Act, actor: User) -> None:
        self.sandbox, self.act = sandbox, act
        listed = [each for each in sandbox.catalog.entries() if each.get("type") == "fine-tuned"]
        self.id: str = next(each["id"] for each in listed if each["archived"] is act.starts_archived and each["name"])
        self.client = Client()
        sign_in(self.client, actor)
        self.seen = row_of(self.id)
        self.entry = sandbox.catalog.find(self.id)

    def send(self, **headers: str) -> HttpResponse:
        data = {"action_id": "a" * 32, **self.act.form}
        if self.act.field in ("name", "description"):
            data["seen"] = signing.dumps(getattr(self.seen, self.act.field))
        if self.act is DELETE:
            data["typed_id"] = self.id
        headers = {} if self.act is DELETE else HTMX | headers
        return self.client.post(f"/models/{quote(self.id)}/{self.act.verb}/", data, headers=headers)

    def told(self, response: HttpResponse) -> str:
        """All that the person is shown: the answer, and the page that a redirect leads to."""
        html = response.content.decode()
        if response.status_code == 302:
            html += self.client.get(response["Location"]).content.decode()
        for nonsense in ("[object", "Traceback", "{'", '{"', "&#x27;detail", "None.", self.sandbox.key):
            assert nonsense not in html.replace("hx-vals='{\"", ""), nonsense
        return html

    @property
    def writes(self) -> list[str]:
        return [call.verb for call in self.sandbox.calls if call.verb in WRITES]

    @property
    def unchanged_upstream(self) -> bool:
        return self.sandbox.catalog.find(self.id) == self.entry

    def done_upstream(self) -> bool:
        now = self.sandbox.catalog.find(self.id)
        return now is None if self.act is DELETE else now[self.act.field] == self.act.wanted

    def done_here(self) -> bool:
        row = row_of(self.id)
        return row.is_deleted if self.act is DELETE else getattr(row, self.act.field) == self.act.wanted


@pytest.fixture
def stage(synced, sandbox, point_at, alice):
    def set_up(act: Act, *, dialect: str = "auto", actor: User = alice) -> Stage:
        point_at(sandbox, dialect=dialect)
        return Stage(sandbox, act, actor)

    return set_up
