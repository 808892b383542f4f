"""The start page: every number on it leads to exactly as many models, and nothing on it is made up."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.store import load_index
from models_ui.mirror.sync import run_sync
from models_ui.views.home import LINKS
from sandbox import Sandbox
from sandbox.synthetic import synthetic_entries
from tests.support.pages import part, text_of


def count_at(client: Client, address: str) -> int:
    """How many models the catalog says it shows at an address."""
    html = client.get(address, follow=True).content.decode()
    return int(re.search(r'id="count"[^>]*>\s*(\d+)', html)[1])


def linked_counts(html: str) -> list[tuple[str, int]]:
    """Each link of the page into the catalog that says a number, with that number."""
    found = []
    for address, inside in re.findall(r'<a[^>]* href="(/models/\?[^"]*)"[^>]*>(.*?)</a>', html, re.DOTALL):
        numbers = re.findall(r'<strong>(\d+)</strong>|<span class="count">(\d+)</span>|^(\d+)\b', inside.strip())
        if numbers:
            found.append((unescape(address), int("".join(numbers[0]))))
    return found


@pytest.mark.usefixtures("synced")
def test_every_number_is_the_count_of_the_catalog_view_it_leads_to(viewer: Client):
    html = viewer.get("/").content.decode()
    counts = linked_counts(html)
    assert len(counts) > 20
    for address, number in counts:
        assert count_at(viewer, address) == number, address


@pytest.mark.usefixtures("synced")
def test_the_number_of_fine_tunes_at_risk_is_what_the_page_of_retirements_lists(viewer: Client):
    html = viewer.get("/").content.decode()
    number = int(re.search(r'href="/retirements/\?type=fine-tuned"><strong>(\d+)', html)[1])
    listed = viewer.get("/retirements/?type=fine-tuned").content.decode()
    assert number == len(re.findall(r"data-risk=", listed)) == 4


@pytest.mark.usefixtures("synced")
def test_the_next_five_are_those_the_catalog_sorts_first(viewer: Client):
    html = viewer.get("/").content.decode()
    shown = re.findall(r'data-model-id="([^"]*)"', part(html, '<ol class="next">', "</ol>"))
    index = load_index(timezone.now())
    rows = index.matches(CatalogQuery(lifecycle=("retiring",), sort="deprecation"))
    assert shown == [row.model_id for row in rows[:5]]
    assert text_of(part(html, '<ol class="next">', "</ol>")).startswith("in 9 days")


def test_the_table_beside_the_plot_holds_every_live_model_of_known_context(viewer: Client, synced):
    html = viewer.get("/").content.decode()
    numbers = [int(each) for each in re.findall(r"<td><a[^>]*>(\d+)</a></td>\s*<td>", html)]
    assert sum(numbers) == count_at(viewer, "/models/?status=at_risk&status=live&status=past_date&status=retiring")
    assert html.count("<circle") >= sum(numbers)


def test_before_the_first_sync_the_page_says_so_and_offers_one(viewer: Client, sandbox: Sandbox):
    html = viewer.get("/").content.decode()
    assert "No models yet" in html
    assert "<svg" not in html


def test_when_nothing_has_changed_that_is_said(viewer: Client, synced):
    html = viewer.get("/").content.decode()
    assert "Nothing has changed at Mistral so far." in html


def test_a_catalog_without_dates_says_so(viewer: Client, sandbox: Sandbox):
    sandbox.catalog.replace([entry | {"deprecation": None} for entry in sandbox.catalog.entries()])
    run_sync()
    html = viewer.get("/").content.decode()
    assert "gives no date ahead" in html


def test_links_without_models_are_left_out(viewer: Client, sandbox: Sandbox):
    sandbox.catalog.replace([entry for entry in sandbox.catalog.entries() if entry["id"] == "mistral-embed"])
    run_sync()
    html = viewer.get("/").content.decode()
    quick = part(html, '<ul class="quick">', "</ul>")
    assert "<a" not in quick
    assert len(LINKS) > 5


def test_numbers_change_with_the_clock_alone(viewer: Client, sandbox: Sandbox):
    today = datetime.now(UTC).replace(hour=11, minute=59, second=59, microsecond=0)
    noon = today + timedelta(days=9, seconds=1)
    with time_machine.travel(noon - timedelta(seconds=1), tick=False) as clock:
        run_sync()
        before = text_of(viewer.get("/").content.decode())
        clock.move_to(noon)
        after = text_of(viewer.get("/").content.decode())
    assert "8 Retiring" in before
    assert "today" in before
    assert "7 Retiring" in after
    assert "2 are past their date" in after


@pytest.mark.parametrize("address", ["/", "/retirements/"])
def test_more_models_take_no_more_queries(viewer: Client, sandbox: Sandbox, address: str):
    counts = []
    for models in ((), synthetic_entries(300, anchor=datetime.now(UTC).date())):
        sandbox.catalog.add(*models)
        run_sync()
        viewer.get(address)  # builds the index
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


def test_a_stranger_is_sent_to_the_login_page(client: Client, db):
    assert client.get("/")["Location"] == "/accounts/login/?next=/"


def test_the_brand_and_the_navigation_lead_here(viewer: Client, synced):
    html = viewer.get("/models/").content.decode()
    assert '<a class="brand" href="/">' in html
    assert re.search(r'<a href="/">\s*Overview', html)
    assert 'aria-current="page">Overview' in viewer.get("/").content.decode()


@pytest.mark.parametrize("address", ["/", "/models/", "/retirements/", "/changes/", "/activity/"])
def test_the_navigation_marks_the_page_one_is_on(viewer: Client, synced, address: str):
    html = viewer.get(address).content.decode()
    assert re.findall(r'<a href="([^"]*)" aria-current="page">', html.partition("</nav>")[0]) == [address]
