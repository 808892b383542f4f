"""Who may do what with bulk jobs: everybody looks, Editors act on their own jobs, Managers on all."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.access.policy import ActionDenied
from models_ui.access.roles import Role
from models_ui.access.verbs import Verb
from models_ui.bulk import jobs, runner
from models_ui.models import BulkJob
from tests.bulk.conftest import started, states, work
from tests.conftest import person

STEPS = ("start", "cancel", "retry", "resume", "undo")


@pytest.fixture
def erin(db) -> User:
    """Another Editor."""
    return person("erin", Role.EDITOR)


@pytest.fixture
def draft(bob, tunes) -> BulkJob:
    return jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=tunes)


def ended(bob, tunes, sandbox) -> BulkJob:
    """Two done, one failed, and the rest not sent."""
    sandbox.faults.add("422", verb="archive", model=tunes[1])
    job = started(bob, tunes)
    for _ in range(3):
        runner.run_one()
    sandbox.faults.clear()
    return jobs.cancel_job(actor=bob, job_id=job.pk)


def test_a_stranger_sees_and_does_nothing(draft):
    for path in ("/bulk/", f"/bulk/{draft.pk}/"):
        assert Client().get(path).status_code == 302
    for step in STEPS:
        response = Client().post(f"/bulk/{draft.pk}/{step}/")
        assert (response.status_code, "login" in response["Location"]) == (302, True)


def test_a_job_may_be_read_by_everybody(draft, bob, alice, carol, erin, client_of):
    for each in (alice, bob, carol, erin):
        assert client_of(each).get(f"/bulk/{draft.pk}/").status_code == 200
        assert client_of(each).get("/bulk/").status_code == 200


def test_a_viewer_makes_and_does_nothing(carol, bob, draft, tunes, sandbox, client_of):
    client = client_of(carol)
    response = client.post("/bulk/", {"verb": "archive", "model": tunes})
    assert response.status_code == 403
    assert "Needs the Editor role." in response.content.decode()
    assert BulkJob.objects.count() == 1
    for step in STEPS:
        assert client.post(f"/bulk/{draft.pk}/{step}/").status_code == 403
    assert BulkJob.objects.get().state == "draft"
    job = ended(bob, tunes, sandbox)
    before = states(job)
    for step in STEPS:
        assert client.post(f"/bulk/{job.pk}/{step}/").status_code == 403
    assert states(job) == before
    text = client.get(f"/bulk/{job.pk}/").content.decode()
    assert not any(f"/{step}/" in text for step in STEPS)


def test_another_editor_cannot_start_stop_or_repeat_what_is_not_theirs(erin, bob, draft, tunes, sandbox, client_of):
    client = client_of(erin)
    for step in ("start", "cancel"):
        response = client.post(f"/bulk/{draft.pk}/{step}/")
        assert response.status_code == 403
        assert "Only bob, who made this job, or a Manager can do that." in response.content.decode()
    text = client.get(f"/bulk/{draft.pk}/").content.decode()
    assert "You can look at this, but not start it." in text
    assert "/start/" not in text
    job = ended(bob, tunes, sandbox)
    for step in ("retry", "resume"):
        assert client.post(f"/bulk/{job.pk}/{step}/").status_code == 403
    running = started(bob, tunes[3:])
    assert client.post(f"/bulk/{running.pk}/cancel/").status_code == 403


def test_another_editor_may_undo_it_with_a_job_of_their_own(erin, bob, tunes, sandbox, client_of):
    job = ended(bob, tunes, sandbox)
    assert client_of(erin).post(f"/bulk/{job.pk}/undo/").status_code == 303
    undoing = BulkJob.objects.get(undoes=job.pk)
    assert (undoing.maker, undoing.state) == (erin, "draft")


def test_a_manager_starts_somebody_elses_job_and_is_then_who_acts(alice, draft, client_of):
    assert client_of(alice).post(f"/bulk/{draft.pk}/start/").status_code == 303
    draft.refresh_from_db()
    assert (draft.made_by, draft.started_by) == ("bob", "alice")
    assert client_of(alice).post(f"/bulk/{draft.pk}/cancel/").status_code == 303


def test_a_maker_who_lost_the_role_may_stop_the_job_but_not_start_it(bob, draft, tunes, client_of):
    running = started(bob, tunes)
    bob.groups.clear()
    client = client_of(bob)
    response = client.post(f"/bulk/{draft.pk}/start/")
    assert response.status_code == 403
    assert "Needs the Editor role" in response.content.decode()
    assert client.post(f"/bulk/{running.pk}/cancel/").status_code == 303


def test_making_is_refused_below_the_views_as_well(carol, tunes):
    with pytest.raises(ActionDenied):
        jobs.make_job(actor=carol, verb=Verb.ARCHIVE, model_ids=tunes)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_a_post_with_a_token_on_a_job_that_exists(bob, draft, client_of, step):
    assert client_of(bob).get(f"/bulk/{draft.pk}/{step}/").status_code == 405
    assert client_of(bob).post(f"/bulk/0123456789abcdef/{step}/").status_code == 404
    strict = client_of(bob, enforce_csrf_checks=True)
    assert strict.post(f"/bulk/{draft.pk}/{step}/").status_code == 403
    assert BulkJob.objects.get().state == "draft"


def test_making_needs_a_token_too(bob, tunes, client_of):
    strict = client_of(bob, enforce_csrf_checks=True)
    assert strict.post("/bulk/", {"verb": "archive", "model": tunes}).status_code == 403
    assert not BulkJob.objects.exists()


def test_a_step_that_the_state_does_not_allow_is_409_on_the_page_that_shows_the_state(bob, draft, tunes, client_of):
    client = client_of(bob)
    assert client.post(f"/bulk/{draft.pk}/start/").status_code == 303
    again = client.post(f"/bulk/{draft.pk}/start/")
    assert again.status_code == 409
    assert "Somebody has already started or cancelled this job." in again.content.decode()
    assert "Archiving 5 models" in again.content.decode()
    for step in ("retry", "resume", "undo"):
        assert client.post(f"/bulk/{draft.pk}/{step}/").status_code == 409
    work()
    for step in ("start", "cancel", "retry", "resume"):
        assert client.post(f"/bulk/{draft.pk}/{step}/").status_code == 409
    assert states(draft) == ["done"] * 5


def test_a_job_that_does_not_exist_is_404(viewer):
    assert viewer.get("/bulk/0123456789abcdef/").status_code == 404
