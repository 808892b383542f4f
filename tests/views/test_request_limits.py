"""What takes long may be asked for often, but not without end; and whoever is refused reads why."""

import logging

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.web import request_limits

EXPORTS = ("/models.csv", "/models.json", "/changes.csv", "/changes.json", "/activity.csv", "/activity.json")
SENTENCE = "Wait a minute, then try again."

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_limits, "MOST_USES", {"export": 2, "sync": 2})
    monkeypatch.setattr(request_limits, "MOST_READS", 2)
    monkeypatch.setattr(request_limits, "running_minute", lambda: -1)  # a minute that does not end
    monkeypatch.setattr(request_limits, "feed_reads", request_limits.ReadCounter())


@pytest.mark.parametrize("address", EXPORTS)
def test_too_many_exports_are_refused_with_a_sentence_and_a_line_in_the_log(
    viewer: Client, synced, caplog, address: str
):
    assert [viewer.get(address).status_code for _ in range(2)] == [200, 200]
    with caplog.at_level(logging.WARNING):
        refused = viewer.get(address)
    assert refused.status_code == 429
    assert SENTENCE in refused.content.decode()
    assert refused["Retry-After"] == "60"
    assert "asked for more than 2 of: export" in caplog.text


def test_one_persons_exports_do_not_count_for_another(viewer: Client, alice: User, client_of, synced):
    for _ in range(3):
        viewer.get("/models.csv")
    assert viewer.get("/models.json").status_code == 429
    assert client_of(alice).get("/models.csv").status_code == 200


def test_pages_are_not_counted(viewer: Client, synced):
    assert {viewer.get("/models/").status_code for _ in range(4)} == {200}


def test_too_many_syncs_are_refused_with_a_sentence(viewer: Client, sandbox):
    assert [viewer.post("/sync/").status_code for _ in range(2)] == [302, 302]
    refused = viewer.post("/sync/", headers={"HX-Request": "true"})
    assert refused.status_code == 429
    assert SENTENCE in refused.content.decode()
    assert viewer.get("/sync/").status_code == 302


def test_a_page_that_asks_by_itself_is_not_counted(viewer: Client, synced):
    assert {viewer.post("/sync/", {"by_itself": "1"}).status_code for _ in range(4)} == {302}


def test_a_private_link_read_too_often_is_refused_and_stays_unlisted(viewer: Client, synced, caplog):
    page = viewer.post("/feeds/", {"name": "All", "language": "en", "form_id": "0" * 32})
    address = page.context["made_ics"].partition("testserver")[2]
    secret = address.split("/")[2]
    reader = Client()
    assert [reader.get(address).status_code for _ in range(2)] == [200, 200]
    with caplog.at_level(logging.WARNING, logger=request_limits.__name__):
        refused = reader.get(address)
    assert refused.status_code == 429
    assert SENTENCE in refused.content.decode()
    assert (refused["X-Robots-Tag"], refused["Referrer-Policy"]) == ("noindex", "no-referrer")
    assert secret not in refused.content.decode()
    lines = [record.getMessage() for record in caplog.records if record.name == request_limits.__name__]
    assert len(lines) == 1
    assert secret not in lines[0]


def test_a_form_with_too_many_fields_is_refused_with_a_sentence_and_a_line_in_the_log(viewer: Client, caplog):
    answer = viewer.post("/language/", {f"field{number}": "x" for number in range(1100)})
    assert answer.status_code == 400
    assert "It has more fields than are read here." in answer.content.decode()
    assert "DATA_UPLOAD_MAX_NUMBER_FIELDS" in caplog.text


def test_a_body_that_is_too_large_is_refused_with_a_sentence_and_a_line_in_the_log(viewer: Client, caplog):
    answer = viewer.post("/language/", {"language": "x" * 300_000})
    assert answer.status_code == 413
    assert "Send less" in answer.content.decode()
    assert "/language/" in caplog.text
