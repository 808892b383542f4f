"""How iCalendar is written: whatever a text holds, two parsers read that text and nothing else."""

from datetime import UTC, datetime, timedelta, timezone

import icalendar
import pytest
import vobject
from hypothesis import example, given
from hypothesis import strategies as st

from models_ui.feeds import ics

NOON = datetime(2026, 8, 31, 12, tzinfo=UTC)
LINE_ENDS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")


def event(summary: str) -> bytes:
    return ics.written(
        ics.component(
            "VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//a//b//EN",
            ics.component(
                "VEVENT",
                "UID:1",
                ics.moment("DTSTAMP", NOON),
                ics.moment("DTSTART", NOON),
                ics.text("SUMMARY", summary),
                "SEQUENCE:7",
            ),
        )
    )


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
def test_what_no_calendar_may_contain_is_replaced(forbidden: str):
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
def test_lines_are_folded_at_75_octets_and_no_character_is_cut(line: str):
    pieces = ics.folded(line).split(b"\r\n")
    assert all(len(piece) <= 75 for piece in pieces)
    assert all(piece.startswith(b" ") for piece in pieces[1:])
    assert "".join([pieces[0].decode(), *(piece[1:].decode() for piece in pieces[1:])]) == line
    # As few pieces as there can be: each but the last is full, up to the three octets of a character too long for it.
    assert all(len(piece) > 71 for piece in pieces[:-1])


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (NOON, "DTSTART:20260831T120000Z"),
        (datetime(2026, 8, 31, 1, tzinfo=timezone(timedelta(hours=2))), "DTSTART:20260830T230000Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "DTSTART:99991231T235959Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "DTSTART:00010101T000000Z"),
    ],
)
def test_moments_are_utc_whatever_clock_they_came_by(at: datetime, written: str):
    assert ics.moment("DTSTART", at) == written


def test_a_list_of_texts_is_parted_by_commas_that_no_text_can_add():
    assert ics.text("CATEGORIES", "a,b", "c") == r"CATEGORIES:a\,b,c"
