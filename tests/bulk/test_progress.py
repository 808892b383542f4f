"""The page of a job: how far it is, what went wrong, and that somebody is working at all."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from models_ui.access.verbs import Verb
from models_ui.bulk import jobs, runner
from models_ui.models import BulkJob, JobWorker
from tests.bulk.conftest import live_tunes, now_of, started, work

HTMX = {"HX-Request": "true"}


@pytest.fixture
def editor(bob, client_of) -> Client:
    return client_of(bob)


@pytest.fixture
def somebody_works(db) -> None:
    jobs.write_heartbeat("w")


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def page(client: Client, job: BulkJob) -> str:
    return text_of(client.get(f"/bulk/{job.pk}/"))


def asks(html: str) -> str:
    """The address that the page polls."""
    return re.search(r'hx-get="([^"]*)" hx-trigger="every 1s"', html)[1].replace("&amp;", "&")


def test_the_page_tells_the_numbers_and_each_failure_with_its_reason_and_correlation_id(
    editor, bob, tunes, sandbox, archived_tune, somebody_works
):
    sandbox.faults.add("422", verb="archive", model=tunes[1])
    job = started(bob, [*tunes, archived_tune], reason="tidy up")
    for _ in range(3):
        runner.run_one()
    html = page(editor, job)
    assert "2 of 5 archived, 1 failed, 1 skipped" in html
    assert re.search(r'<progress max="5" value="3"', html)
    assert "tidy up" in html
    assert "1 model was not done" in html
    assert "The Models API does not accept this" in html
    failed = job.items.get(state="failed")
    assert failed.correlation_id
    assert failed.correlation_id in html


def test_the_page_polls_gets_nothing_while_nothing_is_new_and_stops_when_it_is_over(editor, bob, tunes, somebody_works):
    job = started(bob, tunes)
    address = asks(page(editor, job))
    first = editor.get(address, headers=HTMX)
    assert first.status_code == 200
    address = asks(text_of(first))
    assert editor.get(address, headers=HTMX).status_code == 204
    runner.run_one()
    second = editor.get(address, headers=HTMX)
    assert second.status_code == 200
    assert "1 of 5 archived" in text_of(second)
    assert "<title>" not in text_of(second)
    work()
    last = editor.get(asks(text_of(second)), headers=HTMX)
    assert last.status_code == 286
    assert (last["HX-Retarget"], last["HX-Reswap"]) == ("#job", "outerHTML")
    assert "hx-trigger" not in text_of(last)
    assert "5 models are archived" in text_of(last)


def test_a_screen_reader_hears_of_the_start_each_quarter_and_the_end_and_of_nothing_between(
    editor, bob, sandbox, synced, somebody_works
):
    job = started(bob, live_tunes(sandbox)[:8])
    address, told = asks(page(editor, job)), []
    for _ in range(9):
        response = editor.get(address, headers=HTMX)
        if response.status_code != 204:
            html = text_of(response)
            told += re.findall(r'hx-swap-oob="innerHTML:#live">([^<]*)<', html)
            if response.status_code == 286:
                break
            address = asks(html)
        runner.run_one()
    assert told == [f"{done} of 8 archived" for done in (0, 2, 4, 6, 8)]


def test_without_javascript_there_is_a_link_to_load_it_again(editor, bob, tunes, somebody_works):
    html = page(editor, started(bob, tunes))
    assert re.search(r'<a class="button only-without-js" href="/bulk/\w+/">Load again</a>', html)


def test_a_whole_page_is_never_a_fragment(editor, bob, tunes):
    job = started(bob, tunes)
    for headers in ({}, {**HTMX, "HX-Boosted": "true"}, {**HTMX, "HX-History-Restore-Request": "true"}):
        assert "<!DOCTYPE html>" in editor.get(f"/bulk/{job.pk}/?seen=x&told=1", headers=headers).content.decode()


@pytest.mark.parametrize("told", ["", "x", "-1", "99999999999", "²"])
def test_any_value_for_what_the_browser_has_told_is_no_trouble(editor, bob, tunes, told):
    job = started(bob, tunes)
    assert editor.get(f"/bulk/{job.pk}/?seen=x&told={told}", headers=HTMX).status_code == 200


# --- When it does not go on


def test_a_break_that_upstream_asked_for_is_explained_with_its_end(editor, bob, tunes, sandbox, somebody_works):
    sandbox.faults.add("429", verb="archive", retry_after=600)
    job = started(bob, tunes)
    work()
    html = page(editor, job)
    assert f"It waits until {now_of(job).paused_until:%H:%M:%S} UTC" in html
    assert "is getting too many calls from your organisation" in html


def test_a_job_that_was_stopped_says_why_and_offers_to_go_on(editor, bob, tunes, sandbox, somebody_works):
    sandbox.faults.add("401", verb="archive")
    job = started(bob, tunes)
    work()
    html = page(editor, job)
    assert "Stopped: 0 of 5 archived" in html
    assert "does not accept the dashboard’s API key" in html
    assert "Go on with 4 models not sent" in html
    assert "Try 1 model again" in html


def test_when_nobody_works_the_page_says_whom_to_ask(editor, bob, tunes):
    job = started(bob, tunes)
    assert "ask whoever runs the dashboard to start “manage.py run_jobs”" in page(editor, job)
    jobs.write_heartbeat("w")
    assert "manage.py run_jobs" not in page(editor, job)
    JobWorker.objects.update(seen_at=timezone.now() - timedelta(seconds=31))
    assert "manage.py run_jobs" in page(editor, job)
    work()
    assert "manage.py run_jobs" not in page(editor, job)


def test_a_worker_that_ends_says_goodbye_and_one_that_was_killed_is_forgotten(db):
    jobs.write_heartbeat("a")
    jobs.write_heartbeat("b")
    jobs.forget_worker("a")
    assert jobs.has_live_worker(timezone.now())
    JobWorker.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    jobs.delete_leftovers()
    assert not JobWorker.objects.exists()


# --- When it is over


def test_the_buttons_of_a_finished_job_fit_what_came_of_it(editor, bob, tunes, sandbox):
    sandbox.faults.add("422", verb="archive", model=tunes[1])
    job = started(bob, tunes)
    work()
    html = page(editor, job)
    assert "4 of 5 archived" in html
    assert "Try 1 model again" in html
    assert "Undo: Restore 4 models…" in html
    assert "/resume/" not in html
    assert "/cancel/" not in html
    undoing = jobs.undo_job(actor=bob, job_id=job.pk)
    assert "/undo/" in page(editor, job)
    jobs.start_job(actor=bob, job_id=undoing.pk)
    work()
    html = page(editor, job)
    assert "/undo/" not in html
    assert f'It was taken back by <a href="/bulk/{undoing.pk}/">' in html
    assert f'It takes back what <a href="/bulk/{job.pk}/">' in page(editor, undoing)


def test_a_closed_tab_and_another_person_find_the_same_page(viewer, bob, tunes):
    job = started(bob, tunes)
    work()
    assert "5 models are archived" in page(viewer, job)


# --- The list


def test_the_list_has_every_job_that_was_started_and_ones_own_reviews(editor, viewer, bob, tunes):
    assert "No bulk jobs yet" in text_of(editor.get("/bulk/"))
    job = started(bob, tunes)
    draft = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=tunes[:2])
    work()
    mine, others = text_of(editor.get("/bulk/")), text_of(viewer.get("/bulk/"))
    for html in (mine, others):
        assert f'href="/bulk/{job.pk}/">Archive 5 models</a>' in html
        assert "5 of 5 archived" in html
    assert draft.pk in mine
    assert draft.pk not in others


def test_the_list_asks_the_same_number_of_questions_whatever_its_length(
    editor, bob, tunes, django_assert_max_num_queries
):
    editor.get("/bulk/")  # which notes that the person is here
    for _ in range(12):
        jobs.start_job(actor=bob, job_id=jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=tunes).pk)
    editor.get("/bulk/")  # which notes that the session is in use
    with django_assert_max_num_queries(8):
        editor.get("/bulk/")


def test_every_page_of_a_job_is_french_for_the_french(editor, bob, tunes):
    """No sentence is stored in the language of whoever was looking when it happened."""
    job = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=[*tunes, "nothing"])
    response = editor.get(f"/bulk/{job.pk}/", headers={"Accept-Language": "fr"})
    assert '<html lang="fr"' in response.content.decode()
