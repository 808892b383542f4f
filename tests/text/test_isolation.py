"""A name that turns the direction of writing turns nothing but itself, wherever it is inserted."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models_ui.text.humanize import quote_text
from models_ui.text.isolation import balance, escape_controls, fill, isolate

OPENING, CLOSING = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068", {"\u202c", "\u2069"}
LETTERS = st.sampled_from("a1 .אب٣\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\n\u2029")
texts = st.text(LETTERS, max_size=12) | st.text(max_size=12)
ORDINARY = ["", "Support triage", "ministral-8b-2512", "Éditeur №5 — 日本語", "100 %", "“quoted”", "👩‍🚀"]


def escapes(text: str) -> bool:
    """Whether the text leaves a direction open or closes one that it did not open, in any of its paragraphs."""
    for paragraph in re.split("[\n\r\x1c-\x1e\x85\u2029]", text):
        opened: list[str] = []
        for letter in paragraph:
            if letter in OPENING:
                opened.append("\u2069" if letter >= "\u2066" else "\u202c")
            elif letter in CLOSING and (not opened or opened.pop() != letter):
                return True
        if opened:
            return True
    return False


def outside(text: str) -> str:
    """What of the text stands in no isolate."""
    while (less := re.sub("[\u2066-\u2068][^\u2066-\u2069]*\u2069", "", text)) != text:
        text = less
    return text


@given(texts)
@example("\u2069\u202e")
@example("\u2067\u202e\u2069\u202c")
def test_an_isolated_text_ends_every_direction_that_it_starts(text: str):
    assert not escapes(balance(text))
    assert not escapes(isolate(text))


@given(texts)
def test_a_text_that_is_closed_already_stays_as_it_is(text: str):
    if not escapes(text):
        assert balance(text) == text
    assert balance(balance(text)) == balance(text)


@given(texts)
def test_an_isolated_text_has_no_direction_for_what_stands_around_it(text: str):
    isolated = outside(isolate(text))
    assert not [letter for letter in isolated if unicodedata.bidirectional(letter) in ("R", "AL", "AN")]
    assert not re.search("[\u202a-\u202e]", isolate(text))


@given(texts)
def test_isolating_twice_changes_nothing_more(text: str):
    assert isolate(isolate(text)) == isolate(text)
    assert isolate(fill("“%(word)s” is here", {"word": text})) == fill("“%(word)s” is here", {"word": text})


@given(texts)
def test_only_direction_controls_come_and_go(text: str):
    def plain(written: str) -> str:
        return re.sub("[\u202a-\u202e\u2066-\u2069]", "", written)

    assert plain(isolate(text)) == plain(balance(text)) == plain(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_gets_no_invisible_characters(text: str):
    assert isolate(text) == balance(text) == fill("%(text)s", {"text": text}) == text


@pytest.mark.parametrize("text", ["عربي", "עברית 2", "abc\u202eevil", "a\u200f", "x\u2069", "\u2067open", "٣"])
def test_a_text_that_may_turn_its_surroundings_is_isolated(text: str):
    assert re.fullmatch("\u2068[^\u2068]*\u2069", isolate(text), re.DOTALL)


def test_an_override_shows_no_letters_in_another_order():
    assert isolate("abc\u202eevil\u202c!") == "\u2068abcevil!\u2069"


def test_each_word_of_a_sentence_is_isolated_and_numbers_are_formatted():
    words = {"model": "عربي", "days": 3, "who": "bob"}
    assert fill("%(who)s: %(model)s, %(days)d days", words) == "bob: \u2068عربي\u2069, 3 days"


def test_controls_are_spelled_out_where_a_program_reads():
    assert escape_controls("a\u202eb\u2069é") == "a\\u202eb\\u2069é"


@pytest.mark.parametrize(("words", "quotation"), [("x", "“x”"), ("عربي", "\u200e“\u2068عربي\u2069”")])
def test_quotation_marks_have_our_direction_and_the_words_their_own(words: str, quotation: str):
    assert quote_text(words) == quotation
