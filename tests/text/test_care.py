"""What a person types of who looks after a model, its tags, its plan: read, limited, and said again."""

from datetime import date

import pytest

from models_ui.text import care
from models_ui.text.plan import Plan


def test_keepers_are_people_by_their_username_and_teams_by_any_other_name():
    assert care.read_keepers("Alice, @bob , Support team", ["alice", "bob"]) == ["@alice", "@bob", "Support team"]
    assert care.keepers_words(["@alice", "Support team"]) == "alice, Support team"


def test_keepers_named_twice_stand_once():
    assert care.read_keepers("alice, @ALICE, support, Support", ["alice"]) == ["@alice", "support"]


def test_a_username_that_nobody_has_is_refused_unless_it_stands_there_already():
    with pytest.raises(care.Unreadable, match="Nobody here has the username gone"):
        care.read_keepers("@gone", ["alice"])
    assert care.read_keepers("@gone", ["alice"], kept=["@gone"]) == ["@gone"]


def test_tags_are_told_apart_without_case_and_accents_and_written_as_they_are_in_use():
    assert care.read_tags("legal, École, ecole,  two   words", ["Legal"]) == ["Legal", "École", "two words"]


@pytest.mark.parametrize("line", ["", " , ,", "\u200b,\u202e", "\ufe0f"])
def test_tags_that_nobody_can_see_are_none(line: str):
    assert care.read_tags(line) == []


def test_tags_have_limits_that_are_said():
    with pytest.raises(care.Unreadable, match="at most 40"):
        care.read_tags("x" * 41)
    with pytest.raises(care.Unreadable, match="at most 20"):
        care.read_tags(",".join(map(str, range(21))))
    assert care.read_tags("x" * 40) == ["x" * 40]


def test_a_tag_of_another_direction_is_isolated_in_a_sentence():
    assert care.tags_words(["עברית", "legal"]) == "\u2068עברית\u2069, legal"


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(), ""),
        (Plan(words="ask Mistral"), "Undecided: ask Mistral"),
        (Plan("moves", "mistral-small", date(2026, 12, 1)), "Moves to mistral-small by 1 Dec 2026"),
        (Plan("moves", "mistral-small", words="tested"), "Moves to mistral-small: tested"),
        (Plan("ends"), "May end"),
    ],
)
def test_a_plan_is_said_in_a_sentence_and_kept_as_it_was_said(plan: Plan, words: str):
    assert care.plan_words(plan.to_json()) == words
    assert Plan.from_json(plan.to_json()) == plan
