"""What upstream changed, taken along as CSV and JSON."""

import csv
import io
import re

import pytest

from models_ui.changes.page import COLUMNS, change_record
from models_ui.listing.filters import PER_PAGE
from tests.support.changes import ALL, EMBED, LATEST, MEDIUM, change, changes_of_most_kinds


@pytest.fixture
def told(synced) -> None:
    changes_of_most_kinds()


def test_exports_follow_the_filter_and_hold_all_pages(viewer, told):
    for _ in range(PER_PAGE):
        change()
    everything = viewer.get("/changes.json?before=3").json()
    assert everything["total"] == len(everything["changes"]) == PER_PAGE + len(ALL)
    answer = viewer.get("/changes.json?kind=context.changed").json()
    assert answer["query"] == "/changes/?kind=context.changed"
    assert answer["changes"] == [
        {
            "at": "2026-03-02T09:30:00Z",
            "kind": "context.changed",
            "model_id": MEDIUM,
            "model_name": None,
            "subject": None,
            "before": 131_072,
            "after": 262_144,
            "sentence": ALL[3],
        }
    ]
    assert tuple(change_record(change())) == COLUMNS


def test_the_csv_has_one_row_a_change(viewer, told):
    answer = viewer.get("/changes.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="changes-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"])
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["sentence"] for row in rows] == ALL
    assert (rows[0]["subject"], rows[0]["before"], rows[0]["after"]) == (LATEST, EMBED, MEDIUM)


def test_the_csv_has_dates_that_spreadsheets_read(viewer, synced):
    changed = change("deprecation.moved", before="2026-08-31T12:00:00+00:00", after="2026-09-30T23:30:00.5+00:00")
    change("deprecation.announced", before=None, after="soon")
    change("name.changed", before="2026-08-31T12:00:00+00:00", after="x")
    rows = list(csv.DictReader(io.StringIO(viewer.get("/changes.csv").content.decode("utf-8-sig"))))
    assert (rows[-1]["before"], rows[-1]["after"]) == ("2026-08-31 12:00:00", "2026-09-30 23:30:00")
    assert (rows[-2]["before"], rows[-2]["after"]) == ("", "soon")
    assert rows[-3]["before"] == "2026-08-31T12:00:00+00:00"  # a name, whatever it looks like
    assert {f"{changed.at:%Y-%m-%d %H:%M:%S}"} == {row["at (UTC)"] for row in rows}
