"""Which ids a text uses: words that may be ids, judged by value, place and the host in sight."""

import re
from collections.abc import Iterator

from .lexing import Language, Lexed
from .lines import Lines
from .placement import line_before, names_model, names_other_thing
from .prose import is_named_at_mistral, is_use
from .recordings import is_streamed_answer
from .sight import Sight
from .tokens import Matcher, Sure, Token

_KEY_PART = re.compile(r"""\s*(?:\[{1,2}[^\]\n]*|[^=\n\[\]"']*)$""")
_MODEL_OPTION = re.compile(r"[-/]\w*model\w*:$", re.IGNORECASE)  # as PowerShell writes it, `-Model:ID`
_UNDER_MODELS = re.compile(r"\bmodels?[.:]$")


class TextUses:
    """The uses in one text.

    `elsewhere` counts the ids that are another host's, `recorded` those in recorded answers amid code.
    """

    def __init__(
        self, text: str, language: Language, matcher: Matcher, path: str = "", *, recordings: bool = False
    ) -> None:
        self._text = text
        self._path = path
        self._language = language
        self._tokens = list(matcher.find(text))
        self._recordings = recordings
        self.elsewhere = 0
        self.recorded = 0

    def find(self) -> Iterator[Token]:
        """The ids that the text uses, in order."""
        if not self._tokens:
            return
        lexed = self._language.lex(self._text, until=Lines(self._text).at(self._tokens[-1].end).end)
        written = [token for token in self._tokens if self._is_written(token, lexed)]
        if not written:
            return
        sight = Sight(self._text, self._path, lexed.comments)
        has_distinct = any(token.sure is Sure.DISTINCT for token in written)
        for token in written:
            if self._is_meant(token, sight, has_distinct):
                yield token

    def _is_written(self, token: Token, lexed: Lexed) -> bool:
        """Whether it stands in a value, or in a key, and not in a sentence."""
        region = lexed.region(token.start, token.end)
        if region is None:
            return False
        if token.is_part:
            return self._is_key(token)
        return is_use(self._text, token.start, token.end, region)

    def _is_key(self, token: Token) -> bool:
        before = line_before(self._text, token.start)
        if self._language.kind == "commands":
            return _MODEL_OPTION.search(before) is not None
        if not self._language.has_dotted_keys:
            return False
        return _KEY_PART.match(before) is not None and (
            "[" in before or _UNDER_MODELS.search(before) is not None or _is_followed_by_value(self._text, token.end)
        )

    def _is_meant(self, token: Token, sight: Sight, has_distinct: bool) -> bool:
        """Whether it is an id at Mistral's API."""
        before = line_before(self._text, token.start)
        if not self._recordings and is_streamed_answer(before):
            self.recorded += 1
            return False
        is_at_mistral = token.is_prefixed or is_named_at_mistral(before)
        host = "mistral" if is_at_mistral else sight.host_of(token.start, token.end)
        if host == "other":
            self.elsewhere += token.sure is not Sure.GUESS
            return False
        if token.sure is Sure.DISTINCT:
            return True
        if token.sure in (Sure.WEIGHTS, Sure.GUESS):
            is_meant = self._is_surely_meant(token, sight, before)
            self.elsewhere += token.sure is Sure.WEIGHTS and not is_meant
            return is_meant
        return is_at_mistral or self._is_word_meant(token, sight, before, has_distinct)

    def _is_word_meant(self, token: Token, sight: Sight, before: str, has_distinct: bool) -> bool:
        """Whether an ordinary word is meant as an id, by its place and by what else the text names."""
        if names_other_thing(before):
            return False
        if has_distinct or sight.has_mistral or sight.has_other_models or names_model(before):
            return True
        return any(map(names_model, sight.heads(token.start)))

    def _is_surely_meant(self, token: Token, sight: Sight, before: str) -> bool:
        """Whether a word that is no known id is meant as one. Frameworks name models of their own `mistral/…`."""
        is_named = names_model(before) and not names_other_thing(before)
        return is_named and sight.is_at_mistral(token.start, token.end)


def _is_followed_by_value(text: str, end: int) -> bool:
    return re.compile(r"[\w.:-]*\s*[=:]").match(text, end) is not None
