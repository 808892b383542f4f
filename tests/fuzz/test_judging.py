"""The judge of the fuzz sees what it is there to see."""

import pytest

from tests.fuzz.asking import Asked
from tests.fuzz.judging import HEADERS, Answered, faults_of
from tests.fuzz.world import ADDRESS, World

SAFE = {
    **HEADERS,
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, no-store",
    "Content-Type": "text/html; charset=utf-8",
}
ASKED = Asked("GET", "/models/", "/models/", "")
WORLD = World(secrets=["a-secret-of-ours"])


def faults(text: str = "", status: int = 200, logged: tuple[str, ...] = (), **headers: str) -> list[str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answered = Answered(status, list((SAFE | named).items()), text.encode(), logged)
    return list(faults_of(ASKED, answered, "viewer", WORLD))


@pytest.mark.parametrize(
    "text",
    [
        "<p>&lt;zq&quot;&#x27;&gt;</p>",
        '<input value="&lt;zq">',
        '<a href="/models/?q=%3Czq%22">zq</a>',
        '<a href="//docs.mistral.ai">more</a>',
    ],
)
def test_an_escaped_text_is_no_fault(text: str):
    assert faults(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "<p><zq\"'></p>",
        '<input value="<zq"\'>">',
        '<input value="&lt;zq"&#x27;&gt;">',
        '<a href="javascript:zq()">x</a>',
        '<form action="//evil.zq.example/">',
        f"<p>{ADDRESS}</p>",
        "a-secret-of-ours",
        "zqprivateview",
        "Traceback (most recent call last)",
    ],
)
def test_markup_dangerous_links_and_leaks_are_faults(text: str):
    assert len(faults(text)) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("name\r\n=zq()\r\n", "text/csv"),
        ("a;b\r\nx;@zq\r\n", "text/csv"),
        ("{", "application/json"),
        ("<a><zq/></a>", "application/atom+xml"),
        ("<a>", "application/atom+xml"),
        ("BEGIN:VCALENDAR\r\nZQX:1\r\n", "text/calendar"),
    ],
)
def test_other_formats_are_judged_by_their_own_rules(text: str, kind: str):
    assert len(faults(text, Content_Type=kind)) == 1


@pytest.mark.parametrize(
    "where",
    ["https://evil.zq.example/", "//evil.zq.example", "/\\evil.zq.example", "/\t/evil.zq.example", "javascript:x"],
)
def test_a_way_out_is_a_fault(where: str):
    assert faults(status=302, Location=where) == ["Location leads elsewhere"]
    assert faults(status=302, Location="/accounts/login/?next=//evil.zq.example") == []


@pytest.mark.parametrize("name", [*HEADERS, "Referrer-Policy", "Content-Security-Policy", "Cache-Control"])
def test_a_missing_header_is_a_fault(name: str):
    assert len(faults(**{name: ""})) == 1


def test_a_copy_that_is_checked_each_time_is_for_programs_alone():
    answered = Answered(200, list((SAFE | {"Cache-Control": "private, no-cache"}).items()), b"", ())
    feed = Asked("GET", "/feeds/{secret}/changes.atom", "/feeds/x/changes.atom", "")
    assert list(faults_of(feed, answered, "viewer", WORLD)) == []
    assert list(faults_of(ASKED, answered, "viewer", WORLD)) == ["may be cached"]


def test_a_failure_and_a_logged_exception_are_faults():
    assert faults(status=500) == ["status 500"]
    assert faults(logged=("logged x",)) == ["logged x"]
