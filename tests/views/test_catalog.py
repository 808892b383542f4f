"""The catalog's page as a person meets it."""

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from models_ui.mirror.sync import run_sync
from tests.conftest import PASSWORD
from tests.support.pages import rows


@pytest.mark.usefixtures("synced")
def test_every_real_model_is_one_row(viewer: Client):
    html = viewer.get("/models/?per_page=100").content.decode()
    assert len(rows(html)) == 43
    assert "43 models" in html


def test_a_stranger_is_sent_to_the_login_page_and_back(client: Client, carol):
    response = client.get("/models/?type=base")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/models/%3Ftype%3Dbase"
    response = client.post(response["Location"], {"login": "carol", "password": PASSWORD})
    assert response["Location"] == "/models/?type=base"


def test_an_htmx_request_without_a_session_leads_the_whole_page_to_the_login(client: Client, db):
    response = client.get("/models/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/models/?q=x"})
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/accounts/login/?next=/models/%3Fq%3Dx"


@pytest.mark.usefixtures("synced")
def test_a_pasted_address_with_bare_accents_is_understood(viewer: Client):
    bare = "q=réécrit".encode().decode("latin-1")
    html = viewer.get("/models/", QUERY_STRING=bare).content.decode()
    assert 'value="réécrit"' in html
    assert len(rows(html)) == 1


def test_an_id_leads_to_what_it_means_today_rather_than_to_what_it_once_meant(viewer: Client, sandbox, synced):
    entry = dict(sandbox.catalog.find("mistral-embed"))
    sandbox.catalog.add({**entry, "id": "old-embed", "name": "old-embed", "aliases": []})
    run_sync()
    sandbox.catalog.remove("old-embed")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(2):  # what is gone from Mistral’s list is missing once an hour has confirmed it
            clock.shift(3600)
            run_sync()
    assert "Gone from Mistral’s list since" in viewer.get("/models/old-embed/").content.decode()
    sandbox.catalog.add({**entry, "id": "old-embed", "name": entry["name"], "aliases": [entry["id"]]})
    run_sync()
    response = viewer.get("/models/old-embed/", follow=True)
    assert "leads to this model today" in response.content.decode()


def test_ids_no_address_can_carry_break_no_page_that_refers_to_them(viewer: Client, sandbox, db):
    base = dict(sandbox.catalog.find("codestral-2508"))
    tune = dict(sandbox.catalog.find("ft:ministral-3b-latest:7c1e52d8:20250522:6b4cb242"))
    when = "2030-01-31T12:00:00Z"
    odd = {**base, "id": "a/b", "name": "a/b", "aliases": ["c?d"]}
    good = {
        **base,
        "id": "good",
        "name": "good",
        "aliases": [],
        "deprecation": when,
        "deprecation_replacement_model": "a/b",
    }
    itself = {**good, "id": "self", "name": "self", "deprecation_replacement_model": "self"}
    twin = {**odd, "name": "twin", "aliases": []}
    sandbox.catalog.replace([odd, twin, good, itself, {**tune, "root": "a/b"}])
    run_sync()
    for address in (
        "/models/",
        "/models/good/",
        "/models/self/",
        f"/models/{tune['id']}/",
        "/retirements/",
        "/",
        "/changes/",
    ):
        assert viewer.get(address).status_code == 200, address
    html = viewer.get("/models/").content.decode()
    assert {"good", "self", "a/b", tune["id"]} <= set(rows(html))
    html = viewer.get("/models/?type=base").content.decode()
    assert '<code title="a/b">a/b</code>' in html
    assert html.count('href="/models/self/"') == 2  # its name and its menu, but not as what replaces it


def test_entries_that_were_no_objects_are_told_on_the_page(viewer: Client, sandbox, db):
    sandbox.catalog.add(None, 7, "text")
    run_sync()
    assert "3 entries of the list could not be read" in viewer.get("/models/").content.decode()
