"""The column `failure`: what it says is read as it was written, by this version and by every earlier one."""

import pytest
from django.utils import translation

from models_ui.access.policy import ActionDenied
from models_ui.actions.sentences import outcome_reason
from models_ui.audit import chain
from models_ui.audit.outcome_detail import (
    NO_DETAIL,
    ConflictDetail,
    DenialDetail,
    ErrorDetail,
    SettledDetail,
    UnconfirmedDetail,
    detail_from_json,
)
from models_ui.models import AuditEvent
from models_ui.services.errors import ModelGone, NotConfigured, UpstreamFailed

FACTS = {"code": "upstream_failed", "status": 503, "correlation_id": "c1", "outcome_unknown": True}
DETAILS = [
    NO_DETAIL,
    ErrorDetail(FACTS),
    ErrorDetail({"code": "not_configured", "detail": "", "setting": "MISTRAL_API_KEY"}),
    DenialDetail("It has been deleted"),
    DenialDetail("Needs the %(role)s role", {"role": "Editor"}),
    ConflictDetail("Theirs"),
    ConflictDetail(None),
    UnconfirmedDetail(),
    UnconfirmedDetail(reads=None),
    UnconfirmedDetail(reads=False),
    SettledDetail(),
    SettledDetail(FACTS, "carol"),
]
# As events of version 0.12 hold them.
OLDER_SHAPES = [
    ({}, NO_DETAIL),
    (FACTS, ErrorDetail(FACTS)),
    ({"reason": "It has been deleted"}, DenialDetail("It has been deleted")),
    ({"reason": "Needs the %(role)s role", "words": {"role": "Editor"}}, DETAILS[4]),
    ({"conflict": True, "theirs": "Theirs"}, ConflictDetail("Theirs")),
    ({"conflict": True, "theirs": None}, ConflictDetail(None)),
    ({"unconfirmed": True}, UnconfirmedDetail()),
    ({"unconfirmed": True, "reads": None}, UnconfirmedDetail(reads=None)),
    ({"unconfirmed": True, "reads": "NEW NAME"}, UnconfirmedDetail(reads="NEW NAME")),
    ({"settled": True}, SettledDetail()),
    ({**FACTS, "settled": True}, SettledDetail(FACTS)),
    ({**FACTS, "settled": True, "settled_by": "carol"}, SettledDetail(FACTS, "carol")),
]


@pytest.mark.parametrize("detail", DETAILS, ids=repr)
def test_a_detail_is_read_as_it_was_written(detail):
    assert detail_from_json(detail.to_json()) == detail


@pytest.mark.parametrize(("stored", "detail"), OLDER_SHAPES, ids=repr)
def test_a_shape_of_an_earlier_version_is_read(stored, detail):
    assert detail_from_json(stored) == detail


def test_a_detail_of_a_later_version_says_nothing_rather_than_break_a_page():
    assert detail_from_json({"type": "postponed", "until": "2027-01-01"}) == NO_DETAIL


@pytest.mark.parametrize(
    ("outcome", "stored", "sentence"),
    [
        ("refused", {"reason": "Needs the %(role)s role", "words": {"role": "Editor"}}, "Needs the Editor role."),
        (
            "refused",
            {"conflict": True, "theirs": "Theirs"},
            "Somebody had changed it in the meantime (to: “Theirs”), so nothing was written.",
        ),
        ("failed", {**FACTS, "settled": True}, "Reading the model again showed that the change had not been made."),
        ("succeeded", {**FACTS, "settled": True}, ""),
        ("succeeded", {"unconfirmed": True}, "Mistral confirmed it, but the model could not be read again yet."),
        (
            "succeeded",
            {"unconfirmed": True, "reads": None},
            "Mistral confirmed it, but reading the model again shows something else: no name.",
        ),
    ],
)
def test_an_event_of_an_earlier_version_gives_the_same_reason_as_then(outcome, stored, sentence):
    event = AuditEvent(kind="model.renamed", outcome=outcome, failure=stored, after={"name": "New"})
    assert outcome_reason(event) == sentence
    event.failure = detail_from_json(stored).to_json()
    assert outcome_reason(event) == sentence


def test_the_chain_of_events_of_an_earlier_version_still_holds(db):
    entry = chain.Entry(action_id="a", kind="model.renamed", actor="bob", model_id="m", before={}, after={})
    for stored, _detail in OLDER_SHAPES:

        class Stored:
            def to_json(self, stored=stored):
                return stored

        event = chain.append_event(entry, AuditEvent.Outcome.FAILED, detail=Stored())
        assert AuditEvent.objects.get(pk=event.pk).failure == stored
    assert chain.verify_chain() == (len(OLDER_SHAPES), None)


@pytest.mark.parametrize(
    ("detail", "error"),
    [
        (ErrorDetail.of(UpstreamFailed(status=503)), UpstreamFailed),
        (ErrorDetail.of(ModelGone(model_id="m")), ModelGone),
        (ErrorDetail.of(NotConfigured(setting="MISTRAL_API_KEY")), NotConfigured),
        (SettledDetail(FACTS), UpstreamFailed),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_the_class_of_an_error_is_known_again(detail, error):
    assert detail_from_json(detail.to_json()).error_class is error


def test_a_denial_is_kept_in_english_whoever_met_it(db):
    with translation.override("fr"):
        detail = ActionDenied("Needs the %(role)s role", role="Editor").detail
        assert detail == DenialDetail("Needs the %(role)s role", {"role": "Editor"})
