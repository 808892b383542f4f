"""Saved views over HTTP: saving what one sees, tabs, renaming, sharing, deleting, and who may do which."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.access.roles import Role
from models_ui.catalog import saved_lists
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import save_list
from models_ui.models import AuditEvent, Preferences, SavedList
from tests.conftest import person
from tests.support.pages import text_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
VISION = CatalogQuery(capability=("vision",))
HOSTILE = "\u202e<script>alert('x')</script>\u2067"


def save(owner: User, name: str = "Sees", query: CatalogQuery = VISION, *, shared: bool = False) -> SavedList:
    return save_list(owner=owner, name=name, query=query, shared=shared, now=NOW)


def page(client: Client, address: str, **options) -> str:
    return client.get(address, **options).content.decode()


def tabs(client: Client, address: str) -> list[str]:
    """The tabs of the catalog; the current one in brackets."""
    nav = page(client, address).partition('<nav id="views"')[2].partition("</nav>")[0]
    links = re.findall(r"<a ([^>]*)>(.*?)</a>", nav, re.DOTALL)
    return [f"[{text_of(text)}]" if "aria-current" in attributes else text_of(text) for attributes, text in links]


def address_of_tab(client: Client, name: str) -> str:
    nav = page(client, "/models/").partition('<nav id="views"')[2].partition("</nav>")[0]
    return unescape(
        next(href for href, text in re.findall(r'href="([^"]*)"[^>]*>(.*?)</a>', nav, re.DOTALL) if name in text)
    )


def offers_to_save(client: Client, address: str) -> bool:
    return 'popovertarget="save-view"' in page(client, address)


@pytest.fixture
def editor(bob: User, client_of, synced) -> Client:
    return client_of(bob)


# --- Saving


def test_what_one_sees_is_saved_and_becomes_a_tab(editor: Client, bob: User):
    address = "/models/?capability=vision&sort=-context&page=2"
    query = unescape(re.search(r'name="query" value="([^"]*)" form="save-view"', page(editor, address))[1])
    answer = editor.post("/views/new/", {"name": "Sees  well", "query": query}, follow=True)
    assert "The view “Sees well” is saved." in text_of(answer.content.decode())
    saved = SavedList.objects.get()
    assert (saved.name, saved.owner, saved.shared) == ("Sees well", bob, False)
    assert answer.redirect_chain[-1][0] == f"/models/?capability=vision&sort=-context&view={saved.pk}"
    count = len(re.findall("data-model-id=", answer.content.decode()))
    assert f"[★ Sees well {count}]" in tabs(editor, answer.redirect_chain[-1][0])


def test_a_view_is_saved_on_a_page_of_its_own_too(editor: Client):
    html = page(editor, "/views/new/?capability=vision&context_min=128k&page=3")
    assert "Must be able to: Vision" in text_of(html)
    assert 'name="query" value="capability=vision&amp;context_min=128000"' in html


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "\u200b"}, "Choose a name that can be seen, of at most 60 letters."),
        ({"name": "x" * 61}, "Ensure this value has at most 60 characters"),
        ({"name": "sees"}, "There is a view of this name. Choose another one."),
        ({"query": ""}, "Choose some filters first: all models are a view already."),
        ({"query": "root=" + "&root=".join(f"{number}{'x' * 300}" for number in range(20))}, "too many filters"),
    ],
)
def test_a_view_that_cannot_be_saved_comes_back_with_what_was_typed(editor: Client, bob: User, sent: dict, why: str):
    save(bob)
    answer = editor.post("/views/new/", {"name": "New", "query": "capability=vision", **sent})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert why in unescape(html)
    assert sent.get("name", "New") in unescape(html)
    assert SavedList.objects.count() == 1


def test_a_person_with_as_many_views_as_one_may_have_is_told_so(editor: Client, bob: User, monkeypatch):
    monkeypatch.setattr(saved_lists, "MOST_LISTS", 1)
    save(bob)
    answer = editor.post("/views/new/", {"name": "New", "query": "q=x"})
    assert answer.status_code == 422
    assert "as many as one may have" in answer.content.decode()


def test_viewers_keep_views_of_their_own_and_share_none(viewer: Client, carol: User, synced):
    assert "Everyone sees it" not in page(viewer, "/views/new/?q=x")
    assert 'name="shared"' not in page(viewer, "/models/?q=mistral")
    viewer.post("/views/new/", {"name": "Mine", "query": "q=mistral", "shared": "on"})
    mine = SavedList.objects.get()
    assert not mine.shared
    viewer.post(f"/views/{mine.pk}/", {"name": "Mine", "shared": "on"})
    assert not SavedList.objects.get().shared


def test_an_editor_shares_with_everyone(editor: Client, viewer: Client):
    editor.post("/views/new/", {"name": "Sees", "query": "capability=vision", "shared": "on"})
    assert any(tab.startswith("★ Sees") for tab in tabs(viewer, "/models/"))
    title = re.search(r'title="(Sees, [^"]*)"', page(viewer, "/models/"))[1]
    assert title == "Sees, saved by bob"


def test_a_new_view_may_be_the_one_that_models_opens_with(editor: Client, bob: User):
    editor.post("/views/new/", {"name": "Sees", "query": "capability=vision", "is_default": "on"})
    assert Preferences.objects.get(owner=bob).default_list == SavedList.objects.get()


# --- Tabs


def test_the_open_tab_is_the_view_and_no_other(editor: Client, bob: User):
    save(bob, "Ours by date", CatalogQuery(type=("fine-tuned",), sort="deprecation"))
    open_tabs = [tab for tab in tabs(editor, "/models/?sort=deprecation&type=fine-tuned") if tab.startswith("[")]
    assert len(open_tabs) == 1
    assert open_tabs[0].startswith("[★ Ours by date")
    assert "<title>Ours by date · Models</title>" in page(editor, "/models/?type=fine-tuned&sort=deprecation")


def test_filters_within_a_view_offer_to_change_it_or_to_save_another(editor: Client, bob: User):
    saved = save(bob)
    address = address_of_tab(editor, "Sees")
    assert "Save changes" not in page(editor, address)
    assert not offers_to_save(editor, address)
    html = page(editor, f"{address}&context_min=128k")
    assert any(tab.endswith("changed") for tab in tabs(editor, f"{address}&context_min=128k"))
    assert "Save as new" in html
    form = html.partition(f'action="/views/{saved.pk}/update/"')[2].partition("</form>")[0]
    query = unescape(re.search(r'name="query" value="([^"]*)"', form)[1])
    answer = editor.post(f"/views/{saved.pk}/update/", {"query": query}, follow=True)
    assert "The view “Sees” has these filters now." in text_of(answer.content.decode())
    assert SavedList.objects.get().query == "capability=vision&context_min=128000"


def test_links_and_the_form_of_filters_remember_the_view_one_started_from(editor: Client, bob: User):
    saved = save(bob)
    html = page(editor, f"/models/?capability=vision&view={saved.pk}")
    assert f'<input type="hidden" name="view" value="{saved.pk}" form="filters">' in html
    assert f"sort=name&amp;view={saved.pk}" in html or f"sort=context&amp;view={saved.pk}" in html


def test_everyones_view_with_other_filters_can_only_be_saved_anew(editor: Client, alice: User):
    shared = save(alice, shared=True)
    html = page(editor, f"/models/?capability=vision&context_min=128k&view={shared.pk}")
    assert "Save as new" in html
    assert "Save changes" not in html


def test_the_fragment_for_htmx_brings_the_tabs_along(editor: Client, bob: User):
    save(bob)
    html = page(editor, "/models/?capability=vision", headers={"HX-Request": "true"})
    nav = html.partition('<nav id="views"')[2].partition("</nav>")[0]
    assert 'aria-current="page"' in nav.partition("★")[0].rpartition("<a")[2]


def test_a_view_that_cannot_be_saved_has_no_button(editor: Client):
    assert not offers_to_save(editor, "/models/")
    assert offers_to_save(editor, "/models/?q=mistral")


# --- The page of views


def test_the_page_lists_mine_and_everyones(editor: Client, bob: User, alice: User):
    save(bob, "Mine")
    save(alice, "Hers", shared=True)
    save(alice, "Her secret")
    text = text_of(page(editor, "/views/"))
    assert re.search(r"My views 1 Mine \d+ Must be able to: Vision Only you see it", text)
    assert re.search(r"Everyone’s views 1 Hers \d+ Must be able to: Vision Saved by alice", text)
    assert "Her secret" not in text


def test_without_views_the_page_says_how_to_make_one(viewer: Client):
    assert "No saved view yet" in page(viewer, "/views/")


def test_a_view_is_renamed_shared_and_taken_back(editor: Client, viewer: Client, bob: User):
    saved = save(bob)
    assert editor.post(f"/views/{saved.pk}/", {"name": "Looks", "shared": "on"})["Location"] == "/views/"
    assert "Looks" in page(viewer, "/views/")
    editor.post(f"/views/{saved.pk}/", {"name": "Looks"})
    assert "Looks" not in page(viewer, "/views/")


def test_a_view_becomes_the_one_that_models_opens_with_and_stops_being_it(editor: Client, bob: User):
    saved = save(bob)
    editor.post("/profile/choose/", {"default_view": f"view-{saved.pk}", "next": "/views/"})
    assert "Models opens with it" in page(editor, "/views/")
    assert "checked" in re.search(r'<input[^>]*name="is_default"[^>]*>', page(editor, f"/views/{saved.pk}/"))[0]
    editor.post(f"/views/{saved.pk}/", {"name": "Sees"})
    assert Preferences.objects.get(owner=bob).default_list is None


def test_a_deleted_view_is_gone_from_everywhere(editor: Client, viewer: Client, bob: User):
    saved = save(bob, shared=True)
    viewer.post("/profile/choose/", {"default_view": f"view-{saved.pk}"})
    answer = editor.post(f"/views/{saved.pk}/delete/", follow=True)
    assert "The view “Sees” is deleted." in text_of(answer.content.decode())
    assert not any("Sees" in tab for tab in tabs(viewer, "/models/"))
    assert 'href="/models/"' in page(viewer, "/watching/")
    assert viewer.get(f"/models/?capability=vision&view={saved.pk}").status_code == 200


# --- Who may do what

ACTS = {"saved_list": {"name": "Changed"}, "update": {"query": "q=changed"}, "delete": {}}


def send(client: Client, saved: SavedList, act: str) -> int:
    path = f"/views/{saved.pk}/" if act == "saved_list" else f"/views/{saved.pk}/{act}/"
    return client.post(path, ACTS[act]).status_code


@pytest.mark.parametrize("act", ACTS)
def test_a_private_view_does_not_exist_for_others(act: str, manager: Client, bob: User):
    saved = save(bob)
    assert send(manager, saved, act) == 404
    assert manager.get(f"/views/{saved.pk}/").status_code == 404
    assert SavedList.objects.filter(name="Sees", query="capability=vision").exists()


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 403), (Role.MANAGER, 302)])
def test_a_shared_view_of_another_person_is_changed_by_managers(
    act: str, role: Role, status: int, bob: User, client_of
):
    saved = save(bob, shared=True)
    assert send(client_of(person("dave", role)), saved, act) == status
    untouched = SavedList.objects.filter(name="Sees", query="capability=vision", shared=True).exists()
    assert untouched is (status == 403)


def test_a_refused_change_of_everyones_view_is_recorded(viewer: Client, bob: User):
    saved = save(bob, shared=True)
    for act, kind in (("saved_list", "view.renamed"), ("update", "view.updated"), ("delete", "view.deleted")):
        assert send(viewer, saved, act) == 403
        event = AuditEvent.objects.latest("pk")
        assert (event.kind, event.actor, event.outcome, event.label) == (kind, "carol", "refused", "Sees")
    viewer.get(f"/views/{saved.pk}/")
    assert AuditEvent.objects.filter(outcome="refused").count() == 3
    assert "Needs the Manager role" in text_of(page(viewer, "/activity/"))


def test_a_manager_renames_everyones_view_without_taking_it_from_them(manager: Client, viewer: Client, bob: User):
    saved = save(bob, shared=True)
    assert "Everyone sees it" not in page(manager, f"/views/{saved.pk}/")
    manager.post(f"/views/{saved.pk}/", {"name": "Looks"})
    assert "Looks" in page(viewer, "/views/")


def test_views_of_people_without_access_stay_and_managers_look_after_them(manager: Client, viewer: Client, bob: User):
    saved = save(bob, shared=True)
    bob.delete()
    assert "Its owner’s account is deleted" in page(viewer, "/views/")
    assert send(viewer, saved, "delete") == 403
    assert send(manager, saved, "delete") == 302


# --- Hostile names


def test_a_name_can_neither_turn_nor_run_in_any_page(editor: Client, bob: User, viewer: Client):
    saved = save(bob, HOSTILE, shared=True)
    address = f"/models/?capability=vision&context_min=128k&view={saved.pk}"
    for path in (
        address,
        "/models/?capability=vision",
        "/views/",
        f"/views/{saved.pk}/",
        "/profile/",
        "/activity/",
    ):
        html = page(editor, path)
        assert "<script>alert" not in html, path
        assert "\u202e" not in re.sub(r"<bdi>.*?</bdi>|<input[^>]*>", "", html), path


def test_activity_tells_of_shared_views(editor: Client, viewer: Client, bob: User):
    editor.post("/views/new/", {"name": "Sees", "query": "capability=vision", "shared": "on"})
    editor.post("/views/new/", {"name": "Own", "query": "q=own"})
    saved = SavedList.objects.get(name="Sees")
    editor.post(f"/views/{saved.pk}/", {"name": "Looks", "shared": "on"})
    editor.post(f"/views/{saved.pk}/", {"name": "Looks"})
    text = text_of(re.sub(r"</?(strong|bdi)>", "", page(viewer, "/activity/")))
    for sentence in (
        "bob saved the view “Sees”",
        "bob saved a private view",
        "bob renamed the view “Sees” to “Looks”",
        "bob stopped sharing the view “Looks”",
    ):
        assert sentence in text, text
    assert "Own" not in text


def test_a_view_by_a_number_that_is_none_is_ignored(editor: Client):
    assert "is not one of the values of “view”" in page(editor, "/models/?view=x")
    assert editor.get(f"/models/?view={10**17}").status_code == 200
    assert replace(CatalogQuery(), view=7) != CatalogQuery()
