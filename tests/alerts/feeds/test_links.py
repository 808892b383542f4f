"""Links that are read elsewhere lead to where people reach the dashboard, whatever name a request came by."""

import re
from html import unescape

import pytest
from django.core import mail
from django.test import Client
from django.urls import set_script_prefix
from django.utils import timezone

from models_ui.models import CatalogChange
from models_ui.public_url import full_address
from tests.alerts.digest.conftest import run
from tests.alerts.feeds.conftest import MEDIUM, Feed, read

ADDRESSES = ("https://models.example.org", "http://10.1.2.3:8443", "https://example.org/tools/models")


def links_of(feed: Feed, host: str) -> list[str]:
    CatalogChange.objects.create(kind="model.added", model_id=MEDIUM, at=timezone.now())
    calendar = read(feed.ics, host=host).content.replace(b"\r\n ", b"").decode().replace("\\n", "\n")
    news = unescape(read(feed.atom, host=host).content.decode())
    found = re.findall(r"https?://[^\s\"<\\]+", calendar) + re.findall(r'href="([^"]+)"', news)
    assert len(found) > 15
    return found


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("host", ["testserver", "localhost"])
def test_links_of_feeds_lead_to_the_dashboards_own_address(carol, make, synced, settings, address: str, host: str):
    settings.DASHBOARD_URL = address
    found = links_of(make(carol), host)
    assert f"{address}/models/{MEDIUM}/" in found
    assert all(link.startswith(f"{address}/") for link in found)


@pytest.mark.parametrize("host", ["testserver", "localhost:8123"])
def test_without_such_an_address_links_of_feeds_lead_to_the_host_they_were_asked_at(carol, make, synced, host: str):
    assert all(link.startswith(f"http://{host}/") for link in links_of(make(carol), host))


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_secret_address_is_shown_as_calendars_can_reach_it(viewer: Client, synced, settings, address: str):
    settings.DASHBOARD_URL = address
    page = viewer.get("/feeds/").content.decode()
    form_id = re.search(r'name="form_id" value="(\w+)"', page)[1]
    answer = viewer.post("/feeds/", {"name": "Team", "language": "en", "query": "", "form_id": form_id})
    shown = re.findall(r'<code id="made-\w+">([^<]+)</code>', answer.content.decode())
    assert len(shown) == 2
    assert all(each.startswith(f"{address}/feeds/feed-") for each in shown)


@pytest.mark.parametrize("prefix", ["/tools/models/", "/tools/models"])
def test_below_a_path_that_path_is_said_once(settings, rf, prefix: str):
    set_script_prefix(prefix)
    try:
        settings.DASHBOARD_URL = "https://example.org/tools/models"
        assert full_address("/tools/models/changes/") == "https://example.org/tools/models/changes/"
        settings.DASHBOARD_URL = ""
        assert full_address("/tools/models/changes/", rf.get("/")) == "http://testserver/tools/models/changes/"
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize("address", ["", *ADDRESSES])
def test_a_mail_for_a_new_password_leads_there_too(carol, client: Client, settings, address: str):
    settings.DASHBOARD_URL = address
    client.post("/accounts/password/reset/", {"email": carol.email}, headers={"host": "localhost"})
    (letter,) = mail.outbox
    (link,) = re.findall(r"https?://\S+", letter.body)
    assert link.startswith(f"{address or 'http://localhost'}/accounts/password/reset/key/")
    text = f"{letter.subject}\n{letter.body}"
    assert ("localhost" in text) is (not address)
    assert client.get(link.removeprefix(address or "http://localhost"), follow=True).status_code == 200


def test_a_digest_without_such_an_address_links_to_this_machine(synced, settings, carol):
    from tests.alerts.digest.conftest import store_digest_choice

    settings.DASHBOARD_URL = ""
    store_digest_choice(owner=carol, scope="everything", language="en", now=timezone.now())
    shown = run("--dry-run").output
    assert f"http://127.0.0.1:{settings.PORT}/" in shown
    settings.DASHBOARD_URL = "https://models.example.org"
    assert "127.0.0.1" not in run("--dry-run").output


def test_the_address_is_unset_unless_it_is_set_and_has_to_be_one(load):
    assert load()["DASHBOARD_URL"] == ""
    assert load(DASHBOARD_URL="https://models.example.org/")["DASHBOARD_URL"] == "https://models.example.org"
    with pytest.raises(Exception, match="DASHBOARD_URL must begin with"):
        load(DASHBOARD_URL="models.example.org")
