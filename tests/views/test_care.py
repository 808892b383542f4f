"""Who looks after a model, its tags, its note and its plan: on the model's page, in place and on pages of their own."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.access.verbs import CARE_VERBS, Verb
from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.bulk import jobs
from models_ui.bulk.runner import run_one
from models_ui.mirror.state import move_version
from models_ui.models import AuditEvent, CatalogModel
from tests.support.forms import form_of
from tests.support.pages import part, text_of

PAGE = {"HX-Request": "true", "HX-Target": "model"}
TYPED: dict[Verb, dict[str, str]] = {
    Verb.ASSIGN: {"value": "bob, Support"},
    Verb.TAG: {"value": "legal, two words"},
    Verb.NOTE: {"value": "See https://example.org/a?b=1."},
    Verb.PLAN: {"value": "moves", "to": "mistral-small-latest", "by": "2026-12-01", "words": "tested"},
}
SHOWN: dict[Verb, str] = {
    Verb.ASSIGN: "<strong>bob</strong>",
    Verb.TAG: '<a class="tag" href="/models/?tag=two%20words">two words</a>',
    Verb.NOTE: '<a href="https://example.org/a?b=1" rel="noopener noreferrer nofollow">',
    Verb.PLAN: "Moves to mistral-small-latest by 1 Dec 2026: tested",
}


def row_of(model_id: str) -> CatalogModel:
    return CatalogModel.objects.get(model_id=model_id)


def test_a_deleted_model_asks_nobody_to_take_it(alice: User, manager: Client, tune: str):
    assert "Take it" in manager.get(f"/models/{tune}/").content.decode()
    perform.delete_model(context=Context(actor=alice), model_id=tune)
    assert "Take it" not in manager.get(f"/models/{tune}/").content.decode()


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_the_page_asks_in_place_and_shows_what_was_said(editor: Client, tune: str, verb: Verb):
    address = f"/models/{tune}/{verb}/"
    form = form_of(editor, address, **PAGE) | TYPED[verb]
    answer = editor.post(address, form, headers=PAGE)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.count('<article class="model"') == 1
    assert SHOWN[verb] in html
    assert "Undo" in html


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_a_page_of_its_own_does_without_javascript_and_leads_back(editor: Client, tune: str, verb: Verb):
    address = f"/models/{tune}/{verb}/"
    answer = editor.post(address, form_of(editor, address) | TYPED[verb])
    assert (answer.status_code, answer["Location"]) == (302, f"/models/{tune}/")
    assert SHOWN[verb] in editor.get(f"/models/{tune}/").content.decode()


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_mistrals_own_models_have_them_too_with_their_history(editor: Client, synced, verb: Verb):
    base = CatalogModel.objects.filter(type="base", missing_since=None).exclude(model_id="")[0].model_id
    address = f"/models/{base}/{verb}/"
    editor.post(address, form_of(editor, address) | TYPED[verb])
    html = editor.get(f"/models/{base}/").content.decode()
    assert SHOWN[verb] in html
    assert re.search(r"<strong><bdi>bob</bdi></strong> changed", html)


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_the_page_of_a_form_leads_back_to_a_base_model_by_its_id(editor: Client, synced, verb: Verb):
    html = editor.get(f"/models/codestral-2508/{verb}/").content.decode()
    assert text_of(part(html, '<p class="back">', "</p>")) == "codestral-2508"


def test_a_viewer_sees_them_without_controls_and_a_forged_request_is_recorded(editor, carol, client_of, tune):
    address = f"/models/{tune}/tag/"
    form = form_of(editor, address)
    editor.post(address, form | TYPED[Verb.TAG])
    viewer = client_of(carol)
    html = viewer.get(f"/models/{tune}/").content.decode()
    assert SHOWN[Verb.TAG] in html
    assert "/tag/" not in html
    assert viewer.post(address, form_of(editor, address) | {"value": "mine"}).status_code == 403
    assert row_of(tune).tags == ["legal", "two words"]
    assert list(AuditEvent.objects.filter(actor="carol").values_list("kind", "outcome")) == [
        ("model.tagged", "refused")
    ]


def test_somebody_elses_change_is_shown_beside_ones_own(editor: Client, manager: Client, tune: str):
    address = f"/models/{tune}/plan/"
    mine, theirs = form_of(editor, address, **PAGE), form_of(manager, address, **PAGE)
    manager.post(address, theirs | {"value": "ends", "words": "nobody calls it"}, headers=PAGE)
    answer = editor.post(address, mine | TYPED[Verb.PLAN], headers=PAGE)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "May end: nobody calls it" in html
    assert SHOWN[Verb.PLAN] in html
    insisted = dict(re.findall(r'<input type="hidden" name="(seen|action_id)" value="([^"]*)"', html))
    assert editor.post(address, insisted | TYPED[Verb.PLAN], headers=PAGE).status_code == 200
    assert row_of(tune).plan["kind"] == "moves"


@pytest.mark.parametrize(
    ("verb", "typed", "said"),
    [
        (Verb.ASSIGN, {"value": "@nobody-here"}, "Nobody here has the username nobody-here."),
        (Verb.TAG, {"value": "x" * 41}, "A tag has at most 40 characters."),
        (Verb.NOTE, {"value": "x" * 4_001}, "4000"),
        (Verb.PLAN, {"value": "moves"}, "Say which model takes its place."),
        (Verb.PLAN, {"value": "moves", "to": "no-such-model"}, "There is no model with this id."),
    ],
)
def test_a_value_that_cannot_be_kept_is_explained_and_stays_typed(
    editor,
    tune,
    verb: Verb,
    typed: dict[str, Any],
    said: str,
):
    address = f"/models/{tune}/{verb}/"
    answer = editor.post(address, form_of(editor, address) | typed, headers=PAGE)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert said in html
    assert max(typed.values(), key=len) in html


@pytest.mark.parametrize("headers", [{}, PAGE], ids=["on a page of its own", "in place"])
def test_the_plan_offers_models_to_move_to(editor: Client, tune: str, headers: dict[str, str]):
    html = editor.get(f"/models/{tune}/plan/", headers=headers).content.decode()
    name = re.search(r'<input[^>]*name="to"[^>]* list="([^"]+)"', html)
    assert name
    offered = re.findall(r'<option value="([^"]+)"', part(html, f'<datalist id="{name[1]}">', "</datalist>"))
    assert 1 < len(offered) <= 25
    assert tune not in offered
    answering = CatalogModel.objects.filter(model_id__in=offered, archived=False, deprecation=None, missing_since=None)
    assert answering.count() == len(offered)


def test_a_plan_takes_the_name_of_a_model_for_its_id(editor: Client, tune: str):
    other = CatalogModel.objects.filter(type="fine-tuned", archived=False).exclude(model_id=tune)[0]
    CatalogModel.objects.filter(pk=other.pk).update(name="Invoices, second try")
    move_version()
    address = f"/models/{tune}/plan/"
    editor.post(address, form_of(editor, address) | {"value": "moves", "to": " invoices, Second Try "})
    assert row_of(tune).plan == {"kind": "moves", "to": other.model_id}


def test_a_plan_to_an_id_with_a_typo_is_asked_back(editor: Client, tune: str):
    address = f"/models/{tune}/plan/"
    answer = editor.post(address, form_of(editor, address) | {"value": "moves", "to": "mistrall-small-latest"})
    assert answer.status_code == 422
    assert "There is no model with this id. Do you mean mistral-small-" in text_of(answer.content.decode())
    assert row_of(tune).plan == {}


def test_a_person_without_access_any_more_is_struck_out_and_may_stay(editor: Client, alice: User, tune: str):
    address = f"/models/{tune}/assign/"
    editor.post(address, form_of(editor, address) | {"value": "alice"})
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert re.search(r"<del[^>]*>alice</del>", editor.get(f"/models/{tune}/").content.decode())
    assert editor.post(address, form_of(editor, address) | {"value": "@alice, bob"}).status_code == 302
    assert row_of(tune).keepers == ["@alice", "@bob"]


def test_hostile_words_stay_words(editor: Client, tune: str):
    typed = {"tag": "<b>x</b>, \u202eevil", "note": "javascript:alert(1) <i>x</i> \u202ehttps://a.b/\u202e"}
    for verb, value in typed.items():
        address = f"/models/{tune}/{verb}/"
        editor.post(address, form_of(editor, address) | {"value": value})
    html = editor.get(f"/models/{tune}/").content.decode()
    assert "<b>x" not in html
    assert "<i>x" not in html
    assert 'href="javascript:' not in html
    assert '">evil</a>' in html


def test_one_click_takes_a_model_over_and_watches_it(editor: Client, bob: User, tune: str):
    page = editor.get(f"/models/{tune}/").content.decode()
    assert f'formaction="/models/{tune}/take/"' in page
    answer = editor.post(f"/models/{tune}/take/", headers=PAGE)
    assert SHOWN[Verb.ASSIGN] in answer.content.decode()
    assert row_of(tune).keepers == ["@bob"]
    assert list(bob.watches.values_list("model_id", flat=True)) == [tune]
    assert "/take/" not in editor.get(f"/models/{tune}/").content.decode()


def test_whoever_stops_watching_what_they_look_after_stays_unwarned(editor: Client, bob: User, tune: str):
    editor.post(f"/models/{tune}/take/")
    editor.post(f"/watching/{bob.watches.get().pk}/stop/")
    address = f"/models/{tune}/assign/"
    editor.post(address, form_of(editor, address) | {"value": "bob, Support"})
    assert not bob.watches.exists()


def test_a_viewer_takes_nothing_over(carol: User, client_of, tune: str):
    viewer = client_of(carol)
    assert "/take/" not in viewer.get(f"/models/{tune}/").content.decode()
    assert viewer.post(f"/models/{tune}/take/").status_code == 403
    assert row_of(tune).keepers == []
    assert AuditEvent.objects.get().outcome == "refused"


def looked_after(editor: Client, model_id: str, value: str) -> None:
    address = f"/models/{model_id}/assign/"
    assert editor.post(address, form_of(editor, address) | {"value": value}).status_code == 302


def test_who_loses_access_looks_after_nothing_any_more_in_the_catalog(editor, manager, bob: User, tune: str):
    looked_after(editor, tune, "bob")
    assert tune in manager.get("/models/?keeper=@bob").content.decode()
    manager.post(f"/people/{bob.pk}/deactivate/")
    assert tune not in manager.get("/models/?keeper=@bob").content.decode()
    assert tune in manager.get("/models/?keeper=nobody").content.decode()
    manager.post(f"/people/{bob.pk}/reactivate/")
    assert tune in manager.get("/models/?keeper=@bob").content.decode()


def test_taking_access_away_offers_to_hand_the_models_over(editor, manager, alice: User, bob: User, tune: str):
    looked_after(editor, tune, "bob, Support")
    page = manager.get("/people/").content.decode()
    assert "The 1 model that they look after goes to" in page
    answer = manager.post(f"/people/{bob.pk}/deactivate/", {"hand_over": alice.pk})
    assert answer["Location"].startswith("/bulk/")
    while run_one():
        pass
    assert sorted(row_of(tune).keepers) == ["@alice", "Support"]
    event = AuditEvent.objects.filter(kind="model.assigned").last()
    assert (event.actor, event.outcome, bool(event.job)) == ("alice", "succeeded", True)


def test_more_models_than_one_job_takes_are_handed_over_in_part_and_that_is_said(
    editor, manager, alice: User, bob: User, tune: str, monkeypatch: pytest.MonkeyPatch
):
    other = CatalogModel.objects.exclude(model_id=tune).filter(missing_since=None).first().model_id
    for model_id in (tune, other):
        looked_after(editor, model_id, "bob")
    monkeypatch.setattr(jobs, "MOST_MODELS", 1)
    answer = manager.post(f"/people/{bob.pk}/deactivate/", {"hand_over": alice.pk}, follow=True)
    assert "They look after more than 1 models" in answer.content.decode()
    while run_one():
        pass
    assert [row_of(each).keepers for each in (tune, other)].count(["@bob"]) == 1


@pytest.mark.parametrize("following", ["", "999999", "bob", "9" * 40])
def test_models_are_handed_over_to_nobody_who_has_no_access(editor, manager, bob: User, tune, following: str):
    looked_after(editor, tune, "bob")
    assert manager.post(f"/people/{bob.pk}/deactivate/", {"hand_over": following})["Location"] == "/people/"
    assert row_of(tune).keepers == ["@bob"]


def test_me_in_an_address_is_whoever_follows_it(editor: Client, manager: Client, tune: str):
    looked_after(editor, tune, "bob")
    assert editor.get("/models/?keeper=me")["Location"] == "/models/?keeper=%40bob"
    assert manager.get("/models/?keeper=me")["Location"] == "/models/?keeper=%40alice"
    exported = [client.get("/models.json?keeper=me").json()["total"] for client in (editor, manager)]
    assert exported == [1, 0]
    answers = [client.get("/models/?keeper=me", headers={"HX-Request": "true"}) for client in (editor, manager)]
    assert [tune in answer.content.decode() for answer in answers] == [True, False]


def test_the_overview_names_who_looks_after_what_ends_and_what_is_next(editor: Client, synced):
    html = editor.get("/").content.decode()
    assert "Nobody looks after them." in html
    ending = re.search(r'formaction="/models/(\S+)/take/"', html)[1]
    editor.post(f"/models/{ending}/take/", headers={"Referer": "http://testserver/"})
    html = editor.get("/").content.decode()
    assert "<strong>2 of them</strong> have nobody who looks after them." in html
    assert f'href="/models/{ending}/plan/"' in html
    address = f"/models/{ending}/plan/"
    editor.post(address, form_of(editor, address) | {"value": "ends", "words": "not called"})
    html = editor.get("/").content.decode()
    assert "bob: May end: not called" in html
    assert f'href="/models/{ending}/plan/"' not in html


def test_ones_own_models_have_a_tab_with_their_number_that_nobody_else_sees(editor: Client, manager: Client, tune: str):
    assert "What I look after" not in editor.get("/models/").content.decode()
    looked_after(editor, tune, "bob")
    page = editor.get("/models/").content.decode()
    assert re.search(r'href="/models/\?keeper=%40bob"[^>]*>\s*What I look after <span class="count">1</span>', page)
    assert "What I look after" not in manager.get("/models/").content.decode()
    assert re.search(r'aria-current="page">\s*What I look after', editor.get("/models/?keeper=me", follow=True).text)


def test_retirements_say_who_looks_after_the_fine_tunes_and_the_plan(editor: Client, synced):
    tune = CatalogModel.objects.get(name="Meeting notes").model_id
    looked_after(editor, tune, "bob")
    address = f"/models/{tune}/plan/"
    editor.post(address, form_of(editor, address) | {"value": "ends", "words": "not called"})
    html = editor.get("/retirements/").content.decode()
    row = re.search(r'<tr[^>]*data-model-id="open-mistral-nemo".*?</tr>', html, re.DOTALL)[0]
    cells = re.findall(r'data-label="(?:Looked after by|Plan)">(.*?)</td>', row, re.DOTALL)
    assert [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in cells] == ["bob, Nobody", "May end: not called"]
