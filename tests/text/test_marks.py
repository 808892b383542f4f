"""Hits are marked in the text as it was written, and nothing that it holds becomes HTML."""

import re
from html import unescape

import pytest
from django.utils.html import conditional_escape
from hypothesis import given
from hypothesis import strategies as st

from models_ui.text.folding import fold_for_search
from models_ui.text.isolation import balance_in_element
from models_ui.text.marks import hits_in, marked_html


@pytest.mark.parametrize(
    ("text", "word", "html"),
    [
        ("Support triage", "TRI", "Support <mark>tri</mark>age"),
        ("Réécrit", "reecrit", "<mark>Réécrit</mark>"),
        ("Re\u0301e\u0301crit vite", "reecrit", "<mark>Re\u0301e\u0301crit</mark> vite"),
        ("Archivé", "archive", "<mark>Archivé</mark>"),
        ("cœur", "oe", "c<mark>œ</mark>ur"),
        ("cœur", "eu", "c<mark>œu</mark>r"),
        ("Straße", "strasse", "<mark>Straße</mark>"),
        ("ｃａｆé noir", "cafe", "<mark>ｃａｆé</mark> noir"),
        ("한국어", "한국", "<mark>한국</mark>어"),
        ("a–b", "a-b", "<mark>a–b</mark>"),
        ("<b>bold</b>", "b", "&lt;<mark>b</mark>&gt;<mark>b</mark>old&lt;/<mark>b</mark>&gt;"),
        ("a & b", "amp", "a &amp; b"),
        ("nothing here", "x", "nothing here"),
    ],
)
def test_a_hit_is_marked_as_it_was_written(text: str, word: str, html: str):
    assert marked_html(text, [fold_for_search(word)]) == html


def test_hits_that_touch_or_overlap_are_one():
    assert marked_html("mistral", ["mist", "stra", "l"]) == "<mark>mistral</mark>"


def test_text_that_runs_the_other_way_stays_isolated_and_is_marked():
    assert marked_html("שלום abc", ["abc"]) == "<bdi>שלום <mark>abc</mark></bdi>"
    assert marked_html("\u202eevil", ["vil"]) == "<bdi>\u202ee<mark>vil</mark>\u202c</bdi>"


def test_a_part_of_a_text_has_the_part_of_a_hit_that_is_in_it():
    assert marked_html("ft:abc-def", ["c-d"], 0, 6) == "ft:ab<mark>c</mark>"
    assert marked_html("ft:abc-def", ["c-d"], 6) == "<mark>-d</mark>ef"


@given(st.text(max_size=80), st.lists(st.text(max_size=4), max_size=5))
def test_marks_change_no_letter_and_let_nothing_through(text: str, typed: list[str]):
    words = [fold_for_search(word) for word in typed]
    html = marked_html(text, words)
    assert "<" not in re.sub(r"</?(?:mark|bdi)>", "", html)
    plain = unescape(re.sub(r"</?(?:mark|bdi)>", "", html))
    assert plain in {unescape(conditional_escape(each)) for each in (text, balance_in_element(text))}


@given(st.text(max_size=60), st.text(min_size=1, max_size=5))
def test_ranges_are_in_order_within_the_text_and_apart(text: str, typed: str):
    hits = hits_in(text, [fold_for_search(typed)])
    edges = [place for hit in hits for place in hit]
    assert edges == sorted(set(edges))
    assert all(0 <= place <= len(text) for place in edges)


def test_a_long_hostile_text_is_marked_at_its_beginning_only():
    html = marked_html("a\u0301" * 100_000, ["a"] * 1_000)
    assert html.count("<mark>") == 1
    assert len(html) < 250_000
