"""Each change, outcome and distance in time has a French sentence, also those that no page shows in the demo."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation

from models_ui.access.verbs import VERB_OF_KIND, VERBS
from models_ui.actions.sentences import (
    already_sentence,
    change_words,
    outcome_label,
    outcome_reason,
    outcome_sentence,
    told_sentence,
    told_words,
    verb_label,
)
from models_ui.changes import kinds, sentences
from models_ui.models import AuditEvent, CatalogChange
from models_ui.text import humanize
from models_ui.text.isolation import fill
from tests.support.french import left_over

# --- What upstream changed, and what was done, in sentences

VALUES = {
    "deprecation": ("2026-08-31T12:00:00+00:00", "2026-08-31T18:00:00+00:00"),
    "context": (131072, 262144),
    "capability": (False, True),
}


@pytest.mark.parametrize("kind", kinds.CHANGE_KINDS)
def test_every_change_has_a_french_sentence(kind: str):
    old, new = VALUES.get(kind.split(".")[0], ("alpha", "beta"))
    with translation.override("fr"):
        for before, after in (
            (old, new),
            (None, new),
            (old, None),
            ("", new),
            (old, ""),
            ("unsaid", new),
            (old, "unsaid"),
        ):
            for subject in ("alpha", "beta", "gamma"):
                at = datetime(2026, 1, 1, tzinfo=UTC)
                change = CatalogChange(
                    kind=kind, model_id="m", label="", subject=subject, before=before, after=after, at=at
                )
                said = sentences.change_sentence(change)
                assert left_over([said.replace("unsaid", ""), kinds.change_label(kind)]) == []
                assert said.endswith(".")


SOME_VALUES = {
    **dict.fromkeys(("name", "description", "note"), "x"),
    "keepers": ["x"],
    "tags": ["x"],
    "plan": {"kind": "moves", "to": "x", "by": "2026-12-01", "words": "x"},
}


@pytest.mark.parametrize("kind", VERB_OF_KIND)
@pytest.mark.parametrize("outcome", AuditEvent.Outcome.values)
@pytest.mark.parametrize("failure", [{}, {"conflict": True, "theirs": ""}, {"settled": True}, {"reads": False}])
def test_every_outcome_of_every_action_is_told_in_french(kind: str, outcome: str, failure: dict):
    field = VERBS[VERB_OF_KIND[kind]].field or ""
    if not field and failure.keys() & {"conflict", "reads"}:
        return  # a deletion compares nothing
    event = AuditEvent(
        kind=kind,
        outcome=outcome,
        failure=failure,
        model_id="m",
        at=timezone.now(),
        before={field: None} if field else {},
        after={field: SOME_VALUES.get(field, True)} if field else {},
    )
    with translation.override("fr"):
        said = [
            outcome_sentence(event),
            outcome_label(event),
            outcome_reason(event),
            fill(told_sentence(event), told_words(event)),
        ]
        said += [verb_label(VERB_OF_KIND[kind]), already_sentence(VERB_OF_KIND[kind], "m")] if field else []
        said += [str(VERBS[VERB_OF_KIND[kind]].explanation), *(change_words(event) or ())]
        assert left_over(said) == []


def test_distances_in_time_are_french():
    with translation.override("fr"):
        assert [humanize.in_days(days) for days in (-2, -1, 0, 1, 2)] == [
            "il y a 2 jours",
            "il y a 1 jour",
            "aujourd’hui",
            "dans 1 jour",
            "dans 2 jours",
        ]
        assert [humanize.time_ago(each) for each in (5, 120, 7200)] == ["à l’instant", "il y a 2 min", "il y a 2 h"]
