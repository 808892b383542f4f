"""Every action that fails, or may have: what upstream then has, what the person is told, and what the history says.

Through the real views, over real HTTP to the sandbox, in both dialects.
"""

import pytest

from models_ui.models import AuditEvent
from tests.actions.conftest import outcomes, row_of
from tests.support.acts import ARCHIVE, DELETE, EACH, UPSTREAM
from tests.support.forms import HTMX

pytestmark = pytest.mark.usefixtures("at_once")


# --- Upstream fails

# How upstream says no; what the browser is answered; what the person reads.
FAILURES = {
    "key": ({"kind": "status", "status": 401}, 502, "API key"),
    "key, as of 2025": ({"kind": "status", "status": 401, "shape": "gateway-unauthorized"}, 502, "API key"),
    "rights": ({"kind": "status", "status": 403, "shape": "detail-text"}, 502, "which rights the key has"),
    "plan": ({"kind": "status", "status": 403, "shape": "tier"}, 502, "is not part of your organisation’s plan"),
    "gone": ({"kind": "status", "status": 404, "shape": "not-found"}, 404, "knows no model"),
    "retired": ({"kind": "status", "status": 404, "shape": "deprecated"}, 404, "has been retired"),
    "no route": ({"kind": "status", "status": 404, "shape": "no-route"}, 502, "MODELS_API_DIALECT"),
    "wrong verb": ({"kind": "status", "status": 405, "shape": "detail-text"}, 502, "MODELS_API_DIALECT"),
    "in use": ({"kind": "status", "status": 409}, 409, "changed or is in use"),
    "switched off": ({"kind": "status", "status": 410}, 502, "has switched this part of the Models API off"),
    "invalid, in the contract": (
        {"kind": "status", "status": 400, "shape": "bad-request"},
        422,
        "does not accept this: change what you entered and try again. The Models API says: “name should be a string.”",
    ),
    "invalid, a list": ({"kind": "status", "status": 422}, 422, "store: Extra inputs are not permitted"),
    "invalid, a text": ({"kind": "status", "status": 422, "shape": "validation-text"}, 422, "not available for this"),
    "invalid, an object": ({"kind": "status", "status": 422, "shape": "validation-object"}, 422, "store: Extra inputs"),
    "invalid, nothing": ({"kind": "status", "status": 422, "shape": "nothing"}, 422, "does not accept this"),
    "too many": ({"kind": "status", "status": 429}, 502, "too many calls"),
    "failed": ({"kind": "status", "status": 500}, 502, "Service unavailable."),
    "down": ({"kind": "status", "status": 503}, 502, "is in trouble (503)"),
}


@EACH
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_changes_nothing_and_is_told_in_words_with_its_correlation_id(stage, act, failure):
    fault, status, words = FAILURES[failure]
    staged = stage(act)
    staged.sandbox.faults.add(**fault, verb="writes")
    response = staged.send()
    html = staged.told(response)
    assert response.status_code == status
    assert words in html
    assert staged.unchanged_upstream
    assert staged.writes == [act.call]
    attempt, failed = AuditEvent.objects.all()
    assert (attempt.outcome, failed.outcome) == ("attempted", "failed")
    assert failed.correlation_id
    assert failed.correlation_id in html
    assert row_of(staged.id).is_missing is (status == 404)
    assert not row_of(staged.id).is_deleted


@EACH
def test_a_look_that_fails_ends_the_action_before_anything_is_written(stage, act):
    staged = stage(act)
    staged.sandbox.faults.add("500", verb="retrieve")
    response = staged.send()
    assert response.status_code == 502
    assert "in trouble (500)" in staged.told(response)
    assert staged.writes == []
    assert outcomes(staged.id) == ["failed"]


@EACH
def test_a_look_at_a_model_that_is_gone_marks_its_row(stage, act):
    staged = stage(act)
    staged.sandbox.catalog.remove(staged.id)
    assert staged.send().status_code == 404
    assert row_of(staged.id).is_missing
    assert staged.writes == []


GARBLED = [(act, kind) for act in UPSTREAM for kind in ("wrong-types", "empty", "not-json", "html")]
GARBLED.remove((DELETE, "wrong-types"))  # needs no field


@pytest.mark.parametrize(("act", "kind"), GARBLED, ids=lambda each: getattr(each, "verb", each))
def test_a_look_that_makes_no_sense_is_no_basis_for_a_write(stage, act, kind):
    """Garbled is not empty: nobody is told that the name was taken away."""
    staged = stage(act)
    fault = {"status": 200} if kind == "html" else {}
    staged.sandbox.faults.add(kind, verb="retrieve", **fault)
    response = staged.send()
    assert response.status_code == 502
    assert staged.writes == []
    row = row_of(staged.id)
    assert (row.name, row.description) == (staged.seen.name, staged.seen.description)


def test_an_upstream_that_does_not_listen_is_a_failure_and_no_unknown(stage, sandbox):
    staged = stage(ARCHIVE)
    sandbox.stop()
    response = staged.send()
    assert response.status_code == 502
    assert "connection refused" in staged.told(response)
    assert outcomes(staged.id) == ["failed"]


def test_without_a_key_the_setting_is_named(stage, settings):
    staged = stage(ARCHIVE)
    settings.MISTRAL_API_KEY = ""
    response = staged.client.post(f"/models/{staged.id}/archive/", headers=HTMX)
    assert response.status_code == 502
    assert "MISTRAL_API_KEY" in response.content.decode()


# --- Unknown outcomes

SILENCES = {
    "gateway time-out": {"kind": "status", "status": 504},
    "bad gateway": {"kind": "html", "status": 502},
    "cut": {"kind": "cut"},
    "no JSON": {"kind": "not-json"},
    "redirect": {"kind": "redirect"},
}


# What the gateway does is alike in both dialects; one silence is enough for the second.
SILENT = [("contract", each) for each in SILENCES] + [("platform", "cut")]


@EACH
@pytest.mark.parametrize(("dialect", "silence"), SILENT)
@pytest.mark.parametrize("performed", [True, False], ids=["performed", "not performed"])
def test_an_unknown_outcome_is_settled_by_reading_or_stays_unknown(stage, act, silence, performed, dialect):
    staged = stage(act, dialect=dialect)
    staged.sandbox.faults.add(**SILENCES[silence], verb="writes", after=performed)
    response = staged.send()
    html = staged.told(response)
    assert staged.writes == [act.call]
    assert staged.done_upstream() is performed
    assert staged.done_here() is performed
    if performed:
        assert response.status_code == (302 if act is DELETE else 200)
        assert outcomes(staged.id) == ["attempted", "unknown", "succeeded"]
    else:
        assert response.status_code in (502, 504)
        assert "It is not known whether this worked" in html
        assert f"/activity/{'a' * 32}/settle/" in html
        assert outcomes(staged.id) == ["attempted", "unknown"]


@EACH
def test_a_write_that_hangs_is_unknown_and_a_time_out(stage, act, settings):
    staged = stage(act)
    settings.MODELS_API_TIMEOUT = 0.3
    staged.sandbox.faults.add("hang", verb="writes")
    response = staged.send()
    assert response.status_code == 504
    assert "did not answer in time" in staged.told(response)
    assert outcomes(staged.id) == ["attempted", "unknown"]
