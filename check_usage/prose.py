"""Whether an id inside a value is used there, or just spoken of: `"--model mistral-large-2512"` or `"we love …"`.

Read is its own line only. An argument of an option and a quoted value in JSON are uses whatever surrounds them; else
a plain word right beside the id, or three of them on the line, make it prose. Paths, URLs, images and names at other
hosts are no uses of the Models API, but for the ways to say "this id, at Mistral".
"""

import re

from .lexing import Region

# An escape ends a line as the character it stands for does.
_LINE_END = re.compile(r"\n|\\[nr]")
_OPTION = re.compile(r"""(?:^|[\s"'`])--?[A-Za-z][\w-]*(?:=|\s+)[\\"'`]*$""")
# `"model": "…"`, and whatever a template says between its braces.
_QUOTED_AFTER = re.compile(r"""(?:[:=(\[{]\s*|\{\{[^}]*)\\*["'`]$""")
_QUOTE = re.compile(r"""\\*["'`]""")
_WORD_BEFORE = re.compile(r"""([^\s"'`()\[\]{}<>,;|*]*)([\s"'`(\[{<,;|*\\“‘«]*)$""")
_WORD_AFTER = re.compile(r"""([\s"'`)\]}>,;:.!?…|*\\”’»]*)([^\s"'`()\[\]{}<>,;|*]*)""")
_SENTENCE_END = re.compile(r"[.!?…]+(?:\s|$)")
_IMAGE = re.compile(r"""(?:\bimage["']?\s*[:=]|^\s*FROM)\s*["']?$""", re.IGNORECASE)
# Paths that say "this model, at the Models API": its own routes, and `mistral/…` as LiteLLM and gateways write it.
_API_PATH = re.compile(r"""/v1/(?:[\w-]+/)?models/$""")
_MODEL_PATH = re.compile(
    r"""(?:(?:^|[\s"'`}])/models/|(?:^|[\s"'`=(,\[{])(?:mistral|(?:text-completion-)?codestral)/)$"""
)
_ELSEWHERE = re.compile(r"[@#~\\]$")


def is_named_at_mistral(before: str) -> bool:
    """Whether the line's text before an id says "at Mistral's API" by a path, as in `mistral/…` and `/v1/models/…`."""
    return bool(_API_PATH.search(before) or (_MODEL_PATH.search(before) and not before.endswith("models/")))


def is_use(text: str, start: int, end: int, region: Region) -> bool:
    """Whether the id at `start` to `end` of the text is used in the value it stands in."""
    before = _LINE_END.split(text[max(region.start, start - 400) : start])[-1]
    after = text[end : min(region.end, end + 400)]
    after = _LINE_END.split(after, maxsplit=1)[0]
    if not _belongs_to_the_api(text[max(0, start - 60) : start], before, after):
        return False
    if region.command or _OPTION.search(before) or (_QUOTED_AFTER.search(before) and _QUOTE.match(after)):
        return True
    if _SENTENCE_END.match(after):
        return False
    word_before, gap_before = _WORD_BEFORE.search(before).groups()  # type: ignore[union-attr]
    gap_after, word_after = _WORD_AFTER.match(after).groups()  # type: ignore[union-attr]
    beside = (word_before if _has_space(gap_before) else "", word_after if _has_space(gap_after) else "")
    if any(map(_is_plain, beside)):
        return False
    return sum(map(_is_plain, re.split(r"[\s\"'`(),;]+", f"{before} {after}"))) < 3


def _belongs_to_the_api(outside: str, before: str, after: str) -> bool:
    if _IMAGE.search(_LINE_END.split(outside)[-1]) or after[:1] == "@":
        return False
    if before.endswith("/"):
        if _API_PATH.search(before):
            return True
        return bool(_MODEL_PATH.search(before)) and "://" not in before and after[:1] != "/"
    if after[:1] == "/" or (after[:1] == "\\" and not re.match(r"\\[nrt\"'`]", after)):
        return False
    return not _ELSEWHERE.search(before) or before.endswith(("\\n", "\\t", "\\r"))


def _has_space(gap: str) -> bool:
    return any(map(str.isspace, gap))


def _is_plain(word: str) -> bool:
    """A word of a sentence: letters only, but not the capitals of SQL or of a constant."""
    word = word.rstrip(".!?…").replace("’", "'")
    stem, _, ending = word.partition("'")
    return stem.isalpha() and (not ending or ending.isalpha()) and not (len(word) > 1 and word.isupper())
