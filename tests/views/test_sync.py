"""The Refresh button, the sync of a stale page behind itself, and that no page ever waits for upstream."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from models_ui.mirror.sync import run_sync
from models_ui.models import Lease, Mirror, SyncRun
from sandbox import Sandbox

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/models/?type=base"}
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def asks_by_itself(page: str) -> bool:
    return "by_itself" in page


def version() -> str:
    return Mirror.objects.get().version


@pytest.mark.usefixtures("db")
def test_a_sync_by_a_stranger_does_nothing(client: Client, sandbox: Sandbox):
    assert client.post("/sync/")["Location"].startswith("/accounts/login/")
    answer = client.post("/sync/", headers=HTMX)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/models/%3Ftype%3Dbase"
    assert sandbox.calls == []


def test_a_viewer_may_refresh_and_the_run_names_who_asked(viewer: Client, sandbox: Sandbox):
    assert viewer.post("/sync/")["Location"] == "/models/"
    assert sandbox.counts == {"list": 1}
    assert SyncRun.objects.get().asked_by == "carol"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_without_its_token_nothing_is_synced_and_a_readable_page_says_so(carol, client_of, sandbox: Sandbox, headers):
    client = client_of(carol, enforce_csrf_checks=True)
    client.get("/models/")
    answer = client.post("/sync/", headers=headers)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "This page was open for too long" in page
    assert "Nothing was changed." in page
    assert answer["X-Request-ID"] in page
    assert sandbox.calls == []
    # htmx would otherwise put the whole page where the line about freshness was.
    assert answer.get("HX-Retarget") == ("#main" if headers else None)


def test_the_token_of_the_page_is_accepted_from_a_form_and_from_htmx(carol, client_of, sandbox: Sandbox):
    client = client_of(carol, enforce_csrf_checks=True)
    page = client.get("/models/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    assert client.post("/sync/", {"csrfmiddlewaretoken": token}).status_code == 302
    assert client.post("/sync/", {"csrfmiddlewaretoken": token}, headers=HTMX).status_code == 200
    assert sandbox.counts == {"list": 2}


@pytest.mark.parametrize(
    ("given", "leads_to"),
    [
        ("/models/?type=base&type=fine-tuned&q=a%26b", "/models/?type=base&type=fine-tuned&q=a%26b"),
        ("http://testserver/models/?q=x", "http://testserver/models/?q=x"),
        ("", "/models/"),
        ("https://evil.example/", "/models/"),
        ("//evil.example/", "/models/"),
        ("/\\evil.example", "/models/"),
        ("///evil.example", "/models/"),
        ("javascript:alert(1)", "/models/"),
        ("http:evil.example", "/models/"),
        (" https://evil.example", "/models/"),
        ("\x08//evil.example", "/models/"),
    ],
)
def test_the_form_leads_back_to_its_page_and_never_elsewhere(viewer: Client, sandbox: Sandbox, given, leads_to):
    answer = viewer.post("/sync/", {"next": given})
    assert (answer.status_code, answer["Location"]) == (302, leads_to)


def test_looking_syncs_nothing(viewer: Client, sandbox: Sandbox):
    assert viewer.get("/sync/")["Location"] == "/models/"
    answer = viewer.get("/sync/", headers=HTMX)
    assert answer.status_code == 200
    assert viewer.head("/sync/").status_code == 302
    assert sandbox.calls == []
    assert SyncRun.objects.count() == 0


@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
def test_no_other_verb_is_taken(viewer: Client, sandbox: Sandbox, verb: str):
    assert getattr(viewer, verb)("/sync/").status_code == 405
    assert sandbox.calls == []


@pytest.mark.usefixtures("synced")
def test_htmx_gets_the_line_about_freshness_and_nothing_around_it(viewer: Client):
    answer = viewer.post("/sync/", {"version": version()}, headers=HTMX)
    fragment = answer.content.decode().strip()
    assert fragment.startswith('<div id="freshness"')
    assert "<html" not in fragment
    assert "just now" in fragment
    assert f'name="version" value="{version()}"' in fragment
    assert 'name="next" value="/models/?type=base"' in fragment
    assert viewer.post("/sync/", headers={**HTMX, "HX-Boosted": "true"}).status_code == 302


def test_the_rows_are_told_to_load_exactly_when_there_is_something_new(viewer: Client, synced, sandbox: Sandbox):
    def press() -> tuple[str | None, str]:
        answer = viewer.post("/sync/", {"version": seen}, headers=HTMX)
        return answer.get("HX-Trigger"), answer.content.decode()

    seen = version()
    assert press()[0] is None  # nothing new upstream
    sandbox.catalog.rename(sandbox.catalog.fine_tunes()[0], "Another name")
    trigger, line = press()
    assert trigger == "catalog-changed"
    assert version() != seen
    assert f'name="version" value="{version()}"' in line
    assert "Models changed" not in line
    seen = version()
    assert press()[0] is None
    sandbox.faults.add("500", verb="list")
    trigger, line = press()
    assert trigger is None
    assert "is in trouble (500)" in line


def test_where_there_are_no_rows_their_place_is_told_of_the_first_failure(viewer: Client, sandbox: Sandbox):
    sandbox.faults.add("500", verb="list")
    assert viewer.post("/sync/", {"version": ""}, headers=HTMX)["HX-Trigger"] == "catalog-changed"


def test_a_page_that_asked_by_itself_offers_the_new_rows_and_keeps_its_own(viewer: Client, synced, sandbox: Sandbox):
    seen = version()
    sandbox.catalog.rename(sandbox.catalog.fine_tunes()[0], "Another name")
    with time_machine.travel(timezone.now() + timedelta(seconds=301), tick=True):
        answer = viewer.post("/sync/", {"version": seen, "by_itself": "1"}, headers=HTMX)
        line = answer.content.decode()
        assert "HX-Trigger" not in answer
        assert re.search(r'<a href="/models/\?type=base">Models changed\. Show them</a>', line)
        assert f'name="version" value="{seen}"' in line  # so that it says so again
        assert "Models changed" in viewer.get("/sync/", {"version": seen}, headers=HTMX).content.decode()
        assert viewer.post("/sync/", {"version": seen}, headers=HTMX)["HX-Trigger"] == "catalog-changed"
    assert [run.asked_by for run in SyncRun.objects.order_by("pk")] == ["", "", "carol"]


def test_of_many_open_pages_only_the_first_one_makes_a_call(viewer: Client, synced, sandbox: Sandbox):
    sandbox.log.clear()
    with time_machine.travel(timezone.now() + timedelta(seconds=301), tick=False):
        for _ in range(3):
            viewer.post("/sync/", {"version": version(), "by_itself": "1"}, headers=HTMX)
    assert sandbox.counts == {"list": 1}


@pytest.mark.usefixtures("db")
def test_a_page_asks_by_itself_when_the_rows_are_old_and_not_before(viewer: Client, sandbox: Sandbox):
    with time_machine.travel(NOW, tick=False) as clock:
        assert asks_by_itself(viewer.get("/models/").content.decode())  # nothing was ever synced
        run_sync()
        assert not asks_by_itself(viewer.get("/models/").content.decode())
        clock.shift(300)
        assert not asks_by_itself(viewer.get("/models/").content.decode())
        clock.shift(1)
        assert asks_by_itself(viewer.get("/models/").content.decode())
        assert "5 min ago" in viewer.get("/models/").content.decode()
        sandbox.faults.add("500", verb="list")
        run_sync()
        assert not asks_by_itself(viewer.get("/models/").content.decode())  # a failure is not hammered
        clock.shift(301)
        assert asks_by_itself(viewer.get("/models/").content.decode())


@pytest.mark.usefixtures("synced")
def test_while_another_process_syncs_the_page_says_so_and_looks_again_until_it_is_over(viewer, sandbox: Sandbox):
    seen = version()
    sandbox.log.clear()
    Lease.objects.create(name="sync", token="other", expires_at=timezone.now() + timedelta(seconds=60))
    page = viewer.get("/models/").content.decode()
    assert "Syncing…" in page
    assert not asks_by_itself(page)
    line = viewer.post("/sync/", {"version": seen}, headers=HTMX).content.decode()
    assert "Syncing…" in line
    assert sandbox.calls == []

    Mirror.objects.update(version="of-the-other")  # it wrote, and is about to let go
    answer = viewer.get("/sync/", {"version": seen}, headers=HTMX)
    assert "HX-Trigger" not in answer
    assert f'name="version" value="{seen}"' in answer.content.decode()
    Lease.objects.all().delete()
    assert "Models changed" in viewer.get("/sync/", {"version": seen}, headers=HTMX).content.decode()


def test_the_first_sync_of_all_is_waited_for_without_loading_the_rows_at_every_look(viewer: Client, sandbox: Sandbox):
    viewer.get("/models/")
    Lease.objects.create(name="sync", token="other", expires_at=timezone.now() + timedelta(seconds=60))
    assert "HX-Trigger" not in viewer.get("/sync/", {"version": ""}, headers=HTMX)
    Lease.objects.all().delete()
    Mirror.objects.update(version="first", last_synced_at=timezone.now())
    assert viewer.get("/sync/", {"version": ""}, headers=HTMX)["HX-Trigger"] == "catalog-changed"


@pytest.mark.timed
@pytest.mark.parametrize("path", ["/models/", "/models.csv", "/models.json", "/models/mistral-large-latest/", "/sync/"])
def test_no_page_ever_waits_for_upstream(viewer: Client, synced, sandbox: Sandbox, path: str):
    sandbox.faults.add("hang")
    sandbox.log.clear()
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=True):
        started = time.perf_counter()
        answer = viewer.get(path, follow=True)
        assert time.perf_counter() - started < 1
    assert answer.status_code == 200
    assert sandbox.calls == []
