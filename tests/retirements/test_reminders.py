"""One set of days on which people are reminded of an end, in calendars, digests and words alike."""

import re

import pytest
from django.test import Client

from models_ui.retirements.reminders import REMINDERS, reminder_reached


@pytest.mark.parametrize(
    ("days", "reached"),
    [(91, None), (90, 90), (61, 90), (60, 60), (25, 30), (7, 7), (6, 7), (1, 1), (0, 1), (-1, None), (None, None)],
)
def test_an_end_has_reached_the_last_reminder_before_it(days: int | None, reached: int | None):
    assert reminder_reached(days) == reached


@pytest.mark.parametrize("address", ["/feeds/", "/watching/"])
def test_pages_name_the_days_of_the_reminders(viewer: Client, synced, address: str):
    text = viewer.get(address).content.decode()
    said = re.search(r"([\d, ]+) days and 1 day", text)[1]
    assert (*map(int, said.split(",")), 1) == REMINDERS
