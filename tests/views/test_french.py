"""With a French browser every page is French: none of the catalogue's English is left, nor any other sentence of ours.

What upstream and people wrote themselves (ids, names, descriptions, reasons, upstream's own words) stays as they wrote it.
"""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation

from models_ui.access.policy import ActionDenied
from models_ui.access.verbs import BULK_VERBS, Verb
from models_ui.actions import perform
from models_ui.actions.context import Context, EditConflict
from models_ui.bulk import jobs
from models_ui.bulk.runner import run_one
from models_ui.bulk.sentences import item_reason, item_state_label, job_label, job_summary, job_title
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, BulkItem, BulkJob, CatalogModel
from sandbox import Sandbox
from tests.support import verbs
from tests.support.clock import sync_until_confirmed
from tests.support.french import FRENCH, HTMX, assert_french, left_over
from tests.support.pages import text_of


@pytest.fixture
def manager(alice, client_of) -> Client:
    return client_of(alice, headers=FRENCH)


@pytest.fixture
def editor(bob, client_of) -> Client:
    return client_of(bob, headers=FRENCH)


@pytest.fixture
def reader(carol, client_of) -> Client:
    return client_of(carol, headers=FRENCH)


@pytest.fixture
def tunes(synced, sandbox: Sandbox) -> list[str]:
    """Live fine-tunes, the first with a name."""
    return [each for each in sandbox.catalog.fine_tunes() if not sandbox.catalog.find(each)["archived"]]


# --- Pages to read

PAGES = [
    "/",
    "/models/",
    "/models/?per_page=100",
    "/models/?per_page=25&page=2&sort=-context",
    "/models/?q=mistral&capability=vision&capability_any=ocr&context_min=32k&context_max=1M&lifecycle=retiring",
    "/models/?q=zzz&type=fine-tuned&lifecycle=active&state=archived&owner=nobody",
    f"/models/?page=x&colour=red&context_min=many&q={'x' * 300}",
    "/retirements/",
    "/retirements/?within=30&type=fine-tuned&affected=1&colour=red",
    "/retirements/?type=base&within=90",
    "/changes/",
    "/changes/?q=x&kind=alias.repointed&affects=fine-tunes&model=mistral-large-latest&from=2026-01-01&to=2026-12-31",
    "/activity/",
    "/activity/?q=x&kind=model.renamed&outcome=failed&actor=bob&model=x&from=2026-01-01&to=2026-12-31&colour=red",
    "/activity/?before=1",
    "/feeds/",
    "/feeds/?capability=vision&type=base",
    "/bulk/",
    "/accounts/password/change/",
    "/accounts/logout/",
]


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize("address", PAGES)
def test_every_page_to_read_is_french(manager: Client, address: str):
    html = assert_french(manager.get(address))
    assert '<html lang="fr"' in html


@pytest.mark.usefixtures("synced")
def test_people_and_roles_are_looked_at_in_french(manager: Client, alice):
    alice.is_staff = alice.is_superuser = True
    alice.save()
    for address in ("", "auth/user/", "auth/group/", f"auth/user/{alice.pk}/change/"):
        assert_french(manager.get(f"/admin/{address}"))
    for table in ("catalogmodel", "syncrun", "auditevent"):
        assert_french(manager.get(f"/admin/models_ui/{table}/"))


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize(
    "address", ["/", "/models/?type=fine-tuned", "/retirements/", "/activity/", "/bulk/", "/feeds/"]
)
def test_a_refusal_for_want_of_a_role_is_french_too(reader: Client, editor: Client, address: str):
    assert_french(reader.get(address))
    assert_french(editor.get(address))


@pytest.mark.parametrize("address", ["/", "/models/", "/retirements/", "/changes/", "/activity/", "/bulk/", "/feeds/"])
def test_before_the_first_sync_every_page_is_french(manager: Client, address: str, sandbox):
    assert_french(manager.get(address))


def test_empty_and_failed_lists_are_told_in_french(manager: Client, sandbox: Sandbox):
    for kind in ("empty", "503", "403"):
        sandbox.faults.add(kind, verb="list", times=4)
        assert_french(manager.post("/sync/", {"next": "/models/"}, follow=True))
        sandbox.faults.clear()
    run_sync()
    sandbox.faults.add("truncated", verb="list")
    page = assert_french(manager.post("/sync/", {"next": "/models/"}, follow=True))
    assert "La dernière synchronisation a échoué" in page


# --- Pages of one model


@pytest.fixture
def of_each_kind(alice, tunes, sandbox: Sandbox) -> list[str]:
    """The address of a model of each kind."""
    gone, deleted, guarded = tunes[:3]
    base = next(each for each in sandbox.catalog.ids() if each.startswith("codestral"))
    sandbox.catalog.update_model("mistral-embed-2312", deprecation="2020-01-01T12:00:00Z")
    sandbox.catalog.update_model(base, deprecation="soon")
    sandbox.catalog.unlist(gone)
    sync_until_confirmed()
    perform.delete_model(context=Context(actor=alice, reason="x"), model_id=deleted)
    verbs.protect_model(context=Context(actor=alice), model_id=guarded)
    CatalogModel.objects.filter(model_id=tunes[3]).update(problems=["created"], root="")
    retiring = CatalogModel.objects.exclude(deprecation=None).exclude(replacement="").filter(missing_since=None)
    archived = CatalogModel.objects.filter(archived=True, missing_since=None)
    found = [gone, deleted, guarded, tunes[3], base, "mistral-embed-2312", "mistral-large-latest", "no-such-model"]
    found += [retiring[0].model_id, archived[0].model_id]
    shared = CatalogModel.objects.filter(missing_since=None).values_list("model_id", flat=True)
    found += sorted({each for each in shared if list(shared).count(each) > 1})
    return [f"/models/{each}/" for each in found]


def test_the_page_of_every_kind_of_model_is_french(of_each_kind, manager, reader):
    for client in (manager, reader):
        for address in of_each_kind:
            answer = client.get(address, follow=True)
            assert_french(answer, 404 if "no-such" in address else 200)
    assert_french(manager.get("/models/?per_page=100"))
    assert_french(manager.get("/retirements/"))
    assert_french(manager.get("/activity/"))


def test_a_date_is_written_as_the_french_write_it(manager: Client, sandbox: Sandbox, synced):
    sandbox.catalog.update_model("mistral-embed-2312", deprecation="2031-04-22T12:00:00Z")
    run_sync()
    assert "22 avr. 2031" in manager.get("/models/?per_page=100").content.decode()
    model = text_of(manager.get("/models/mistral-embed-2312/").content.decode())
    assert re.search(r"Cesse de fonctionner le 22 avril 2031, dans \d+ \w+ , à 12:00 UTC", model)
    page = manager.get("/retirements/").content.decode()
    assert "Avril 2031" in page
    assert ">avr.</text>" in page
    everywhere = [manager.get(each).content.decode() for each in ("/", "/models/?per_page=100", "/retirements/")]
    assert not re.search(r"\d [A-ZÉÀ]\w{2}\.? \d{4}", "".join(everywhere))


def test_a_number_is_written_as_the_french_write_it(manager: Client, synced):
    row = CatalogModel.objects.filter(max_context_length=131072, missing_since=None)[0]
    page = manager.get(f"/models/{row.model_id}/").content.decode()
    assert "131\u00a0072 jetons (128k)" in page


# --- Actions


@pytest.mark.parametrize("verb", [*Verb])
def test_the_page_of_every_action_is_french_also_where_it_is_refused(manager, reader, tunes, verb: Verb):
    row = CatalogModel.objects.get(model_id=tunes[0])
    row.archived, row.protected = verb is Verb.UNARCHIVE, verb is Verb.UNPROTECT
    row.save()
    assert_french(manager.get(f"/models/{row.model_id}/{verb}/"))
    assert_french(reader.get(f"/models/{row.model_id}/{verb}/"), 403)
    assert_french(reader.post(f"/models/{row.model_id}/{verb}/", {"value": "x", "seen": "x", "action_id": "x"}), 403)
    for changed in ({"protected": True}, {"deleted_at": timezone.now()}, {"type": "base"}):
        CatalogModel.objects.filter(pk=row.pk).update(**changed)
        page = manager.get(f"/models/{row.model_id}/{verb}/")
        assert_french(page, page.status_code)


def test_a_deletion_is_french_from_the_wish_to_the_day(manager: Client, editor: Client, tunes, sandbox: Sandbox):
    model, other = (f"/models/{each}/" for each in tunes[:2])
    assert_french(editor.get(f"{model}ask-deletion/"))
    assert_french(editor.post(f"{model}ask-deletion/", {"reason": ""}), 422)
    asked = editor.post(f"{model}ask-deletion/", {"reason": "1234"})
    assert "asks" not in assert_french(editor.get(asked["Location"]))
    assert_french(manager.get(model))
    assert_french(manager.post(f"{model}decide-deletion/", {"decision": "decline"}), 422)
    manager.post(f"{model}decide-deletion/", {"decision": "accept"})
    assert_french(manager.get(model))
    assert_french(manager.get(f"{model}delete/"), 403)
    assert_french(manager.get(f"{model}delete-now/"))
    page = assert_french(manager.get("/models/?status=to_be_deleted"))
    assert "À supprimer le" in page
    manager.post(f"{model}keep/")
    assert_french(manager.get(model))
    sandbox.faults.add("500", verb="archive", times=9)
    assert_french(manager.post(f"{other}delete/", {}), 502)
    assert_french(manager.get("/activity/"))


@pytest.mark.usefixtures("at_once")
def test_forms_and_their_complaints_are_french(manager: Client, tunes):
    for verb in ("rename", "describe"):
        assert_french(manager.get(f"/models/{tunes[0]}/{verb}/", headers=HTMX))
    assert_french(manager.post(f"/models/{tunes[0]}/rename/", {"value": "x" * 200, "seen": "?"}), 422)
    page = assert_french(manager.post(f"/models/{tunes[0]}/delete/", {"typed_id": "another"}), 422)
    assert "rien n’a été supprimé" in page
    assert_french(manager.post("/feeds/", {"name": "", "language": "xx", "form_id": "1"}), 422)


def test_the_outcome_of_an_action_is_told_in_french(manager: Client, alice, bob, carol, tunes, sandbox):
    tune, other = tunes[:2]
    name = CatalogModel.objects.get(model_id=tune).name
    home = {"next": "/models/"}
    for address in (
        f"{tune}/archive/",
        f"{tune}/archive/",
        f"{tune}/unarchive/",
        f"{tune}/protect/",
        f"{tune}/rename/",
    ):
        answer = manager.post(f"/models/{address}", home, follow=True)
        assert_french(answer, answer.status_code)
    verbs.unprotect_model(context=Context(actor=alice), model_id=tune)
    verbs.rename_model(context=Context(actor=bob), model_id=tune, name="Neu", seen=name)
    with pytest.raises(EditConflict):
        verbs.describe_model(context=Context(actor=bob), model_id=other, description=None, seen="abc")
    with pytest.raises(ActionDenied):
        verbs.archive_model(context=Context(actor=carol), model_id=tune)
    sandbox.faults.add("422", verb="archive", times=1)
    assert_french(manager.post(f"/models/{other}/archive/", home), 422)
    sandbox.faults.add("504", verb="delete", times=1)
    perform.delete_model(context=Context(actor=alice), model_id=other)
    assert_french(manager.get("/activity/"))
    assert_french(manager.get(f"/models/{tune}/"))
    assert_french(manager.get("/activity/?outcome=unknown&outcome=refused&kind=model.deleted"))
    event = AuditEvent.objects.filter(kind="model.renamed", outcome="succeeded").latest("pk")
    assert_french(manager.get(f"/activity/{event.action_id}/undo/"))
    sandbox.catalog.rename(tune, "Autre")
    run_sync()
    assert_french(manager.get(f"/activity/{event.action_id}/undo/"))
    assert_french(manager.post(f"/activity/{event.action_id}/undo/", {"action_id": "u1"}), 409)
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        unknown = AuditEvent.objects.filter(kind="model.deleted").latest("pk")
        assert_french(manager.get("/activity/"))
        assert_french(manager.post(f"/activity/{unknown.action_id}/settle/", home, follow=True))


# --- Many at once


def test_a_bulk_job_is_french_from_its_review_to_its_end(manager, editor, reader, bob, tunes, sandbox):
    assert_french(editor.post("/bulk/", {"verb": "both"}), 422)
    assert_french(editor.post("/bulk/", {"verb": "archive", "model": []}), 422)
    assert_french(editor.post("/bulk/", {"verb": "archive", "all": "expired"}), 422)
    archived = CatalogModel.objects.filter(archived=True)[0].model_id
    job = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=[*tunes[:5], archived, "nothing"])
    for client in (manager, editor, reader):
        assert_french(client.get(f"/bulk/{job.pk}/"))
    sandbox.faults.add("422", verb="archive", model=tunes[0])
    jobs.start_job(actor=bob, job_id=job.pk, reason="x")
    assert_french(editor.get(f"/bulk/{job.pk}/"))
    jobs.write_heartbeat("w")
    assert_french(editor.get(f"/bulk/{job.pk}/"))
    run_one()
    run_one()
    assert_french(editor.get(f"/bulk/{job.pk}/"))
    jobs.cancel_job(actor=bob, job_id=job.pk)
    assert_french(editor.get(f"/bulk/{job.pk}/"))
    assert_french(editor.post(f"/bulk/{job.pk}/cancel/"), 409)
    assert_french(editor.post(f"/bulk/{job.pk}/start/"), 409)
    assert_french(reader.post(f"/bulk/{job.pk}/retry/"), 403)
    jobs.resume_job(actor=bob, job_id=job.pk)
    while run_one():
        pass
    assert_french(editor.get(f"/bulk/{job.pk}/"))
    undoing = jobs.undo_job(actor=bob, job_id=job.pk)
    assert_french(manager.get(f"/bulk/{undoing.pk}/"))
    jobs.start_job(actor=bob, job_id=undoing.pk)
    assert_french(manager.get(f"/bulk/{job.pk}/"))
    assert_french(manager.get("/bulk/"))
    assert_french(manager.get("/models/?type=fine-tuned"))


@pytest.mark.parametrize("verb", BULK_VERBS)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_bulk_job_is_told_in_french_whatever_became_of_it(verb: Verb, number: int):
    with translation.override("fr"):
        said = [job_label(verb, number)]
        for state in BulkJob.State:
            job = BulkJob(verb=verb, state=state, started_at=timezone.now() if state != "draft" else None)
            for each in BulkItem.State:
                progress = jobs.Progress({each: number, BulkItem.State.DONE: 1})
                said += [job_title(job, progress), job_summary(job, progress)]
                item = BulkItem(job=job, state=each, failure={"settled": True})
                said += [item_state_label(item), item_reason(item), str(each.label)]
            said.append(str(state.label))
        assert left_over(said) == []
        assert job_summary(job, jobs.Progress({BulkItem.State.DONE: 1, BulkItem.State.REFUSED: 2})) in (
            "1 sur 3 archivé, 2 refusés",
            "1 sur 3 restauré, 2 refusés",
            "1 sur 3 modifié, 2 refusés",
        )
