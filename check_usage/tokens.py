"""Which words of a text are model ids: the catalog's own, and what certainly looks like one of Mistral's.

A word is a longest run of letters, digits, `_`, `-`, `.` and `:`, without the full stop or colon that ends a sentence
or a key; it is an id only as a whole. So `mistral-medium` is not found inside `mistral-medium-2508`, and neither is
`mistral-small` inside `mistral-small:22b` or `codestral-2508` inside `codestral-2508.gguf`. Ids that have neither `-`
nor `:` are ordinary words too and are left alone.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
_PROVIDER = re.compile(r"(?:mistral|mistralai):(?=.)")


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    model_id: str


class Matcher:
    """Finds the ids of one catalog."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._known = frozenset(each for each in ids if _USABLE.fullmatch(each))
        own = {found[1] for each in self._known if (found := _FAMILY.match(each))}
        families = "|".join(sorted({*FAMILIES, *own}))
        heads = {re.split("[:-]", each, maxsplit=1)[0] for each in self._known}
        heads |= {*FAMILIES, *own, "mistralai", "open", "labs", "ft"}
        alternatives = "|".join(sorted(map(re.escape, heads)))
        self._word = re.compile(rf"{_STUCK}(?P<id>(?:{alternatives})[:-]{_WORD}*)")
        self._looks = re.compile(
            rf"(?:open-|labs-)?(?:{families})(?:-[a-z0-9.]+)*-(?:\d{{4}}|latest)"
            rf"|open-mi[sx]tral-(?:\d+x)?\d+b|{_FINE_TUNE}",
            re.ASCII,
        )
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
            if word is None:
                end = near.end() + len(_REST.match(text, near.end())[0])  # type: ignore[index]
                continue
            start, end = word.span("id")
            model_id = word["id"].rstrip(".:")
            if model_id not in self._known and (provider := _PROVIDER.match(model_id)):
                start, model_id = start + provider.end(), model_id[provider.end() :]
            if model_id in self._known or self._looks.fullmatch(model_id):
                yield Token(start, start + len(model_id), model_id)


def _needles(known: Iterable[str], families: Iterable[str]) -> list[str]:
    """As few words as can be, one of which is in everything there is to find."""
    needles = ["tral-", "ft:"]
    for each in sorted((*known, *(f"{family}-" for family in families)), key=len):
        if not any(needle in each for needle in needles):
            needles.append(re.split("(?<=[:-])", each, maxsplit=1)[0] if len(each) > 8 else each)
    return needles
