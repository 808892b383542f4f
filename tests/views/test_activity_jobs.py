"""Bulk jobs in the history: each is one line, whatever became of its models."""

import re

from models_ui.audit import chain
from models_ui.audit.chain import Entry, Outcome
from models_ui.models import AuditEvent
from tests.support.activity import record, shown


def record_in_job(number: int, outcome: Outcome = Outcome.SUCCEEDED, **more) -> AuditEvent:
    words = {"actor": "bob", "kind": "model.archived", "model_id": f"ft:{number}", "label": f"Tune {number}"}
    values = {"before": {"archived": False}, "after": {"archived": True}}
    entry = Entry(**{"action_id": f"{number:032}", "job": "a1", **words, **values, **more})
    chain.append_event(entry, Outcome.ATTEMPTED)
    return chain.append_event(entry, outcome)


def test_a_bulk_job_is_one_line_that_unfolds_its_models(viewer, db):
    for number in range(5):
        record_in_job(number, Outcome.FAILED if number == 3 else Outcome.SUCCEEDED)
    record(99, actor="alice")
    assert shown(viewer) == ["alice renamed ft:x to “b”", "bob archived 4 of 5 models: 1 failed"]
    html = viewer.get("/activity/").content.decode()
    job = html.partition('data-job="a1"')[2].partition("</details>")[0]
    assert re.findall(r'<a href="/models/[^"]+"><bdi>([^<]+)<', job) == [f"Tune {number}" for number in (4, 3, 2, 1, 0)]
    assert job.count('href="/bulk/a1/"') == 1
    assert "6 actions" in html  # as in the exports


def test_a_job_that_failed_as_a_whole_says_so_and_one_that_worked_needs_no_more(viewer, db):
    record_in_job(1, Outcome.REFUSED)
    record_in_job(2, Outcome.UNKNOWN)
    record_in_job(3, job="b2", kind="model.unarchived")
    record_in_job(4, job="b2", kind="model.unarchived")
    assert shown(viewer) == ["bob restored 2 models", "bob tried to archive 2 models: 1 refused, 1 not known"]


def test_a_filter_leaves_of_a_job_what_it_matches(viewer, db):
    for number in range(4):
        record_in_job(number, Outcome.FAILED if number < 2 else Outcome.SUCCEEDED)
    assert shown(viewer, "?outcome=failed") == ["bob tried to archive 2 models: 2 failed"]
    assert shown(viewer, "?model=ft%3A3") == ["bob archived Tune 3"]


def test_of_a_long_job_some_models_are_listed_and_the_rest_is_a_link(viewer, db, django_assert_max_num_queries):
    for number in range(70):
        record_in_job(number)
    viewer.get("/activity/")
    with django_assert_max_num_queries(14):
        html = viewer.get("/activity/").content.decode()
    assert shown(viewer) == ["bob archived 70 models"]
    assert "and 60 more" in html
    assert 'rel="next"' not in html
