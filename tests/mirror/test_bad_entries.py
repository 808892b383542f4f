"""Entries that are garbled and calls that fail: every good row stays, and the run says why."""

from typing import Any

import pytest

from models_ui.mirror import sync
from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, Lease
from models_ui.services.stored_errors import stored_error_sentence
from sandbox import Sandbox
from tests.mirror.conftest import news, one_run, shown, snapshot
from tests.support.entries import LIMA, NEMO, TUNE, base, tune

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


# --- One bad entry among good ones

GOOD = {"lima-2508", "nemo"}
FIELDS = sorted(tune())
MISTYPED = [None, "absent", 7, 7.5, -1, "text", "", True, [], ["x", None, 3], {}, {"x": 1}, {"": True}]


@pytest.mark.parametrize("kind", [base("bad", "bad"), tune("ft:bad")], ids=["base", "fine-tuned"])
@pytest.mark.parametrize("field", FIELDS)
def test_no_odd_field_hides_its_entry_or_any_other(sandbox: Sandbox, kind: dict[str, Any], field: str):
    odd = []
    for value in MISTYPED:
        entry = {**kind, "id": f"{kind['id']}-{len(odd)}", "name": None, field: value}
        if value == "absent":
            del entry[field]
        if (field, value) != ("type", ""):  # the sandbox gives it a clock as `created`, we take it for a fine-tune
            odd.append(entry)
    sandbox.catalog.replace([*odd[:6], *LIMA, *odd[6:], *NEMO])
    run = one_run()
    rows = shown()
    assert set(rows) >= GOOD
    assert set(rows["lima-2508"].aliases) == {"lima-latest", "lima"}
    assert (run.unreadable, run.added) == (0, CatalogModel.objects.count())
    if field != "id":
        assert set(rows) == GOOD | {each["id"] for each in odd}
    assert news(one_run()) == (0, 0, 0)


def test_entries_that_are_no_objects_are_counted_and_hide_nothing(sandbox: Sandbox):
    sandbox.catalog.replace([None, *LIMA, 7, "x", [], *NEMO, True])
    run = one_run()
    assert (run.entries, run.unreadable, run.added) == (10, 5, 2)
    assert set(shown()) == GOOD


HOSTILE = [
    "../files/abc?x=1#y",
    "a/b",
    "a b",
    "a%2fb",
    "\x00",
    "a\x00b",
    "c\ud800d",
    "a\u202eb",
    "a\nb",
    "x" * 10_000,
    "<script>alert(1)</script>",
    "=1+1",
    ".",
    "..",
    "日本",
    "'; DROP TABLE models_ui_catalogmodel; --",
]


@pytest.mark.parametrize("make", [base, tune])
def test_a_hostile_id_is_kept_and_hides_nothing(sandbox: Sandbox, make):
    sandbox.catalog.replace([*(make(each) for each in HOSTILE), *NEMO])
    assert one_run().added == len(HOSTILE) + 1
    rows = shown()
    assert len(rows) == len(HOSTILE) + 1
    assert {row.model_id for row in rows.values() if row.routable} == {"日本", "=1+1", "nemo"}
    assert news(one_run()) == (0, 0, 0)


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "x" * 10_000, "\U0001f600" * 2_000])
def test_hostile_text_in_every_field_is_stored_and_settled(sandbox: Sandbox, text: str):
    entry = {name: text if isinstance(value, str) else value for name, value in tune().items()}
    fields = {"name": text, "description": text, "owned_by": text, "deprecation_replacement_model": text}
    named = base("lima", "lima", text, capabilities={text[:90]: True}, unknown={text: [text]}) | fields
    sandbox.catalog.replace([entry, named, tune(f"{text}2", name=text), *NEMO])
    assert one_run().added == 4
    assert news(one_run()) == (0, 0, 0)
    assert "nemo" in shown()


def test_numbers_beyond_every_column_are_stored_and_settled(sandbox: Sandbox):
    odd = {"a": 10**300, "b": -(2**63), "c": 0.1, "d": [1e-320], "e": 2**53 + 1}
    sandbox.catalog.replace([base("lima", "lima", max_context_length=2**70, default_model_temperature=1e9, odd=odd)])
    one_run()
    row = shown()["lima"]
    assert (row.max_context_length, row.default_temperature) == (None, None)
    assert {"max_context_length", "default_model_temperature"} <= set(row.problems)
    assert news(one_run()) == (0, 0, 0)


# --- Failures

FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("401", {}, "unauthorized"),
    ("403", {}, "tier_not_allowed"),
    ("404", {}, "route_not_found"),
    ("429", {}, "rate_limited"),
    ("429", {"retry_after": "30"}, "rate_limited"),
    ("500", {}, "upstream_failed"),
    ("html", {"status": 500}, "upstream_failed"),
    ("html", {"status": 502}, "upstream_failed"),
    ("503", {}, "upstream_failed"),
    ("html", {"status": 200}, "not_json"),
    ("not-json", {}, "not_json"),
    ("truncated", {}, "not_json"),
    ("huge", {"megabytes": 33}, "too_large"),
    ("hang", {}, "timed_out"),
    ("slow", {"seconds": 5.0}, "timed_out"),
    ("drip", {"seconds": 0.2}, "timed_out"),
    ("cut", {}, "connection_cut"),
    ("cut", {"when": "body"}, "connection_cut"),
    ("empty", {}, "empty_list"),
    ("redirect", {}, "redirected"),
    ("refused", {}, "connection_refused"),
]


@pytest.mark.parametrize(("fault", "options", "code"), FAULTS, ids=[f"{kind} {more}" for kind, more, _ in FAULTS])
def test_a_failure_keeps_every_row_and_says_why(upstream: Sandbox, settings, fault: str, options, code: str):
    if code == "timed_out":
        settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 0.3, 0.6
    sync.models_api().transport.retries = 0
    before, old = snapshot(), mirror_state()
    if fault == "refused":
        upstream.stop()
    else:
        upstream.faults.add(fault, **options)
    result = run_sync(asked_by="carol")
    assert result.outcome == "failed"
    assert result.run is not None
    assert snapshot() == before
    mirror = mirror_state()
    assert (mirror.version, mirror.last_synced_at) == (old.version, old.last_synced_at)
    assert mirror.failed_at == result.run.finished_at
    assert mirror.failure == result.run.failure
    assert result.run.failure["code"] == code
    sentence = stored_error_sentence(mirror.failure)
    assert len(sentence.split()) > 5
    assert sentence.endswith((".", "”"))
    assert "<" not in sentence
    assert upstream.key not in sentence
    if fault not in {"hang", "slow", "drip", "cut", "refused"}:
        assert len(result.run.correlation_id) > 10
    assert not Lease.objects.exists()

    upstream.faults.clear()
    upstream.start()
    settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 2, 4
    assert news(one_run()) == (0, 0, 0)
    assert (mirror_state().failed_at, mirror_state().failure) == (None, {})


def test_a_wrong_key_is_told_as_such_and_nothing_is_stored_of_it(upstream: Sandbox, point_at):
    point_at(upstream, key="not-the-key")
    result = run_sync()
    assert result.run is not None
    assert "API key" in stored_error_sentence(result.run.failure)
    assert "not-the-key" not in str(result.run.failure)


def test_a_list_with_every_field_mistyped_hides_no_model_and_takes_nothing_away_at_once(upstream: Sandbox):
    before = shown()
    upstream.faults.add("wrong-types", times=1)
    assert news(one_run())[::2] == (0, 0)
    for model_id, row in shown().items():
        for field in ("aliases", "name", "max_context_length", "owned_by", "root", "state"):
            assert getattr(row, field) == getattr(before[model_id], field) or (model_id, field) == (TUNE, "name")
        assert set(before[model_id].capabilities) <= set(row.capabilities)
    one_run()
    one_run()
    assert shown() == before


def test_a_missing_setting_is_a_failure_like_any_other(upstream: Sandbox, settings):
    settings.MISTRAL_API_KEY = ""
    result = run_sync()
    assert result.outcome == "failed"
    assert "MISTRAL_API_KEY" in stored_error_sentence(mirror_state().failure)
    assert not Lease.objects.exists()
