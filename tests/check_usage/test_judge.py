"""Verdicts come from dates at a stated moment, and name the day and what to use instead."""

from datetime import UTC, datetime, timedelta

import pytest

from check_usage.catalog import Catalog, CatalogError, Model
from check_usage.judge import Judge
from models_ui.catalog.lifecycle import days_until, lifecycle_stage
from tests.check_usage.conftest import NOW, entry

OFF = datetime(2026, 12, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def rule_of(catalog: Catalog, model_id: str, now: datetime = NOW, **options) -> str | None:
    verdict = Judge(catalog, now=now, **options).verdict(model_id)
    return verdict.rule.name if verdict else None


@pytest.mark.parametrize(
    ("model_id", "rule", "message"),
    [
        (
            "mistral-large-2411",
            "retired",
            "mistral-large-2411 was switched off on 2026-05-31. "
            "Replacement: mistral-medium-latest (today mistral-medium-2604).",
        ),
        (
            "mistral-medium-2508",
            "retiring",
            "mistral-medium-2508 stops working on 2026-12-02, in 9 days. "
            "Replacement: mistral-medium-3-5 (today mistral-medium-2604).",
        ),
        (
            "devstral-2512",
            "missing",
            "devstral-2512 is not listed any more since 2026-11-01. No replacement is named.",
        ),
        (
            "mistral-large-latest",
            "floating",
            "mistral-large-latest (today mistral-large-2512) means another model whenever Mistral moves it. "
            "Pin mistral-large-2512.",
        ),
        (
            "mistral-large-2521",
            "unknown",
            "mistral-large-2521 is no model the catalog knows. Did you mean mistral-large-2512?",
        ),
    ],
)
def test_the_sentence_names_the_date_and_the_replacement(catalog: Catalog, model_id: str, rule: str, message: str):
    verdict = Judge(catalog, now=NOW).verdict(model_id)
    assert verdict is not None
    assert (verdict.rule.name, verdict.message) == (rule, message)


@pytest.mark.parametrize(
    "model_id", ["mistral-large-2512", "mistral-medium-3.5", "mistral-medium", "mistral-small-2506"]
)
def test_an_id_that_is_well_gets_no_finding(catalog: Catalog, model_id: str):
    assert rule_of(catalog, model_id) is None


@pytest.mark.parametrize(
    ("now", "within", "rule"),
    [
        (OFF - SECOND, 90, "retiring"),
        (OFF, 90, "retired"),
        (OFF + SECOND, 90, "retired"),
        (OFF - SECOND, 0, "retiring"),
        (datetime(2026, 12, 2, tzinfo=UTC), 0, "retiring"),
        (datetime(2026, 12, 2, tzinfo=UTC) - SECOND, 0, None),
        (datetime(2026, 12, 2, tzinfo=UTC) - SECOND, 1, "retiring"),
        (OFF - timedelta(days=91), 90, None),
        (OFF - timedelta(days=90), 90, "retiring"),
        (datetime(2026, 12, 2, 1, tzinfo=UTC).astimezone(), 0, "retiring"),
    ],
)
def test_the_boundaries(catalog: Catalog, now: datetime, within: int, rule: str | None):
    assert rule_of(catalog, "mistral-medium-2508", now, within=within) == rule


@pytest.mark.parametrize("hours", [-49, -25, -13, -1, 0, 1, 12, 24, 36])
def test_days_and_stage_are_those_of_the_dashboard(catalog: Catalog, hours: int):
    now = OFF + timedelta(hours=hours)
    verdict = Judge(catalog, now=now).verdict("mistral-medium-2508")
    assert verdict is not None
    assert (verdict.rule.name, verdict.days) == (lifecycle_stage(OFF, now), days_until(OFF, now))


def test_the_worst_of_several_faults_is_told_and_the_next_when_it_is_off():
    catalog = Catalog([Model(model_id="x-1", aliases=("x-latest",), deprecation=OFF, missing_since=NOW)])
    assert rule_of(catalog, "x-latest", OFF) == "retired"
    assert rule_of(catalog, "x-latest", NOW) == "missing"
    assert rule_of(catalog, "x-latest", NOW, levels={"missing": "off"}) == "retiring"
    assert rule_of(catalog, "x-latest", NOW, levels={"missing": "off", "retiring": "off"}) == "floating"


def test_an_id_of_two_models_is_judged_by_the_worse():
    catalog = Catalog(
        [Model(model_id="a-1", aliases=("a-latest",)), Model(model_id="a-2", aliases=("a-latest",), deprecation=OFF)]
    )
    verdict = Judge(catalog, now=NOW).verdict("a-latest")
    assert verdict is not None
    assert verdict.rule.name == "retiring"
    assert "(today a-2 and 1 more)" in verdict.message


def test_a_listed_id_hides_one_that_is_gone_and_a_name_is_an_id_only_of_a_base_model():
    gone = entry("b-1", "b-2", missing_since="2026-01-01T00:00:00Z", name="b-3")
    catalog = Catalog.from_export({"models": [gone, entry("b-2"), entry("ft:x", type="fine-tuned", name="b-4")]})
    assert [rule_of(catalog, each) for each in ("b-1", "b-2", "b-3", "b-4")] == ["missing", None, "missing", "unknown"]


def test_a_replacement_that_ends_as_well_is_said_to():
    after = Model(model_id="a-2", deprecation=OFF + timedelta(days=30))
    catalog = Catalog([Model(model_id="a-1", deprecation=OFF, replacement="a-2"), after])
    verdict = Judge(catalog, now=NOW).verdict("a-1")
    assert verdict is not None
    assert verdict.message.endswith("Replacement: a-2, which itself stops working on 2027-01-01.")


@pytest.mark.parametrize(
    "export",
    [None, [], {}, {"models": {}}, {"models": []}, {"models": [{}]}, {"models": [entry("a", deprecation="?")]}],
)
def test_anything_but_the_export_is_refused(export: object):
    with pytest.raises(CatalogError):
        Catalog.from_export(export)
