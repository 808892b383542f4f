"""A history of actions, and the lines of it that a page shows."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.access.policy import ActionDenied
from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.audit import chain
from models_ui.audit.chain import Entry, Outcome
from models_ui.models import AuditEvent
from sandbox import Sandbox
from tests.support import verbs


def some_of_everything(alice: User, bob: User, carol: User, tune: str, sandbox: Sandbox) -> str:
    """Something of everything: a rename, a refusal, a failure, an unknown outcome and a protection."""
    other = sandbox.catalog.fine_tunes()[1]
    verbs.rename_model(
        context=Context(actor=bob, reason="It says what it does", request_id="r1"),
        model_id=tune,
        name="Ticket sorter",
        seen="Support triage",
    )
    with pytest.raises(ActionDenied):
        verbs.archive_model(context=Context(actor=carol), model_id=tune)
    sandbox.faults.add("403", shape="tier", verb="archive", times=1)
    verbs.archive_model(context=Context(actor=bob), model_id=other)
    sandbox.faults.add("504", verb="delete", times=1)
    perform.delete_model(context=Context(actor=alice), model_id=other)
    verbs.protect_model(context=Context(actor=alice), model_id=tune)
    return tune


def record(number: int, **more) -> AuditEvent:
    """Bob renamed a model, but for what is given."""
    words = {
        "actor": "bob",
        "kind": "model.renamed",
        "model_id": "ft:x",
        "before": {"name": "a"},
        "after": {"name": "b"},
    }
    return chain.append_event(Entry(**{"action_id": f"{number:032}", **words, **more}), Outcome.SUCCEEDED)


def shown(client: Client, query: str = "") -> list[str]:
    """The lines of a page: who did what, and the outcome where there is one to tell."""
    html = client.get(f"/activity/{query}").content.decode()
    lines = re.findall(r'<p class="told">(.*?)</p>(.*?)<(?:details|/li)', html, re.DOTALL)
    outcomes = [re.search(r'class="outcome">([^<]+)<', rest) for _, rest in lines]
    told = [" ".join(unescape(re.sub(r"<[^>]+>", "", line)).split()) for line, _ in lines]
    return [f"{line}: {outcome[1].strip()}" if outcome else line for line, outcome in zip(told, outcomes, strict=True)]


ALL = [
    "alice protected Ticket sorter",
    "alice tried to delete Contract clause finder: unknown",
    "bob tried to archive Contract clause finder: failed",
    "carol tried to archive Ticket sorter: refused",
    "bob renamed Support triage to “Ticket sorter”",
]
