"""The overview: what ends with what, what needs somebody, and what changed. Every number leads to what it counts."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.store import load_index
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogModel
from sandbox import Sandbox
from sandbox.synthetic import synthetic_entries
from tests.support.pages import part, text_of


def count_at(address: str) -> int:
    """How many models the catalog has for an address."""
    query = CatalogQuery.parse(unescape(address).partition("?")[2]).query
    return load_index(timezone.now()).count(query)


def overview(client: Client) -> str:
    return client.get("/").content.decode()


def picture_of(html: str) -> str:
    return part(html, '<div class="ends-picture">', "</ol>")


@pytest.mark.usefixtures("synced")
def test_the_sentence_counts_the_fine_tunes_at_risk_and_leads_to_them(viewer: Client):
    html = part(overview(viewer), '<h1 class="overview-sentence">', "</h1>")
    address, number, live = re.search(r'href="([^"]*)"><strong>(\d+) of our (\d+) live fine-tunes', html).groups()
    assert count_at(address) == int(number) == 3
    assert int(live) == 11
    assert "lose their base model by" in html


@pytest.mark.usefixtures("synced")
def test_every_number_below_the_sentence_is_the_count_of_the_view_it_leads_to(viewer: Client):
    html = part(overview(viewer), '<div class="at-a-glance">', "</p>")
    links = re.findall(r'href="([^"]*)">\s*(\d+)', html)
    assert len(links) == 2
    for address, number in links:
        assert count_at(address) == int(number), address


@pytest.mark.usefixtures("synced")
def test_base_models_stand_by_their_end_with_their_fine_tunes(viewer: Client):
    shown = text_of(picture_of(overview(viewer)))
    order = ["pixtral-12b-2409", "open-mistral-nemo", "ministral-8b-2512", "open-mistral-7b"]
    assert [shown.index(name) for name in order] == sorted(shown.index(name) for name in order)
    assert shown.index("pixtral-12b-2409") < shown.index("Parcel damage") < shown.index("open-mistral-nemo")
    assert "→ ministral-14b-2512" in shown
    assert "no end date" in shown
    assert "gone from Mistral’s list" in shown


def test_of_a_large_family_the_rest_is_counted_and_leads_to_all_of_it(viewer: Client, sandbox: Sandbox):
    pattern = sandbox.catalog.find(sandbox.catalog.fine_tunes()[0])
    many = [f"{pattern['id']}-{number}" for number in range(60)]
    sandbox.catalog.add(*({**pattern, "id": each, "name": f"Trial {each[-2:]}"} for each in many))
    run_sync()
    for address in ("/", f"/models/{many[0]}/"):
        html = viewer.get(address).content.decode()
        found = [each for each in re.findall(r'class="others" href="([^"]*)">\s*\+ (\d+)', html) if int(each[1]) > 40]
        assert len(found) == 1, address
        leads_to, rest = found[0]
        assert int(rest) < count_at(leads_to), address
        assert count_at(leads_to) > 60, address


@pytest.mark.usefixtures("synced")
def test_the_table_says_what_the_picture_says(viewer: Client):
    html = overview(viewer)
    names = re.findall(r'<a href="/models/[^"]*">(?:<span[^>]*>)?([^<]+)', picture_of(html))
    table = text_of(part(html, '<details id="ends-table">', "</details>"))
    assert names
    for name in names:
        assert name.rpartition("…")[2] in table, name


@pytest.mark.usefixtures("synced")
def test_fine_tunes_at_risk_need_somebody_the_soonest_first(viewer: Client):
    html = part(overview(viewer), 'id="needs-somebody"', "</section>")
    assert len(re.findall(r"data-model-id=", html)) == 3
    assert text_of(html).index("Parcel damage") < text_of(html).index("Meeting notes")
    assert "its base model ends" in html


@pytest.mark.usefixtures("synced")
def test_an_outcome_that_nobody_knows_can_be_checked_from_here(viewer: Client, sandbox: Sandbox):
    tune = sandbox.catalog.fine_tunes()[0]
    AuditEvent.objects.create(
        at=timezone.now() - timedelta(hours=1),
        action_id="a1",
        kind="model.archived",
        outcome="unknown",
        actor="bob",
        model_id=tune,
        label="Support triage",
        hash="h1",
    )
    html = part(overview(viewer), 'id="needs-somebody"', "</section>")
    assert 'formaction="/activity/a1/settle/"' in html
    assert "whether that worked is not known" in html


def test_without_fine_tunes_the_page_says_so_and_what_ends_next(viewer: Client, sandbox: Sandbox):
    sandbox.catalog.replace([entry for entry in sandbox.catalog.entries() if entry["type"] == "base"])
    run_sync()
    html = overview(viewer)
    assert "We have no fine-tunes" in html
    assert "Stops working next" in html
    assert "ends-picture" not in html


def test_a_catalog_without_dates_has_nothing_at_risk(viewer: Client, sandbox: Sandbox):
    sandbox.catalog.replace([entry | {"deprecation": None} for entry in sandbox.catalog.entries()])
    run_sync()
    html = overview(viewer)
    assert "All our 11 live fine-tunes" in html
    assert "Nothing needs anybody right now." in html


@pytest.mark.usefixtures("synced")
def test_archived_fine_tunes_alone_are_not_at_risk(viewer: Client, sandbox: Sandbox):
    sandbox.catalog.replace([entry | {"archived": True} for entry in sandbox.catalog.entries()])
    CatalogModel.objects.all().delete()
    run_sync()
    assert "are archived, so nothing is at risk" in text_of(overview(viewer))


def test_before_the_first_sync_the_page_says_so_and_offers_one(viewer: Client, sandbox: Sandbox):
    html = overview(viewer)
    assert "No models yet" in html
    assert "<svg" not in html


def test_when_nothing_has_changed_that_is_said(viewer: Client, synced):
    assert "Nothing has changed." in overview(viewer)


def test_hundreds_of_base_models_leave_the_picture_short(viewer: Client, sandbox: Sandbox):
    tune = next(entry for entry in sandbox.catalog.entries() if entry["type"] == "fine-tuned")
    sandbox.catalog.add(
        *({**tune, "id": f"ft:base-{n}:x:{n}", "root": f"base-{n}", "job": f"j{n}"} for n in range(300))
    )
    run_sync()
    html = overview(viewer)
    assert html.count('class="family') == 8
    assert re.search(r"\d+ more base models", html)


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
    assert counts[0] == counts[1] <= 8


def test_a_models_page_takes_no_more_queries_with_more_models(viewer: Client, sandbox: Sandbox):
    tune = sandbox.catalog.fine_tunes()[0]
    counts = []
    for models in ((), synthetic_entries(300, anchor=datetime.now(UTC).date())):
        sandbox.catalog.add(*models)
        run_sync()
        viewer.get(f"/models/{tune}/")
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get(f"/models/{tune}/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 11


def test_a_stranger_is_sent_to_the_login_page(client: Client, db):
    assert client.get("/")["Location"] == "/accounts/login/?next=/"


def test_the_brand_and_the_navigation_lead_here(viewer: Client, synced):
    html = viewer.get("/models/").content.decode()
    assert '<a class="brand" href="/">' in html
    assert re.search(r'<a href="/"[^>]*>\s*Overview', html)
    assert 'aria-current="page" data-key="go">Overview' in overview(viewer)


@pytest.mark.parametrize("address", ["/", "/models/", "/retirements/", "/changes/", "/activity/"])
def test_the_navigation_marks_the_page_one_is_on(viewer: Client, synced, address: str):
    html = viewer.get(address).content.decode()
    assert re.findall(r'<a href="([^"]*)" aria-current="page"', html.partition("</nav>")[0]) == [address]
