"""Each change as a sentence in the reader's language, for people who build on the models."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from models_ui.changes.kinds import ALIAS_REPOINTED, change_label, find_kind
from models_ui.models import CatalogChange
from models_ui.text.isolation import fill
from models_ui.text.labels import capability_label

_GAPS: Final = re.compile(r"%\((\w+)\)s")


class SentenceParts(NamedTuple):
    """A sentence with a gap for each of its words, so that a page can make links of some.

    `sentence`  with %(name)s for each word
    `ids`       those of the words that name a model, with the id to find it by
    """

    sentence: str
    words: Mapping[str, str]
    ids: Mapping[str, str]


def change_sentence(change: CatalogChange) -> str:
    """Return the change as one sentence in the reader's language."""
    parts = sentence_parts(change)
    return fill(parts.sentence, parts.words)


def sentence_parts(change: CatalogChange) -> SentenceParts:
    kind = find_kind(change.kind)
    sentence = kind.build_sentence(change)
    words = {
        "model": change.label or change.model_id,
        "subject": change.subject,
        "capability": capability_label(change.subject),
        "before": kind.show_value(change, change.before),
        "after": kind.show_value(change, change.after),
    }
    gaps = set(_GAPS.findall(sentence))
    ids = {name: model_id for name, model_id in _named_ids(change).items() if name in gaps and model_id}
    return SentenceParts(sentence, words, ids)


def searched_words(kind: str) -> list[str]:
    """Return what a kind is called, and the sentences that tell it, without what stands in their gaps."""
    values = (("x", "y"), ("x", None), (None, "y"))  # some sentences tell what came, or went
    told = (CatalogChange(kind=kind, before=before, after=after) for before, after in values)
    return [change_label(kind), *(_GAPS.sub("", find_kind(kind).build_sentence(change)) for change in told)]


def _named_ids(change: CatalogChange) -> dict[str, str]:
    """Return the ids of models by the words that name them."""
    ids = {"model": change.model_id}
    if change.kind == ALIAS_REPOINTED:
        ids["subject"] = change.subject
    if find_kind(change.kind).value_type == "id":
        sides = {"before": change.before, "after": change.after}
        ids |= {side: model_id for side, model_id in sides.items() if isinstance(model_id, str)}
    return ids
