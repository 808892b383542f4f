"""Looking after and tagging many models at once: names are added and removed, everything else stays."""

import pytest

from models_ui.access.verbs import Verb
from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.bulk import jobs
from models_ui.models import AuditEvent, BulkJob
from tests.bulk.conftest import now_of, performed, row_of, started, states, work


def tag(actor, model_id: str, *tags: str) -> None:
    seen = row_of(model_id).tags
    perform.keep_value(Context(actor=actor), Verb.TAG, model_id, value=list(tags), seen=seen)


def test_a_job_adds_and_removes_tags_and_leaves_the_others(bob, tunes, sandbox):
    tag(bob, tunes[0], "kept", "Old")
    tag(bob, tunes[1], "legal")
    calls = len(sandbox.calls)
    job = started(bob, tunes[:3], Verb.TAG, names={"add": ["legal"], "remove": ["old"]})
    work()
    assert [row_of(each).tags for each in tunes[:3]] == [["kept", "legal"], ["legal"], ["legal"]]
    assert states(job) == ["done", "same", "done"]
    assert len(sandbox.calls) == calls
    assert not performed(sandbox)


def test_a_job_of_people_can_be_taken_back(bob, tunes):
    job = started(bob, tunes[:2], Verb.ASSIGN, names={"add": ["@bob"], "remove": []})
    work()
    assert [row_of(each).keepers for each in tunes[:2]] == [["@bob"], ["@bob"]]
    undoing = jobs.undo_job(actor=bob, job_id=job.pk)
    jobs.start_job(actor=bob, job_id=undoing.pk)
    work()
    assert [row_of(each).keepers for each in tunes[:2]] == [[], []]


def test_an_undo_skips_what_was_changed_again_but_not_what_was_only_archived(bob, alice, tunes):
    job = started(bob, tunes[:2], Verb.TAG, names={"add": ["legal"], "remove": []})
    work()
    tag(alice, tunes[0], "mine")
    perform.set_state(Context(actor=alice), Verb.ARCHIVE, tunes[1])
    undoing = jobs.undo_job(actor=bob, job_id=job.pk)
    assert states(undoing) == ["skipped", "waiting"]


def test_more_tags_than_a_model_may_have_are_refused(bob, tunes):
    tag(bob, tunes[0], *map(str, range(20)))
    job = started(bob, tunes[:1], Verb.TAG, names={"add": ["one more"], "remove": []})
    work()
    assert states(job) == ["refused"]
    assert len(row_of(tunes[0]).tags) == 20
    assert AuditEvent.objects.last().outcome == "refused"


@pytest.mark.parametrize(
    ("verb", "typed", "kept"),
    [("tag", "legal, Two words", ["legal", "Two words"]), ("assign", "bob, Support", ["@bob", "Support"])],
)
def test_the_bar_leads_to_a_review_that_asks_for_the_names(
    bob, tunes, client_of, verb: str, typed: str, kept: list[str]
):
    client = client_of(bob)
    assert f'name="verb" value="{verb}"' in client.get("/models/?type=fine-tuned").content.decode()
    review = client.post("/bulk/", {"verb": verb, "model": tunes[:2]})["Location"]
    page = client.get(review).content.decode()
    assert 'name="add"' in page
    assert 'name="remove"' in page
    empty = client.post(f"{review}start/", {"add": "", "remove": "", "reason": ""})
    assert empty.status_code == 422
    assert "Say what to add or to remove." in empty.content.decode()
    assert client.post(f"{review}start/", {"add": typed, "remove": "", "reason": "reorganised"}).status_code == 303
    work()
    field = {"tag": "tags", "assign": "keepers"}[verb]
    assert [getattr(row_of(each), field) for each in tunes[:2]] == [kept, kept]
    assert now_of(BulkJob.objects.get()).state == "done"
    assert AuditEvent.objects.last().reason == "reorganised"


def test_a_name_that_cannot_be_read_keeps_what_was_typed(bob, tunes, client_of):
    client = client_of(bob)
    review = client.post("/bulk/", {"verb": "assign", "model": tunes[:1]})["Location"]
    answer = client.post(f"{review}start/", {"add": "@nobody-here", "remove": "", "reason": ""})
    assert answer.status_code == 422
    assert "Nobody here has the username nobody-here." in answer.content.decode()
    assert 'value="@nobody-here"' in answer.content.decode()
