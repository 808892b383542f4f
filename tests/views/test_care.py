"""Who looks after a model, its tags, its note and its plan: on the model's page, in place and on pages of their own."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.access.verbs import CARE_VERBS, Verb
from models_ui.models import AuditEvent, CatalogModel
from tests.views.test_actions import editor, form_of, manager, tune  # noqa: F401

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


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_the_page_asks_in_place_and_shows_what_was_said(editor: Client, tune: str, verb: Verb):  # noqa: F811
    address = f"/models/{tune}/{verb}/"
    form = form_of(editor, address, **PAGE) | TYPED[verb]
    answer = editor.post(address, form, headers=PAGE)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.count('<article class="model"') == 1
    assert SHOWN[verb] in html
    assert "Undo" in html


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_a_page_of_its_own_does_without_javascript_and_leads_back(editor: Client, tune: str, verb: Verb):  # noqa: F811
    address = f"/models/{tune}/{verb}/"
    answer = editor.post(address, form_of(editor, address) | TYPED[verb])
    assert (answer.status_code, answer["Location"]) == (302, f"/models/{tune}/")
    assert SHOWN[verb] in editor.get(f"/models/{tune}/").content.decode()


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_mistrals_own_models_have_them_too_with_their_history(editor: Client, synced, verb: Verb):  # noqa: F811
    base = CatalogModel.objects.filter(type="base", missing_since=None).exclude(model_id="")[0].model_id
    address = f"/models/{base}/{verb}/"
    editor.post(address, form_of(editor, address) | TYPED[verb])
    html = editor.get(f"/models/{base}/").content.decode()
    assert SHOWN[verb] in html
    assert re.search(r"<strong><bdi>bob</bdi></strong> changed", html)


def test_a_viewer_sees_them_without_controls_and_a_forged_request_is_recorded(editor, carol, client_of, tune):  # noqa: F811
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


def test_somebody_elses_change_is_shown_beside_ones_own(editor: Client, manager: Client, tune: str):  # noqa: F811
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
    editor,  # noqa: F811
    tune,  # noqa: F811
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


def test_a_person_without_access_any_more_is_struck_out_and_may_stay(editor: Client, alice: User, tune: str):  # noqa: F811
    address = f"/models/{tune}/assign/"
    editor.post(address, form_of(editor, address) | {"value": "alice"})
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert re.search(r"<del[^>]*>alice</del>", editor.get(f"/models/{tune}/").content.decode())
    assert editor.post(address, form_of(editor, address) | {"value": "@alice, bob"}).status_code == 302
    assert row_of(tune).keepers == ["@alice", "@bob"]


def test_hostile_words_stay_words(editor: Client, tune: str):  # noqa: F811
    typed = {"tag": "<b>x</b>, \u202eevil", "note": "javascript:alert(1) <i>x</i> \u202ehttps://a.b/\u202e"}
    for verb, value in typed.items():
        address = f"/models/{tune}/{verb}/"
        editor.post(address, form_of(editor, address) | {"value": value})
    html = editor.get(f"/models/{tune}/").content.decode()
    assert "<b>x" not in html
    assert "<i>x" not in html
    assert 'href="javascript:' not in html
    assert '">evil</a>' in html
