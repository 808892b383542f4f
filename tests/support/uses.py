"""The ids that one text uses."""

from collections.abc import Sequence

from check_usage.lexing import Language
from check_usage.tokens import Matcher, Token
from check_usage.uses import TextUses


def used_ids(text: str, language: Language, matcher: Matcher, path: str = "") -> Sequence[Token]:
    return list(TextUses(text, language, matcher, path).find())
