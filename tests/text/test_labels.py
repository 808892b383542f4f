"""Upstream's keys are words to a reader, also those that nobody has named yet."""

import pytest

from models_ui.catalog.labels import value_label
from models_ui.text.labels import capability_label


@pytest.mark.parametrize(
    ("key", "word"),
    [("computer_use", "Computer use"), ("", ""), ("vision", "Vision"), ("OCR_v2", "OCR v2"), ("_x", " x")],
)
def test_a_capability_that_nobody_has_named_reads_as_a_word(key: str, word: str):
    assert capability_label(key) == value_label("capability", key) == word
