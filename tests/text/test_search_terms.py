"""A typed line is read as words, phrases and what is left out, whatever signs a keyboard has for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.text.folding import fold_for_search
from models_ui.text.search_terms import line_of, search_terms


def read(line: str) -> list[str]:
    """The terms, a phrase in brackets, an excluded one with a minus."""
    return [
        f"{'-' * term.is_excluded}{f'[{term.text}]' if term.is_phrase else term.text}" for term in search_terms(line)
    ]


@pytest.mark.parametrize(
    ("line", "terms"),
    [
        ("", []),
        ("  vision\t tools ", ["vision", "tools"]),
        ("Vision VISION ｖｉｓｉｏｎ", ["vision"] * 3),
        ("réécrit -Archivé", ["reecrit", "-archive"]),
        ("mistral-small-latest", ["mistral-small-latest"]),
        ("-a –b −c ﹣d --e", ["-a", "-b", "-c", "-d", "-e"]),
        ("- -- – a", ["a"]),
        ('"two  words" “Deux mots” « trois mots » „vier“', ["[two words]", "[deux mots]", "[trois mots]", "[vier]"]),
        ('-"two words"', ["-[two words]"]),
        ('"not closed yet', ["[not closed yet]"]),
        ('a"b c"d', ["a", "[b c]", "d"]),
        ('"" « » " "', []),
        ("≥128k -≤32k 128k+", ["≥128k", "-≤32k", "128k+"]),
    ],
)
def test_a_line_is_read_as_its_terms(line: str, terms: list[str]):
    assert read(line) == terms


@given(st.text(max_size=60))
def test_any_line_is_read_and_its_terms_make_a_line_that_is_read_alike(line: str):
    terms = search_terms(line)
    assert all(term.text == " ".join(term.text.split()) == fold_for_search(term.text) for term in terms)
    again = search_terms(line_of(terms))
    assert [term[0] for term in again] == [term[0] for term in dict.fromkeys(terms)]


@given(st.text(alphabet=st.characters(categories=("L", "N"))).filter(bool))
def test_a_word_of_letters_is_found_in_whatever_stands_around_it(word: str):
    assert all(
        term.text in fold_for_search(f"before\n{word}after") for term in search_terms(word) if not term.is_phrase
    )
