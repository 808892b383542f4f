"""How text is compared: one fold for every search, one key for every order, on every page and every database.

Pure: no Django. A column filled by `fold_for_search` (`search_text`) has to be filled anew when the fold changes.
"""

import re
import unicodedata
from typing import Final

# Marks of these combining classes make another letter of the one before them, so they stay: the Indic nukta, the
# Japanese voicing marks, the virama. All others are accents, vowel points and the like.
_LETTER_MAKING_MARKS: Final = frozenset({0, 7, 8, 9})
# A Latin letter that Unicode gives no decomposition for, as ø, ł, đ or ħ: "LATIN SMALL LETTER O WITH STROKE" is an o.
_VARIANT_OF_LETTER: Final = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z]) WITH ")
_SPECIAL_LETTERS: Final = {
    "æ": "ae",
    "œ": "oe",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "ȷ": "j",
    "ŋ": "n",
    "ƿ": "w",
    "−": "-",
    "ـ": "",  # Arabic tatweel stretches a word for the eye
    **dict.fromkeys("‘’‚‛′ʹʻʼʽˈ‹›", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
}
# Fillers that are seen no more than the format characters: grapheme joiner, Hangul fillers, variation selectors.
_INVISIBLE_LETTERS: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_MOST_KEPT: Final = 20_000  # folded letters; text may hold any of a million

_ACCENTS: Final = re.compile("[\u0300-\u0344\u0346-\u036f]+")  # not U+0345, an iota to `casefold`
_NUMBERS: Final = re.compile(r"[0-9]+")


class _FoldedLetters(dict[int, str]):
    """Each letter's fold by its code point, for `str.translate`; worked out when first asked for."""

    def __missing__(self, code_point: int) -> str:
        folded = _fold_letter(chr(code_point))
        if len(self) < _MOST_KEPT:
            self[code_point] = folded
        return folded


def _fold_letter(letter: str) -> str:
    """Return the fold of one letter that is decomposed and case-folded already; empty for what nobody types."""
    if letter in _SPECIAL_LETTERS:
        return _SPECIAL_LETTERS[letter]
    category = unicodedata.category(letter)
    if category == "Cf" or unicodedata.combining(letter) not in _LETTER_MAKING_MARKS:
        return ""
    if _INVISIBLE_LETTERS.match(letter):
        return ""
    if category == "Pd":
        return "-"
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    variant = _VARIANT_OF_LETTER.match(unicodedata.name(letter, ""))
    return variant[1].lower() if variant else letter


_FOLDED_LETTERS: Final = _FoldedLetters()


def fold_for_search(text: str) -> str:
    """Return the text as searches compare it: two spellings of the same words have the same fold.

    Folded are case, accents, width and other compatibility forms, digits of every script, dashes, quotation marks,
    and everything invisible. Latin letters with a stroke or a hook are the plain letter, æ is ae, œ oe, ß ss, þ th.
    What is left is composed again, so that no half of a letter is found. Idempotent.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold())
    plain = _ACCENTS.sub("", decomposed)
    if plain.isascii():  # nearly all Latin text, and several times as fast
        return plain.lower()
    decomposed = unicodedata.normalize("NFKD", decomposed.casefold())
    return unicodedata.normalize("NFC", decomposed.translate(_FOLDED_LETTERS))


def words_to_find(text: str) -> list[str]:
    """Return the folded words of a search, each once. A row matches that has every one of them somewhere."""
    return list(dict.fromkeys(fold_for_search(text).split()))


SortKey = tuple[str, str]


def sort_key(text: str) -> SortKey:
    """Return the key that names are sorted by: folded, numbers by their value, ties by the text itself.

    The order is total: two texts have the same key only if they are equal.
    """
    return _NUMBERS.sub(_number_key, fold_for_search(text)), text


def _number_key(number: re.Match[str]) -> str:
    """Return a number so that longer ones follow shorter ones. It may have more digits than `int` would read."""
    digits = number[0].lstrip("0")
    return f"0{chr(min(len(digits), 0x10FFFF))}{digits}"
