"""A model whose id no address can carry has a page all the same, which everything leads to; upstream never sees the id."""

import re
from html import unescape
from urllib.parse import quote, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.access.policy import ActionDenied
from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.alerts import watch_list
from models_ui.alerts.digest.content import digest_for
from models_ui.catalog.links import address_of_id
from models_ui.catalog.store import load_index
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogChange, CatalogModel, DigestReader
from models_ui.vocabulary import id_is_routable
from sandbox import Sandbox
from tests.alerts.feeds.conftest import entries, fetched, make  # noqa: F401  # a fixture
from tests.alerts.feeds.conftest import events as calendar_events
from tests.support import verbs
from tests.support.pages import part, text_of

WHEN = "2030-01-31T12:00:00Z"
HOSTILE = (
    "a/b",
    "/",
    "../files/abc?x=1#y",
    "..",
    ".",
    "a?b",
    "a#b",
    "a\\b",
    "a%2fb",
    "a b",
    " ",
    "a\nb",
    "a\0b",
    "a\u202eb",
    "\ud800",
    "by-digest/x",
    "x" * 257,
    "x" * 300,
    "x" * 301,
    "é" * 1000,
)


def named(model_id: str) -> str:
    return f"{model_id[:20]!a}-{len(model_id)}"


@pytest.fixture
def hostile(request, sandbox: Sandbox, db) -> str:
    """An id that upstream lists for a fine-tune."""
    tune = sandbox.catalog.find(sandbox.catalog.fine_tunes()[0])
    sandbox.catalog.add({**tune, "id": request.param, "name": None, "description": "odd", "deprecation": WHEN})
    assert run_sync().outcome == "synced"
    sandbox.log.clear()
    return request.param


def every_hostile(ids=HOSTILE):
    return pytest.mark.parametrize("hostile", ids, ids=named, indirect=True)


def row_of_it() -> CatalogModel:
    return CatalogModel.objects.get(description="odd")


def address_in(html: str) -> str:
    """Where the catalog's row of it leads."""
    rows = re.findall(r"<tr .*?</tr>", html, re.DOTALL)
    (row,) = (row for row in rows if "/models/by-digest/" in row and "Premier" not in row)
    return unescape(re.search(r'<a class="name[^"]*" href="([^"]*)"', row)[1])


@every_hostile()
def test_the_catalog_leads_to_a_page_that_only_reads(alice, client_of, sandbox, hostile: str):
    client = client_of(alice)
    address = address_in(client.get("/models/?per_page=100").content.decode())
    assert re.fullmatch(r"/models/by-digest/[0-9a-f]{40}/", address)
    page = client.get(address)
    assert page.status_code == 200
    html = page.content.decode()
    assert "No address can carry this id." in html
    assert not re.search(r"/(archive|delete|rename|describe|protect|unarchive)/", html)
    assert "Call it" not in html and "MISTRAL_API_KEY" not in html
    assert "Mistral’s raw answer" in html
    assert sandbox.calls == []


@every_hostile()
def test_an_unroutable_id_in_an_address_ends_at_its_own_page_or_at_none(viewer: Client, sandbox, hostile: str):
    response = viewer.get(f"/models/{quote(hostile.encode('utf-8', 'replace'), safe='')}/", follow=True)
    assert len(response.redirect_chain) <= 2
    assert response.status_code in (200, 404) or (response.status_code == 400 and "\0" in hostile)
    if response.status_code == 200:
        assert response.redirect_chain[0][0].startswith("/models/by-digest/")
    assert sandbox.calls == []


@pytest.mark.parametrize("length", [257, 299, 300, 301, 302, 5000])
@pytest.mark.parametrize("name", [None, "x", "own"])
def test_a_long_id_leads_to_its_page_at_once(viewer: Client, sandbox, db, length: int, name: str | None):
    model_id = "x" * length
    entry = {**sandbox.catalog.find("codestral-2508"), "id": model_id, "aliases": []}
    sandbox.catalog.replace([{**entry, "name": model_id if name == "own" else name, "description": "odd"}])
    run_sync()
    response = viewer.get(f"/models/{model_id}/", follow=True)
    assert response.status_code == 200
    assert len(response.redirect_chain) == 1
    assert b"No address can carry this id." in response.content


@every_hostile(["a/b", "..", "x" * 301])
def test_every_action_on_it_is_refused_and_told_with_a_link_to_its_page(alice, client_of, sandbox, hostile: str):
    model_id = row_of_it().model_id
    for act in (verbs.archive_model, perform.delete_model, verbs.protect_model):
        with pytest.raises(ActionDenied, match="Its id cannot be part of an address"):
            act(context=Context(actor=alice), model_id=model_id)
    client = client_of(alice)
    html = client.get("/activity/").content.decode()
    assert f'href="{address_of_id(model_id)}"' in html
    assert client.get(address_of_id(model_id)).status_code == 200
    action_id = AuditEvent.objects.filter(kind="model.archived").get().action_id
    assert client.get(f"/activity/{action_id}/undo/").status_code in (200, 403)
    for headers in ({}, {"HX-Request": "true"}):
        assert client.post(f"/activity/{action_id}/undo/", headers=headers).status_code in (200, 302, 403)
    assert sandbox.calls == []


@every_hostile(["a/b", "..", "a b", "x" * 301])
def test_feeds_and_digests_lead_to_its_page(carol: User, sandbox, make, hostile: str, settings):  # noqa: F811
    row = row_of_it()
    address = address_of_id(row.model_id)
    CatalogChange.objects.create(kind="deprecation.moved", model_id=row.model_id, at=row.first_seen_at, after=WHEN)
    feed = make(carol)
    (link,) = (entry.find("{*}link").get("href") for entry in entries(fetched(feed.atom)))
    assert urlsplit(link).path == address
    assert any(urlsplit(str(event["URL"])).path == address for event in calendar_events(fetched(feed.ics)).values())
    reader = DigestReader(scope=DigestReader.Scope.EVERYTHING, since=row.first_seen_at.replace(year=2000))
    settings.DASHBOARD_URL = "https://models.example.org"
    now = row.first_seen_at
    links = [item.link for item in digest_for(reader, load_index(now), now).items]
    assert f"https://models.example.org{address}" in links


@every_hostile(["a/b", "a b", "x" * 301])
def test_an_unroutable_model_can_be_watched_and_the_list_leads_to_its_page(
    carol: User, client_of, sandbox, hostile: str
):
    row = row_of_it()
    now = row.first_seen_at
    client = client_of(carol)
    page = client.get(address_of_id(row.model_id)).content.decode()
    assert "/watching/add/" in page
    client.post("/watching/add/", {"model_id": row.model_id})
    (entry,) = watch_list.watch_list(watch_list.watches_of(carol), load_index(now), now)
    assert entry.address == address_of_id(row.model_id)
    assert entry.address in client.get("/watching/").content.decode()


def test_an_alias_that_no_address_can_carry_leads_to_its_model(viewer: Client, sandbox, db):
    entry = {**sandbox.catalog.find("codestral-2508"), "id": "good", "name": "good", "aliases": ["c?d/e"]}
    sandbox.catalog.replace([entry, {**entry, "id": "other", "name": "other", "aliases": [], "deprecation": WHEN}])
    sandbox.catalog.update("other", deprecation_replacement_model="c?d/e")
    run_sync()
    address = address_of_id("c?d/e")
    assert f'href="{address}"' in viewer.get("/models/?type=base").content.decode()
    response = viewer.get(address, follow=True)
    assert response.redirect_chain == [("/models/good/?alias=c%3Fd%2Fe", 302)]
    assert b"leads to this model today" in response.content


def test_two_models_of_such_an_id_are_a_choice_and_each_has_its_page(viewer: Client, sandbox, db):
    entry = {**sandbox.catalog.find("codestral-2508"), "aliases": []}
    sandbox.catalog.replace([{**entry, "id": "a/b", "name": "a/b"}, {**entry, "id": "a/b", "name": "twin"}])
    run_sync()
    html = viewer.get(address_of_id("a/b")).content.decode()
    assert "a/b means more than one model" in html
    choices = {unescape(each) for each in re.findall(r'href="(/models/by-digest/[^"]*)"', html)}
    assert len(choices) == 2
    pages = [viewer.get(choice) for choice in choices]
    assert {page.status_code for page in pages} == {200}
    assert {page.context["each"].row.name for page in pages} == {"a/b", "twin"}


def test_models_without_an_id_have_pages_of_their_own(viewer: Client, sandbox, db):
    tune = sandbox.catalog.find(sandbox.catalog.fine_tunes()[0])
    sandbox.catalog.add({**tune, "id": "", "name": "Premier"}, {**tune, "id": "", "name": None, "description": "odd"})
    run_sync()
    address = address_in(viewer.get("/models/?per_page=100").content.decode())
    html = viewer.get(address).content.decode()
    assert re.search(r"<h1>.*\(no id\).*</h1>", html, re.DOTALL)
    family = part(html, 'aria-labelledby="family"', "</section>")
    assert "(no id) this one" in text_of(family)
    assert "Premier" in family  # a sibling
    assert "Premier" not in html.replace(family, "")
    choice = viewer.get(address.partition("?")[0]).content.decode()
    assert "Several models have no id" in choice
    assert "Premier" in choice


def test_a_digest_that_stands_for_nothing_is_not_found(viewer: Client, synced):
    response = viewer.get(f"/models/by-digest/{'0' * 40}/")
    assert response.status_code == 404
    assert b"No model answers to this id" in response.content
    # That of an id that an address can carry stands for nothing either: each model has one address.
    assert id_is_routable("codestral-2508")
    assert viewer.get("/models/by-digest/codestral-2508/").status_code == 404


def test_a_model_that_is_called_by_digest_keeps_its_own_addresses(alice, client_of, sandbox, db):
    tune = sandbox.catalog.find(sandbox.catalog.fine_tunes()[0])
    sandbox.catalog.add({**tune, "id": "by-digest", "name": "Odd"})
    run_sync()
    client = client_of(alice)
    assert client.get("/models/by-digest/").status_code == 200
    assert client.post("/models/by-digest/archive/").status_code == 302
    assert sandbox.catalog.find("by-digest")["archived"] is True
