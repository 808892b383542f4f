"""What in a file names a host of models: Mistral's own API, or somebody else's with models of the same names.

Azure, Bedrock, Ollama and others run models of the same families under names of their own, and those end on other days.
What names a host is a mark: an address, a class or a function, an import, a variable of the environment, a key over a
block, or what a key such as `provider` says. A comment is none, nor is the host in another model's name, as in
`azure/gpt-4`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

Host = Literal["mistral", "other"]

# Whole beginnings of a word's parts, in lower case.
OTHER_HOSTS = tuple(
    """
    azure cognitiveservices bedrock sagemaker vertex scaleway huggingface hugging_face hugging-face
    from_pretrained transformers vllm
    ollama lmstudio lm_studio lm-studio llama.cpp llamacpp llama_cpp llama-cpp llamafile gguf sglang openrouter
    open_router open-router togetherai together_ai together.ai together.xyz chattogether groq fireworks deepinfra nebius
    nvidia watsonx snowflake databricks cloudflare workers-ai workers_ai replicate perplexity ovhcloud ovhai anyscale
    octoai sambanova github_models github-models models.github models.inference.ai novita siliconflow featherless
    baseten cerebras friendli ionos infomaniak stackit nscale parasail predibase runpod
    """.split()  # noqa: SIM905 - one word a line would be longer and no clearer
)
_OTHER_BYTES = tuple(name.encode() for name in OTHER_HOSTS)
# What else is called so and runs no models.
_NO_HOST = re.compile(
    r"azure[_-]?(?:storage|blob|dev_?ops|pipelines?|key_?vault|functions?|search|monitor|sql|cosmos|tenant|client_id"
    r"|subscription|app_?service|container|registry|repos)|vertex(?:es|_?(?:shader|buffer|count|index|array))"
    r"|vertices|replicated|snowflake_?id|cloudflare_(?:zone|dns|turnstile)|cf[_-]",
    re.IGNORECASE,
)
_AT_MISTRAL = re.compile(r"mistral\.ai|mistral[_-]?ai(?![a-z])|mistral_?(?:api|key|model|base|url)", re.IGNORECASE)
# Providers with models of their own. A file that names several is about no one host.
_OTHER_MAKERS = re.compile(rb"\b(?:openai|anthropic|gemini|cohere|deepseek|xai|claude|gpt)")

_PROVIDER_KEY = re.compile(
    r"""(?:provider|platform|host|vendor|backend|service|source|api_?type|gateway|inference|via|runtime|engine)\w*
    ["'\])]*\s*(?:=>|==|!=|:=|[:=(,])\s*[\["'(:\w.]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE_NAME_KEY = re.compile(r"\b(?:id|name|slug|key):\s*$")
_COMMAND = re.compile(r"(?:^|[;&|(`!])\s*(?:sudo\s+|RUN\s+|-\s+)?$")
_NAME_KEY = re.compile(r"""\b(?:id|name|slug|key)["']?\s*(?:=>|[:=])\s*["'`]$""")
_ADDRESS = re.compile(r"(?://|@)[\w.-]*$")
_IMPORT = re.compile(
    r"""\s*(?:from|import|use|using|require|require_relative|include|package|export)\b|.*\brequire\("""
)
_DEFINITION = re.compile(r"\s*(?:(?:async|export|public|private|pub)\s+)*(?:def|class|function|func|fn|interface)\b")
_KEY_BEFORE = re.compile(r"""(?:^|[{,(;])[\s\-]*(?:\[+(?:[\w-]+\.)*|(?:export|const|let|var|set|ENV|ARG)\s+)?["']?$""")
_KEY_AFTER = re.compile(r"""["']?\s*(?:\]|:(?!:)|=(?!=))""")
_SETTING = re.compile(r"[A-Z\d]+(?:_[A-Z\d]+)*_(?:KEY|URL|URI|ENDPOINT|BASE|HOST|TOKEN|REGION|DEPLOYMENT)[A-Z\d_]*")
_BASE_ADDRESS = re.compile(
    r"""(?:base_?url|api_?base|api_?host|server_?url|endpoint)\w*["'\])]*\s*(?:=>|[:=,])\s*["']?(https?://[^\s"'/]+)""",
    re.IGNORECASE,
)
_NEAR = 300  # characters of a line
_WORD_BEGIN = re.compile(r"[\w.-]*\Z")
_WORD_END = re.compile(r"[\w-]*(?:\.[\w-]+)*")


Reach = Literal["wide", "block", "line"]
"""How far a mark speaks: for all that is near, for what is inside its block or value, for its line alone."""


class Mark(NamedTuple):
    start: int
    end: int
    host: Host
    reach: Reach


class Marks:
    """The marks of one text, in order. Comments hold none."""

    def __init__(self, text: str, comments: Sequence[tuple[int, int]] = ()) -> None:
        self._text = text
        self._comments = comments
        self._folded = text.encode("ascii", "replace").lower()  # a byte a character
        self.all = sorted(self._find())

    def between(self, start: int, end: int) -> list[Mark]:
        return self.all[self._number(start) : self._number(end)]

    def _number(self, offset: int) -> int:
        return bisect_left(self.all, offset, key=lambda mark: mark.start)

    def has(self, host: Host) -> bool:
        return host in self._hosts

    @cached_property
    def _hosts(self) -> set[Host]:
        return {mark.host for mark in self.all}

    @cached_property
    def only_host(self) -> Host | None:
        """Where a file names one other host alone, and no other maker of models, it is about that one."""
        strong = [mark for mark in self.all if mark.reach == "wide"]
        if any(mark.host == "mistral" for mark in strong) or _OTHER_MAKERS.search(self._folded):
            return None
        names = {name for mark in strong if (name := other_host_in(self._text[mark.start : mark.end]))}
        return "other" if len(names) == 1 else None

    def _find(self) -> Iterator[Mark]:
        end = 0
        present = tuple(name for name in _OTHER_BYTES if name in self._folded)
        for found in _any_of(present).finditer(self._folded):
            if found.start() < end:
                continue
            start = max(end, found.start() - 60)
            start = found.start() - len(_WORD_BEGIN.search(self._text[start : found.start()])[0])  # type: ignore[index]
            end = _WORD_END.match(self._text, found.end()).end()  # type: ignore[union-attr]
            if not self._is_comment(start) and (mark := self._mark(start, end, found.start())):
                yield mark
        for address in _BASE_ADDRESS.finditer(self._text) if b"http" in self._folded else ():
            if "mistral" not in address[1] and not self._is_comment(address.start()):
                yield Mark(address.start(1), address.end(1), "other", "wide")

    def _is_comment(self, position: int) -> bool:
        number = bisect_left(self._comments, (position + 1, 0)) - 1
        return number >= 0 and self._comments[number][1] > position

    def _mark(self, start: int, end: int, name_start: int) -> Mark | None:
        """The mark that the word is, where it stands as one."""
        text = self._text
        word = text[start:end]
        host: Host = "other" if other_host_in(word) else "mistral"
        if host == "mistral" and not self._names_mistral(word, text[end : end + 1]):
            return None
        reach = self._reach(start, end, word)
        return Mark(start, end, host, reach) if reach else None

    def _reach(self, start: int, end: int, word: str) -> Reach | None:
        text = self._text
        line_start = max(text.rfind("\n", max(0, start - _NEAR), start) + 1, start - _NEAR)
        before, after = text[max(line_start, start - 120) : start], text[end : end + 12]
        if _DEFINITION.match(before):
            return "block"
        if _KEY_BEFORE.search(before) and _KEY_AFTER.match(after):
            return "wide" if _SETTING.fullmatch(word) else "block"
        if _is_setting_or_address(word, before):
            return "wide"
        if after[:1] in ("/", ":") and after[1:2] not in ("", " ", "\n", '"', "'"):
            return None  # another model's name, `azure/gpt-4`
        if after[:1] in ("(", "<") or _IMPORT.match(text[line_start:start]) or _PROVIDER_KEY.search(before):
            return "wide"
        return _reach_of_a_value(word, before, after)

    @staticmethod
    def _names_mistral(word: str, following: str) -> bool:
        if following == "(" or word.strip(".").lower() in ("mistral", "mistralai", "mistral-ai", "mistral_ai"):
            return True
        return _AT_MISTRAL.search(word) is not None


def _is_setting_or_address(word: str, before: str) -> bool:
    is_setting = _SETTING.fullmatch(word) or word.lower().endswith("cognitiveservices")
    return bool(is_setting or _ADDRESS.search(before))


def _reach_of_a_value(word: str, before: str, after: str) -> Reach | None:
    """Return how far a literal of its own, a bare value or the name of a variable speaks."""
    is_literal = before[-1:] in ("'", '"', "`") and after[:1] == before[-1:]
    is_bare = after[:1] in ("", "\n", "\r")
    if (is_literal and _NAME_KEY.search(before)) or (is_bare and _BARE_NAME_KEY.search(before)):
        return "wide"
    if after[:1] == " " and _COMMAND.search(before):
        return "block"
    return "line" if is_literal or word.isupper() else None


@lru_cache(maxsize=256)
def _any_of(names: tuple[bytes, ...]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(re.escape, (*names, b"mistral"))))


_OTHER = re.compile("|".join(map(re.escape, OTHER_HOSTS)), re.IGNORECASE)


def other_host_in(word: str) -> str | None:
    """The other host that a word names, at the beginning of one of its parts: `AzureChat`, not `unscaled`."""
    if _NO_HOST.search(word):
        return None
    if found := _MISTRAL_AT_OTHERS.search(word):
        return found[0].lower()
    for found in _OTHER.finditer(word):
        at = found.start()
        begins_part = not at or not word[at - 1].isalpha() or (word[at].isupper() and word[at - 1].islower())
        if begins_part or word[:at] in _LEADS:
            return found[0].lower()
    return None


_MISTRAL_AT_OTHERS = re.compile(
    r"mistral(?:ai)?[_-]?(?:on)?[_-]?(?:gcp|google|aws|azure|vertex|bedrock)", re.IGNORECASE
)
_LEADS = ("Chat", "chat", "with", "use", "on", "is")
