"""Text is compared in one way: spellings of the same words find each other, and every order is total."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models_ui.text.folding import fold_for_search, sort_key, words_to_find

SPELLINGS = [
    ("café", "cafe\u0301", "CAFÉ", "cafe", "ｃａｆé"),
    ("Résumé", "Resume", "RÉSUMÉ", "re\u0301sume\u0301"),
    ("Größe", "grosse", "GRÖSSE", "grösse", "GRÖẞE"),
    ("İstanbul", "istanbul", "ISTANBUL", "ıstanbul", "I\u0307stanbul"),
    ("Éditeur", "éditeur", "editeur", "e\u0301diteur"),
    ("Ørsted", "orsted", "ØRSTED", "o\u0338rsted"),
    ("Łódź", "lodz", "łódz"),
    ("Đặng", "dang", "đang"),
    ("Ævar Þór", "aevar thor"),
    ("cœur", "coeur", "CŒUR"),
    ("ﬁne", "fine", "ＦＩＮＥ"),
    ("ΣΊΣΥΦΟΣ", "Σίσυφος", "σισυφοσ"),
    ("ёлка", "елка", "ЁЛКА"),
    ("שָׁלוֹם", "שלום"),
    ("مُحَمَّد", "محمد", "محـــمد"),
    ("ﾓﾃﾞﾙ", "モデル", "モテ\u3099ル"),
    ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
    ("load ２", "load ٢", "load ²", "LOAD 2"),
    ("l’outil", "l'outil"),
    ("“a”–b", '"a"-b', "«a»‑b"),
    ("abc\u202eevil", "abcevil", "abc\u200bevil", "abc\u00adevil"),
    ("a\u00a0b", "a b", "a\u3000b"),
]


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda spellings: spellings[0])
def test_spellings_of_one_text_have_one_fold(spellings: tuple[str, ...]):
    assert len({fold_for_search(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("か", "が"), ("カ", "ガ"), ("は", "ぱ"), ("क", "क्"), ("가", "각"), ("a", "b")]
)
def test_another_letter_is_another_letter(one: str, other: str):
    assert fold_for_search(one) != fold_for_search(other)


@given(st.text())
@example("\u0345\u0301ͅ")
@example("ǰ̣ŉΐ")
def test_folding_twice_changes_nothing_more(text: str):
    assert fold_for_search(fold_for_search(text)) == fold_for_search(text)


@given(st.text(), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_every_normal_form_has_the_same_fold(text: str, form):
    assert fold_for_search(unicodedata.normalize(form, text)) == fold_for_search(text)


@given(st.text())
def test_upper_and_lower_case_have_the_same_fold(text: str):
    folds = {fold_for_search(cased) for cased in (text, text.upper(), text.lower(), text.casefold(), text.swapcase())}
    assert folds == {fold_for_search(text)}


@given(st.text(), st.text(), st.text())
def test_a_whole_line_is_found_in_whatever_stands_around_it(before: str, text: str, after: str):
    assert all(word in fold_for_search("\n".join((before, text, after))) for word in words_to_find(text))


# --- Order


def test_names_sort_as_people_expect():
    names = ["zebra", "load 10", "Éditeur", "load 2", "éditeur", "edit", "Load 3", "ﬁne", "Öl", "ohm", "load"]
    ordered = ["edit", "Éditeur", "éditeur", "ﬁne", "load", "load 2", "Load 3", "load 10", "ohm", "Öl", "zebra"]
    assert sorted(names, key=sort_key) == ordered


@pytest.mark.parametrize(
    "ordered",
    [
        ["v1.9", "v1.10"],
        ["07", "7", "8"],
        ["x9", "x" + "1" * 5_000, "x" + "2" * 5_000, "x" + "1" * 5_001],
        ["load ١", "load ２", "load ③", "load ⁴", "load 10"],
        ["²", "፩"],
        ["", "0"],
        ["model-2407", "model-2512", "model-latest"],
    ],
    ids=lambda ordered: ordered[0][:10],
)
def test_numbers_sort_by_their_value_however_long_or_written(ordered: list[str]):
    shuffled = ordered[::-1]
    assert sorted(shuffled, key=sort_key) == ordered


@given(st.lists(st.text(st.sampled_from("aAéÉe\u03010123９²٣z- "), max_size=6) | st.text(max_size=6), max_size=8))
def test_the_order_is_total_and_the_same_from_wherever_one_starts(texts: list[str]):
    ordered = sorted(texts, key=sort_key)
    backwards = texts[::-1]
    assert sorted(backwards, key=sort_key) == ordered
    for one, other in pairwise(ordered):
        assert one == other or sort_key(one) < sort_key(other)


@given(st.text(), st.text())
def test_equal_folds_stand_beside_each_other(one: str, other: str):
    if fold_for_search(one) == fold_for_search(other):
        assert sort_key(one)[0] == sort_key(other)[0]
