"""One typo is forgiven in words of five letters and more, and none in shorter ones or in numbers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.text.typos import MOST_SPELLINGS, CountedWords, Vocabulary, is_one_edit

words = st.text(alphabet="abcd", max_size=6)


def neighbours(word: str) -> set[str]:
    """Every word one edit away, over this alphabet, and the word itself."""
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    left_out = {a + b[1:] for a, b in splits if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    changed = {a + letter + b[1:] for a, b in splits if b for letter in "abcd"}
    added = {a + letter + b for a, b in splits for letter in "abcd"}
    return {word} | left_out | swapped | changed | added


lines = st.lists(st.text(alphabet="ab 1-", max_size=8), max_size=5)


@given(lines, st.lists(lines, max_size=4))
def test_words_of_texts_that_were_exchanged_are_those_of_the_texts_that_there_are(first, others):
    counted = CountedWords(first)
    for texts in others:
        counted = counted.exchanged([*texts, *first[1:]])
        assert set(counted.words) == set(CountedWords([*texts, *first[1:]]).words)


@given(words, words)
def test_one_edit_is_a_letter_left_out_added_changed_or_two_swapped(one: str, other: str):
    assert is_one_edit(one, other) == (other in neighbours(one))
    assert is_one_edit(one, other) == is_one_edit(other, one)


@given(st.text(alphabet="abcd", min_size=5, max_size=9), st.data())
def test_a_word_with_one_typo_is_read_as_the_word_it_was_meant_to_be(word: str, data: st.DataObject):
    typed = data.draw(st.sampled_from(sorted(each for each in neighbours(word) if len(each) >= 5)))
    assert word in Vocabulary([word, "another", "words"]).spellings(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("visoin", ["vision"]),
        ("minstral", ["ministral", "mistral"]),
        ("minstral-8b-2512", ["ministral-8b-2512", "mistral-8b-2512"]),
        ("contarct", ["contract"]),
        ("xlarge", ["large"]),
        ("largee", ["large"]),
        ("contrcat-v2", ["contract-v2"]),
        ("smal", []),  # four letters
        ("samll", ["small"]),
        ("samllest", []),  # two edits
        ("2521", []),  # a number is another number
        ("", []),
    ],
)
def test_a_typo_is_read_as_what_it_may_mean(typed: str, meant: list[str]):
    vocabulary = Vocabulary(["mistral", "ministral", "vision", "contract", "small", "large", "2512"])
    assert vocabulary.spellings(typed) == meant


def test_a_word_typed_in_part_is_forgiven_a_typo_unless_its_first_letter_is_wrong():
    vocabulary = Vocabulary(["argentina", "contract"])
    assert vocabulary.spellings("contrc") == ["contract"]
    assert vocabulary.spellings("cnotr") == ["contract"]
    assert vocabulary.spellings("largen") == []


@pytest.mark.timed
def test_a_long_line_of_letters_and_a_large_vocabulary_take_no_time():
    vocabulary = Vocabulary(f"{'abcdefghij'[number % 10] * 4}{number:x}" for number in range(60_000))
    crowded = Vocabulary("a" * 8 + chr(97 + one) + chr(97 + other) for one in range(26) for other in range(26))
    started = time.perf_counter()
    assert vocabulary.spellings("x" * 5_000) == []
    assert vocabulary.spellings("-".join(["abcde"] * 30)) == []
    assert len(crowded.spellings("a" * 9)) <= MOST_SPELLINGS
    assert time.perf_counter() - started < 2
