"""A few letters suggest the model that is meant first."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.catalog.find_models import find_models
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.labels import search_names
from models_ui.catalog.row import Row

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROWS = [
    Row(pk=1, model_id="support-2512", aliases=("support",)),
    Row(pk=2, model_id="ft:2", type="fine-tuned", root="x", name="Support triage"),
    Row(pk=3, model_id="ft:3", type="fine-tuned", root="x", name="Customer support"),
    Row(pk=4, model_id="ft:4", type="fine-tuned", root="x", name="Unsupported"),
    Row(pk=5, model_id="ft:support:5", type="fine-tuned", root="x", name="Other"),
    Row(pk=6, model_id="ft:6", type="fine-tuned", root="x", name="Another", description="For support"),
    Row(pk=7, model_id="ft:7", type="fine-tuned", root="x", name="Support, the first", missing_since=NOW),
    Row(pk=8, model_id="seer-1", capabilities=("vision",)),
    Row(pk=9, model_id="ft:9", type="fine-tuned", root="x", name="Réponses"),
]
INDEX = CatalogIndex.build(ROWS, now=NOW, names=search_names())


def keys(text: str, limit: int = 20) -> list[int]:
    return [row.pk for row in find_models(INDEX, text, limit).rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("support", [1, 2, 7, 3, 4, 5, 6]),
        ("SUPPORT", [1, 2, 7, 3, 4, 5, 6]),
        ("support triage", [2]),
        ("ft:9", [9]),
        ("reponses", [9]),
        ("réposnes", [9]),
        ("vision", [8]),
        ("visoin", [8]),
        ("nowhere", []),
    ],
)
def test_the_likeliest_model_comes_first(text: str, expected: list[int]):
    assert keys(text) == expected


def test_no_more_than_asked_for_are_suggested_and_all_are_counted():
    found = find_models(INDEX, "support", 2)
    assert ([row.pk for row in found.rows], found.total, found.words) == ([1, 2], 7, ("support",))


@given(st.text(max_size=40), st.integers(0, 5))
def test_any_text_is_read(text: str, limit: int):
    found = find_models(INDEX, text, limit)
    assert len(found.rows) == min(limit, found.total)
