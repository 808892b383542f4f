"""The walk of one Rename through the modules: how often a reader who follows the code changes file."""

import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from types import FrameType
from typing import Any, NamedTuple

from django.core import signing
from django.urls import reverse

from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel
from tests.support import ROOT

APP = str(ROOT / "models_ui") + "/"
# A change of module is a call in another module than the call before it, as a profiler sees them.
MOST_CHANGES = 250
PERFORM = "actions/perform.py"


class Call(NamedTuple):
    module: str
    function: str
    caller: str


def calls_of(act: Callable[[], Any]) -> list[Call]:
    """Return the calls of functions of the app, in order."""
    calls: list[Call] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(APP):
            caller = frame.f_back.f_code.co_filename if frame.f_back else ""
            calls.append(Call(file.removeprefix(APP), frame.f_code.co_name, caller.removeprefix(APP)))

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


def rename_calls(bob, client_of) -> list[Call]:
    """Return the calls of one Rename from a row of the list, with the index and the connection to upstream warm."""
    run_sync()
    client = client_of(bob)
    client.get("/models/?type=fine-tuned")
    row = CatalogModel.objects.filter(type="fine-tuned", archived=False, protected=False, missing_since=None).first()
    form = {"value": "A new name", "seen": signing.dumps(row.name), "action_id": "walk"}
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/models/?type=fine-tuned"}
    answers: list[Any] = []
    address = reverse("rename", args=[row.model_id])
    calls = calls_of(lambda: answers.append(client.post(address, form, headers=headers)))
    assert answers[0].status_code == 200
    assert "A new name" in answers[0].content.decode()
    return calls


def test_a_rename_changes_module_no_more_often_than_it_did(synced, bob, client_of):
    calls = rename_calls(bob, client_of)
    changes = sum(one.module != other.module for one, other in pairwise(calls))
    assert changes <= MOST_CHANGES


def test_perform_enters_few_modules_and_each_at_most_three_times(synced, bob, client_of):
    calls = rename_calls(bob, client_of)
    entered = Counter(call.module for call in calls if call.caller == PERFORM != call.module)
    assert max(entered.values()) <= 3
    assert 3 <= sum(not module.startswith(("services/", "web/", "text/")) for module in entered) <= 8
