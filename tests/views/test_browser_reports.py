"""What browsers report as refused: who may say so, what is kept of it, and who reads it."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from models_ui.models import BrowserReport
from models_ui.web.browser_reports import MOST_KEPT, MOST_OF_ONE, RefusedLoad, store_reports

pytestmark = pytest.mark.django_db


def csp_report(directive: str = "script-src-elem", blocked: str = "inline", page: str = "/models/") -> dict:
    return {"csp-report": {"effective-directive": directive, "blocked-uri": blocked, "document-uri": page}}


def send(value: object, content_type: str = "application/csp-report", **options: object) -> int:
    body = value if isinstance(value, bytes) else json.dumps(value)
    client = Client(enforce_csrf_checks=True)
    return client.post("/browser-report/", body, content_type=content_type, **options).status_code


def kept() -> list[tuple[str, str, str, int]]:
    return list(BrowserReport.objects.order_by("directive").values_list("directive", "blocked", "page", "count"))


def test_equal_reports_of_both_shapes_are_counted_together():
    assert send(csp_report(page="http://testserver/models/?q=secret")) == 204
    modern = {
        "effectiveDirective": "script-src-elem",
        "blockedURL": "inline",
        "documentURL": "http://testserver/models/",
    }
    assert send([{"type": "csp-violation", "body": modern}], "application/reports+json") == 204
    assert kept() == [("script-src-elem", "inline", "catalog", 2)]


def test_nothing_that_lets_anybody_in_or_tells_who_was_where_is_kept():
    send(
        csp_report(
            "img-src", "https://evil.example:8443/steal?cookie=abc#x", "https://h/feeds/s3cr3t-t0ken/changes.atom"
        )
    )
    send(csp_report("font-src", "https://user:pass@evil.example/", "https://h/invitation/s3cr3t/?next=/x"))
    assert [(directive, blocked) for directive, blocked, *_ in kept()] == [
        ("font-src", "https://evil.example"),
        ("img-src", "https://evil.example:8443"),
    ]
    assert "s3cr3t" not in str(BrowserReport.objects.values())
    assert "cookie" not in str(BrowserReport.objects.values())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[" * 5000,
        b"null",
        b"[1, null, {}]",
        b'{"csp-report": 7}',
        b'{"csp-report": {"effective-directive": ["x"]}}',
        json.dumps(csp_report("<script>alert(1)</script>")).encode(),
        json.dumps(csp_report("x" * 60)).encode(),
    ],
)
def test_what_is_no_report_is_dropped(body: bytes):
    assert send(body) == 204
    assert kept() == []


def test_hostile_text_is_shown_as_text(alice, client_of):
    send(csp_report("img-src", "<b>x</b>://<i>y</i>", "http://[broken"))
    send(csp_report("img-src", "\ud800\x00", "\x00"))
    page = client_of(alice).get("/browser-reports/").content.decode()
    assert "<b>" not in page
    assert "<i>" not in page


def test_a_large_one_is_refused_unread():
    assert send(csp_report(blocked="https://x/" + "a" * 9000)) == 413
    assert kept() == []


def test_who_reports_without_end_is_not_heard():
    for _ in range(MOST_OF_ONE):
        assert send(csp_report()) == 204
    assert send(csp_report()) == 429
    assert kept()[0][3] == MOST_OF_ONE


def test_two_hundred_kinds_are_kept_and_the_latest_stay():
    store_reports([RefusedLoad("img-src", f"https://{number}.example", "catalog") for number in range(MOST_KEPT + 5)])
    assert BrowserReport.objects.count() == MOST_KEPT
    store_reports([RefusedLoad("img-src", "https://new.example", "catalog")])
    assert BrowserReport.objects.count() == MOST_KEPT
    assert BrowserReport.objects.filter(blocked="https://new.example").exists()


def test_managers_read_them_and_nobody_else(alice, bob, client_of):
    send(csp_report())
    page = client_of(alice).get("/browser-reports/").content.decode()
    assert "script-src-elem" in page
    assert str(timezone.now().year) in page
    assert client_of(bob).get("/browser-reports/").status_code == 403
    assert client_of(alice).get("/people/").content.decode().count("/browser-reports/") == 1


def test_a_report_sets_no_cookie_and_needs_none():
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/browser-report/", json.dumps(csp_report()), content_type="application/csp-report")
    assert answer.status_code == 204
    assert not answer.cookies
