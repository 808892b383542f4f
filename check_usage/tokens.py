"""Which words of a text may be model ids, and how sure that is from the word alone.

A word is a longest run of letters, digits, `_`, `-`, `.` and `:`, without the full stop or colon that ends a sentence
or a key; it is an id only as a whole. So `mistral-medium` is not found inside `mistral-medium-2508`, and neither is
`mistral-small` inside `mistral-small:22b` or `codestral-2508` inside `codestral-2508.gguf`. Ids that have neither `-`
nor `:` are ordinary words too and are left alone. Parts of a dotted word are ids in keys only, as in `[models.ID]`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

# The catalog's ids may name more: any first word that ends like these do.
FAMILIES = frozenset(
    "mistral ministral mixtral codestral devstral magistral voxtral pixtral mathstral leanstral".split()  # noqa: SIM905
)
_FAMILY = re.compile(r"(?:open-|labs-)?([a-z]{2,20}tral)-")
_WORD = r"[\w.:-]"
_USABLE = re.compile(rf"(?=[^:-]*[:-])\w{_WORD}*(?<![.:])")
_IN_WORD = re.compile(_WORD)
_REST = re.compile(rf"{_WORD}*")
# What may be stuck to the front of an id: the letter of an escape like \n, or a default as shells and Spring write it,
# ${MODEL:-here} and ${app.model:here}.
_STUCK = r"(?:\$\{[\w.-]+(?::-?|-)|(?<=\\)[abfnrtv])?"
_FINE_TUNE = r"ft:(?:classifier:)?[a-z][\w.-]*:[0-9a-f]{8}:\d{8}(?::[^:]{1,18})?:[0-9a-f]{8}"
# How frameworks say "this id, at Mistral": LangChain, Pydantic AI, promptfoo.
_PROVIDERS = ("mistral", "mistralai", "mistral_ai", "mistral-ai")
_PROVIDER = re.compile(rf"(?:{'|'.join(_PROVIDERS)}):{{1,2}}(?=.)")
# Ids that only the Models API has: dated, floating, or with a first word of its own.
_DISTINCT = re.compile(
    r".*-(?:\d{4}|latest|rc\d+)|(?:open|labs|zai|ft)[:-].+|[a-z0-9-]+-2\d-(?:0?[1-9]|1[0-2])"
    r"|mistral-(?:tiny|embed|ocr|moderation|medium-3|vibe|code)\b.*|codestral-(?:embed|mamba)",
    re.ASCII,
)
# Weights are called by their size and kind, other hosts by what they make of a model.
_WEIGHTS = re.compile(
    r"-(?:instruct|base|chat|it|reasoning|thinking|hf|gguf|awq|gptq|fp8|bf16|bnb|eagle|document-ai)(?:-|$)"
    r"|^[a-z]+-(?:[a-z]+|[\d.]+)-.*\d+b(?:-|$)"
)


class Sure(Enum):
    """How sure a word alone makes it that the Models API is meant."""

    DISTINCT = "an id that only the Models API has"
    PLAIN = "an id that may be an ordinary word as well"
    WEIGHTS = "the name of weights, or of another host's model"
    GUESS = "the beginning of a known id, and perhaps meant as one"


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    model_id: str
    sure: Sure = Sure.DISTINCT
    is_prefixed: bool = False  # "at Mistral" is said right before it
    is_part: bool = False  # of a dotted word, so it counts in a key only


class Matcher:
    """Finds the ids of one catalog."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._known = frozenset(each for each in ids if _USABLE.fullmatch(each))
        own = {found[1] for each in self._known if (found := _FAMILY.match(each))}
        families = "|".join(sorted({*FAMILIES, *own}))
        heads = {re.split("[:-]", each, maxsplit=1)[0] for each in self._known}
        heads |= {*FAMILIES, *own, *_PROVIDERS, "open", "labs", "ft"}
        alternatives = "|".join(sorted(map(re.escape, heads), key=len, reverse=True))
        self._word = re.compile(rf"{_STUCK}(?P<id>(?:{alternatives})[:-]{_WORD}*)")
        self._looks = re.compile(
            rf"(?:open-|labs-)?(?:{families})(?:-[a-z0-9.]+)*-(?:\d{{4}}|latest)"
            rf"|(?:{families})(?:-[a-z0-9]+)*-2\d-(?:0[1-9]|1[0-2])"
            rf"|open-mi[sx]tral-(?:\d+x)?\d+b|{_FINE_TUNE}",
            re.ASCII,
        )
        self._beginnings = frozenset(beginning for each in self._known for beginning in _beginnings(each))
        needles = _needles(self._known, {*FAMILIES, *own})
        self._needles = [needle.encode() for needle in needles]
        self._near = re.compile("|".join(map(re.escape, needles)))

    def may_contain(self, data: bytes) -> bool:
        """Whether it is worth a closer look. Searching bytes for a few short words is all that most files cost."""
        return any(needle in data for needle in self._needles)

    def find(self, text: str) -> Iterator[Token]:
        end = 0
        for near in self._near.finditer(text):
            if near.start() < end:
                continue
            begin = near.start()
            while begin > end and _IN_WORD.match(text, begin - 1):
                begin -= 1
            word = self._word.match(text, begin - 2 if text[begin - 2 : begin] == "${" else begin)
            start, end = word.span("id") if word else (begin, _end_of_word(text, near.end()))
            if word and (token := self._token(start, word["id"].rstrip(".:"))):
                yield token
            else:
                yield from self._parts(text, begin, end)

    def _token(self, start: int, model_id: str, is_part: bool = False) -> Token | None:
        is_prefixed = False
        if model_id not in self._known and (provider := _PROVIDER.match(model_id)):
            start, model_id, is_prefixed = start + provider.end(), model_id[provider.end() :], True
        sure = self._sure(model_id)
        return Token(start, start + len(model_id), model_id, sure, is_prefixed, is_part) if sure else None

    def _sure(self, model_id: str) -> Sure | None:
        if model_id in self._known:
            return Sure.DISTINCT if _DISTINCT.fullmatch(model_id) else Sure.PLAIN
        if self._looks.fullmatch(model_id):
            return Sure.WEIGHTS if _WEIGHTS.search(model_id) else Sure.DISTINCT
        return Sure.GUESS if model_id in self._beginnings else None

    def _parts(self, text: str, start: int, end: int) -> Iterator[Token]:
        """The ids among the parts of a dotted word."""
        if end - start > _LONGEST_KEY:
            return
        for part in re.finditer(r"[^.:]+", text[start:end]):
            token = self._token(start + part.start(), part[0], is_part=True)
            if token and token.sure in (Sure.DISTINCT, Sure.PLAIN):
                yield token


_LONGEST_KEY = 200


def _beginnings(model_id: str) -> Iterator[str]:
    """What people leave of an id: `mistral-large` of `mistral-large-2512`, and never its first word alone."""
    parts = model_id.split("-")
    if ":" not in model_id:
        yield from ("-".join(parts[:number]) for number in range(2, len(parts)))


def _end_of_word(text: str, position: int) -> int:
    return position + len(_REST.match(text, position)[0])  # type: ignore[index]


def _needles(known: Iterable[str], families: Iterable[str]) -> list[str]:
    """As few words as can be, one of which is in everything there is to find."""
    needles = ["tral-", "ft:"]
    for each in sorted((*known, *(f"{family}-" for family in families)), key=len):
        if not any(needle in each for needle in needles):
            needles.append(re.split("(?<=[:-])", each, maxsplit=1)[0] if len(each) > 8 else each)
    return needles
