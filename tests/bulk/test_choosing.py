"""Choosing models in the catalog: what is reviewed is what was chosen, and nothing else is acted on."""

import html
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from models_ui.access.verbs import Verb
from models_ui.bulk import jobs
from models_ui.mirror.sync import run_sync
from models_ui.models import BulkItem, BulkJob, CatalogModel, Watch
from tests.bulk.conftest import performed, states, work


@pytest.fixture
def editor(bob, client_of) -> Client:
    return client_of(bob)


def page(client: Client, query: str = "") -> str:
    return client.get(f"/models/?{query}").content.decode()


def boxes(text: str) -> list[str]:
    """The ids that can be ticked, in order."""
    return [html.unescape(each) for each in re.findall(r'form="bulk" name="model" value="([^"]*)"', text)]


def offer(text: str) -> tuple[str, int]:
    """The token of "all that match", and how many it says there are."""
    found = re.search(r'name="all" value="([^"]*)" data-pick-all="(\d+)"', text)
    return html.unescape(found[1]), int(found[2])


def job_of(response) -> BulkJob:
    assert response.status_code == 303, response.content.decode()
    return BulkJob.objects.get(pk=response["Location"].strip("/").split("/")[-1])


def ids_of(job: BulkJob) -> list[str]:
    return list(BulkItem.objects.filter(job=job).order_by("position").values_list("model_id", flat=True))


# --- The page


def test_everybody_has_a_box_beside_each_model(alice, bob, carol, client_of, synced):
    for person in (alice, bob, carol):
        text = page(client_of(person), "per_page=100")
        assert len(boxes(text)) == 43
        assert {"watch"} <= set(offered_verbs(text))


def offered_verbs(text: str) -> list[str]:
    return re.findall(r'name="verb" value="(\w+)"', text)


def test_viewers_are_offered_nothing_that_changes_a_model(viewer, synced):
    text = page(viewer, "per_page=100")
    assert not {"archive", "unarchive"} & set(offered_verbs(text))
    assert "data-pick-all" not in text


def test_the_bar_comes_before_the_table_in_reading_order(editor, synced):
    text = page(editor)
    assert text.index('id="bulk"') < text.index("<table")


def test_the_bar_and_its_query_stand_inside_what_every_change_of_the_query_replaces(editor, synced):
    fragment = editor.get("/models/?q=support", headers={"HX-Request": "true"}).content.decode()
    results = fragment[fragment.index('<div id="results"') : fragment.index('<nav id="views"')]
    assert 'id="bulk"' in results
    assert re.search(r'name="query" value="([^"]*)"', fragment)[1] == "q=support"


def test_the_token_of_the_bar_stands_outside_of_it_and_outlives_every_change_of_the_query(
    bob, client_of, synced, tunes
):
    strict = client_of(bob, enforce_csrf_checks=True)
    text = page(strict, "per_page=100")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)" form="bulk"', text)[1]
    assert text.index(f'value="{token}" form="bulk"') < text.index('id="results"')
    sent = {"verb": "archive", "model": tunes[:1]}
    assert strict.post("/bulk/", sent).status_code == 403
    assert strict.post("/bulk/", sent | {"csrfmiddlewaretoken": token}).status_code == 303


def test_rows_that_are_kept_for_everybody_hold_no_token_of_anybody(editor, synced):
    rows = re.findall(r'<tr role="row" class=.*?</tr>', page(editor, "type=fine-tuned"), re.DOTALL)
    assert rows
    assert not any("csrf" in row for row in rows)


def test_where_no_fine_tune_matches_nothing_is_offered_that_changes_a_model(editor, synced):
    text = page(editor, "type=base")
    assert not {"archive", "unarchive"} & set(offered_verbs(text))
    assert "data-pick-all" not in text


def test_chosen_models_are_watched_whoever_chooses_them(viewer, carol, tunes):
    response = viewer.post("/bulk/", {"verb": "watch", "model": [tunes[0], "codestral-2508", "gone"], "query": "q=x"})
    assert (response.status_code, response["Location"]) == (303, "/models/?q=x")
    assert sorted(Watch.objects.filter(owner=carol).values_list("model_id", flat=True)) == sorted(
        [tunes[0], "codestral-2508"]
    )
    assert "You are now watching 2 models." in page(viewer)


@pytest.mark.parametrize(
    "query",
    ["", "type=fine-tuned", "q=support", "type=base&type=fine-tuned", "status=archived", "q=support&per_page=25"],
)
def test_all_that_match_counts_fine_tunes_alone_and_is_every_one_of_them(editor, synced, query):
    text = page(editor, query)
    token, total = offer(text)
    job = job_of(editor.post("/bulk/", {"verb": "archive", "all": token}))
    assert len(ids_of(job)) == total
    everything = CatalogModel.objects.filter(type="fine-tuned")
    if query in ("", "type=fine-tuned", "type=base&type=fine-tuned"):
        assert sorted(ids_of(job)) == sorted(everything.values_list("model_id", flat=True))
    assert job.whole
    assert not job.moved


# --- What comes of it


def test_ticked_rows_become_a_job_with_exactly_these(editor, bob, tunes):
    job = job_of(editor.post("/bulk/", {"verb": "archive", "model": [tunes[2], tunes[0]], "query": "q=x"}))
    assert ids_of(job) == [tunes[2], tunes[0]]
    assert (job.state, job.verb, job.maker, job.made_by, job.query, job.whole) == (
        "draft", "archive", bob, "bob", "q=x", False,
    )  # fmt: skip


def test_a_draft_sends_nothing_before_somebody_starts_it(editor, tunes, sandbox):
    job_of(editor.post("/bulk/", {"verb": "archive", "model": tunes}))
    assert work() == 0
    assert performed(sandbox) == []


def test_an_id_twice_is_one_model(editor, tunes):
    assert ids_of(job_of(editor.post("/bulk/", {"verb": "archive", "model": [tunes[0]] * 3}))) == [tunes[0]]


def test_all_that_match_wins_over_single_rows(editor, tunes):
    token, total = offer(page(editor, f"q={quote(tunes[1])}"))
    assert total == 1
    assert ids_of(job_of(editor.post("/bulk/", {"verb": "archive", "all": token, "model": tunes}))) == [tunes[1]]


def test_a_filter_changed_in_another_tab_changes_nothing_about_what_was_chosen_in_this_one(editor, tunes):
    """The worst that such tools have done: act on another set than the one on the screen."""
    token, _ = offer(page(editor, f"q={quote(tunes[1])}"))
    page(editor, "type=fine-tuned")
    response = editor.post(f"/bulk/?q={quote(tunes[3])}", {"verb": "archive", "all": token, "query": "q=other"})
    assert ids_of(job_of(response)) == [tunes[1]]


def test_the_reviewed_models_are_acted_on_whatever_happens_to_the_catalog_in_between(editor, bob, tunes, sandbox):
    token, _ = offer(page(editor, "type=fine-tuned&status=live"))
    job = job_of(editor.post("/bulk/", {"verb": "archive", "all": token}))
    reviewed = ids_of(job)
    new = {**sandbox.catalog.find(tunes[0]), "id": "ft:new:one", "name": "Came later"}
    sandbox.catalog.add(new)
    run_sync()
    text = editor.get(f"/bulk/{job.pk}/").content.decode()
    assert re.findall(r'data-model-id="([^"]*)"', text) == reviewed
    editor.post(f"/bulk/{job.pk}/start/")
    work()
    assert sorted(performed(sandbox)) == sorted(reviewed)
    assert sandbox.catalog.find("ft:new:one")["archived"] is False


def test_all_that_match_are_those_that_the_page_shows_and_none_that_is_gone(editor, tunes, sandbox):
    CatalogModel.objects.filter(model_id=tunes[0]).update(missing_since=timezone.now())
    token, total = offer(page(editor, "type=fine-tuned"))
    job = job_of(editor.post("/bulk/", {"verb": "archive", "all": token}))
    assert tunes[0] not in ids_of(job)
    assert len(ids_of(job)) == total == len(sandbox.catalog.fine_tunes()) - 1
    assert job.query == "type=fine-tuned"


def test_a_catalog_that_changed_since_the_page_was_shown_is_told_on_the_review(editor, tunes, sandbox):
    token, total = offer(page(editor, "type=fine-tuned"))
    sandbox.catalog.add({**sandbox.catalog.find(tunes[0]), "id": "ft:new:one"})
    run_sync()
    job = job_of(editor.post("/bulk/", {"verb": "archive", "all": token}))
    assert job.moved
    assert len(ids_of(job)) == total + 1
    assert "have changed since you opened the list" in editor.get(f"/bulk/{job.pk}/").content.decode()


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "x",
        "../files/abc?x=1#y",
        "<script>alert(1)</script>",
        "=cmd()",
        "x" * 5000,
        "a\x00b",
        "\u202egnp",
        "mistral-medium-3",
    ],
)
def test_a_malformed_id_is_shown_as_text_and_never_sent_on(editor, bob, tunes, sandbox, odd):
    response = editor.post("/bulk/", {"verb": "archive", "model": [odd, tunes[0]]})
    job = job_of(response)
    text = editor.get(f"/bulk/{job.pk}/").content.decode()
    assert "<script>alert" not in text
    assert "1 model will be skipped" in text
    jobs.start_job(actor=bob, job_id=job.pk)
    work()
    assert states(job) == ["skipped", "done"]
    assert {call.model for call in sandbox.calls if call.verb != "list"} == {tunes[0]}


@pytest.mark.parametrize(
    "sent",
    [
        {"verb": "archive"},
        {"verb": "delete", "model": ["x"]},
        {"verb": "", "model": ["x"]},
        {"model": ["x"]},
        {"verb": "archive", "all": "forged"},
        {"verb": "archive", "all": signing.Signer(salt="other").sign("2026-11-25??")},
    ],
)
def test_a_form_that_makes_no_sense_is_422_with_a_sentence_and_makes_nothing(editor, synced, sent):
    response = editor.post("/bulk/", sent)
    assert response.status_code == 422
    assert "<h1>" in response.content.decode()
    assert not BulkJob.objects.exists()


@pytest.mark.usefixtures("long_sessions")
def test_a_token_of_yesterday_is_refused(editor, synced):
    token, _ = offer(page(editor))
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        response = editor.post("/bulk/", {"verb": "archive", "all": token})
    assert response.status_code == 422
    assert "open for too long" in response.content.decode()


def test_one_job_has_a_limit_and_says_so(editor, tunes, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_MODELS", 2)
    response = editor.post("/bulk/", {"verb": "archive", "model": tunes})
    assert response.status_code == 422
    assert "up to 2 models" in response.content.decode()


# --- The review


def test_the_review_says_who_what_how_many_and_why_the_rest_is_skipped(editor, bob, tunes, archived_tune):
    base = CatalogModel.objects.filter(type="base").first()
    job = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=[*tunes, archived_tune, base.model_id])
    text = editor.get(f"/bulk/{job.pk}/").content.decode()
    assert "<title>Archive 5 models?" in " ".join(text.split())
    assert "2 models will be skipped" in text
    assert "5 models, exactly these" in text
    assert "It is archived already." in text
    assert "Only fine-tuned models can be changed" in text
    assert re.search(r'<button type="submit" class="button primary">Archive 5 models</button>', text)


def test_a_review_with_nothing_to_do_has_no_button_to_start_it(editor, bob, archived_tune):
    job = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=[archived_tune])
    text = editor.get(f"/bulk/{job.pk}/").content.decode()
    assert "There is nothing to archive" in text
    assert "/start/" not in text
    assert editor.post(f"/bulk/{job.pk}/start/").status_code == 409


def test_the_reason_is_kept_with_the_job_and_a_too_long_one_is_422(editor, bob, tunes):
    job = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=tunes)
    response = editor.post(f"/bulk/{job.pk}/start/", {"reason": "x" * 501})
    assert response.status_code == 422
    assert "500" in response.content.decode()
    assert BulkJob.objects.get().state == "draft"
    editor.post(f"/bulk/{job.pk}/start/", {"reason": "not used <b>any</b> more"})
    assert BulkJob.objects.get().reason == "not used <b>any</b> more"
    assert "<b>any</b>" not in editor.get(f"/bulk/{job.pk}/").content.decode()


def test_cancelling_a_review_leads_back_to_the_list_it_came_from(editor, bob, tunes):
    job = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=tunes, query="q=support&type=fine-tuned")
    response = editor.post(f"/bulk/{job.pk}/cancel/")
    assert (response.status_code, response["Location"]) == (303, "/models/?q=support&type=fine-tuned")
    assert editor.post(f"/bulk/{job.pk}/start/").status_code == 409


def test_reviews_that_led_to_nothing_are_swept_up_after_a_week(bob, tunes):
    jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=tunes)
    kept = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=tunes)
    jobs.start_job(actor=bob, job_id=kept.pk)
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        jobs.delete_leftovers()
    assert list(BulkJob.objects.all()) == [kept]
