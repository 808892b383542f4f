"""Texts in iCalendar: whatever a text holds, two parsers read that text and nothing else."""

from datetime import UTC, datetime

import icalendar
import pytest
import vobject
from hypothesis import example, given
from hypothesis import strategies as st

from models_ui.alerts.feeds.ics import Text

NOON = datetime(2026, 8, 31, 12, tzinfo=UTC)
LINE_ENDS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")


def event(summary: str) -> bytes:
    component = icalendar.Event()
    component.add("UID", "1")
    component.add("DTSTAMP", NOON)
    component.add("DTSTART", NOON)
    component.add("SUMMARY", Text(summary))
    component.add("SEQUENCE", 7)
    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//a//b//EN")
    calendar.add_component(component)
    return calendar.to_ical(sorted=False)


def read_back(body: bytes) -> tuple[str, str]:
    """The summary as each of the parsers reads it, from a file that has just the one event."""
    (one,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    (other,) = next(vobject.readComponents(body.decode())).vevent_list
    assert one.errors == []
    assert int(one["SEQUENCE"]) == 7
    assert other.sequence.value == "7"
    return str(one["SUMMARY"]), other.summary.value


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        r"back\slash \n \, \;",
        r"C:\New \\N \\\N \N",
        "\\",
        'comma, semicolon; colon: "quote"',
        "BEGIN:VEVENT",
        "tab\there",
        "  spaces at both ends  ",
        "é" * 200,
        "日本語" * 60,
        "👩‍👩‍👧" * 40,
        "x" * 10_000,
        "",
    ],
)
def test_both_parsers_read_a_text_as_it_was_written(text: str):
    assert read_back(event(text)) == (text, text)


@pytest.mark.parametrize("end", LINE_ENDS, ids=repr)
def test_no_text_can_end_its_line(end: str):
    hostile = f"x{end}SEQUENCE:99{end}END:VEVENT{end}BEGIN:VEVENT{end}SUMMARY:mine"
    expected = "x\nSEQUENCE:99\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:mine"
    assert read_back(event(hostile)) == (expected, expected)


@pytest.mark.parametrize("forbidden", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ud800", "\ufeff"], ids=ascii)
def test_a_character_that_no_calendar_may_contain_is_replaced(forbidden: str):
    assert read_back(event(f"a{forbidden}b")) == ("a\ufffdb", "a\ufffdb")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
@example("\r")
@example("\\\n")
def test_every_text_comes_back_but_for_line_ends_and_control_characters(text: str):
    one, other = read_back(event(text))
    assert one == other
    kept = [letter for letter in text if letter.isprintable()]
    assert [letter for letter in one if letter.isprintable() and letter != "\ufffd"] == [
        letter for letter in kept if letter != "\ufffd"
    ]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400))
def test_lines_are_folded_at_75_octets_and_no_character_is_cut(text: str):
    lines = event(text).removesuffix(b"\r\n").split(b"\r\n")
    assert all(0 < len(line) <= 75 and line.decode() for line in lines)


def test_a_list_of_texts_is_parted_by_commas_that_no_text_can_add():
    component = icalendar.Event()
    component.add("CATEGORIES", [Text("a,b"), Text("c\u2028X:1")])
    assert component.to_ical().splitlines()[1] == rb"CATEGORIES:a\,b,c\nX:1"
