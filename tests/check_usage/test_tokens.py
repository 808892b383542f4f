"""Which words of a text are ids: whole words only, the longest there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_usage.tokens import Matcher, Sure
from tests.check_usage.conftest import EXPORT

KNOWN = sorted({each for model in EXPORT["models"] for each in (model["id"], *model["aliases"])})
MATCHER = Matcher(KNOWN)
(FINE_TUNE,) = (each for each in KNOWN if each.startswith("ft:"))


def ids(text: str) -> list[str]:
    """What is an id by its word alone."""
    found = [token for token in MATCHER.find(text) if not token.is_part and token.sure is not Sure.GUESS]
    assert all(text[token.start : token.end] == token.model_id for token in found)
    return [token.model_id for token in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mistral-medium-2508", ["mistral-medium-2508"]),
        ("mistral-medium", ["mistral-medium"]),
        ("use mistral-medium-3.5.", ["mistral-medium-3.5"]),
        ("mistral-medium-3.5: 1", ["mistral-medium-3.5"]),
        ("mistral-medium-3.55", []),
        ("xmistral-medium", []),
        ("my-mistral-medium", []),
        ("mistral-medium-", []),
        ("mistral-medium_x", []),
        ("mistral-medium:22b", []),
        ("docker.io:mistral-medium-2508", []),
        ("mistralai:mistral-medium-2508", ["mistral-medium-2508"]),
        ("Mistral-Medium", []),
        ("codestral-2508.gguf", []),
        (FINE_TUNE, [FINE_TUNE]),
        # Unknown, and surely meant as one of Mistral's
        ("mistral-large-9912", ["mistral-large-9912"]),
        ("pixtral-giant-latest", ["pixtral-giant-latest"]),
        ("labs-leanstral-2601", ["labs-leanstral-2601"]),
        ("open-mixtral-8x7b", ["open-mixtral-8x7b"]),
        ("ft:mistral-small-latest:7c1e52d8:20250831:0fd630f1", ["ft:mistral-small-latest:7c1e52d8:20250831:0fd630f1"]),
        # Unknown, and anything
        ("mistral-common", []),
        ("mistral-large", []),
        ("mistralai", []),
        ("api.mistral.ai", []),
        ("codestral.py", []),
        ("mistralai/Mistral-7B-v0.1", []),
        ("mistral-inference-12345", []),
        ("mistral.mistral-large-2402-v1:0", []),
        ("gpt-4o-latest", []),
        ("left:10px; ft:x:y", []),
    ],
)
def test_examples(text: str, expected: list[str]):
    assert ids(text) == expected


def test_a_very_long_word_is_passed_over_once():
    assert ids("aft:" * 200_000 + " mistral-medium") == ["mistral-medium"]


def test_the_catalog_teaches_new_families():
    matcher = Matcher(["shieldstral-1-0"])
    assert [token.model_id for token in matcher.find("shieldstral-2610 gloomstral-2610")] == ["shieldstral-2610"]


def test_ids_that_are_ordinary_words_or_no_words_are_left_alone():
    matcher = Matcher(["codestral", "two words-here", "a/b-c", ""])
    assert not list(matcher.find("codestral two words-here a/b-c"))


@given(st.lists(st.sampled_from(KNOWN)), st.sampled_from([" ", "\n", '"', "'", ", ", "(", "=", "/", "|", ". ", ": "]))
def test_every_id_between_other_characters_is_found_in_order(chosen: list[str], between: str):
    assert ids(between + between.join(chosen) + between) == chosen


@given(st.sampled_from(KNOWN), st.text("abz019-_.:", max_size=3), st.text("abz019-_.:", max_size=3))
def test_an_id_with_more_of_a_word_around_it_is_never_found_as_itself(model_id: str, before: str, after: str):
    word = before + model_id + after
    if before or after.rstrip(".:"):
        assert model_id not in ids(word) or word.rstrip(".:") == model_id
    else:
        assert ids(word) == [model_id]


@given(st.text(alphabet=st.sampled_from('mistral-odexpc2508late:.ft"\n\\ /')), st.sampled_from(KNOWN))
def test_a_match_is_a_known_id_or_ends_like_one_and_passes_the_first_sieve(noise: str, model_id: str):
    for text in (noise, f"{noise} {model_id} {noise}"):
        for found in ids(text):
            assert found in KNOWN or found.endswith("-latest") or found[-4:].isdigit() or found[:3] in ("ft:", "ope")
            assert MATCHER.may_contain(text.encode())
