"""Addresses as long as the server lets through: a readable page that says what it left out, never an error."""

import pytest
from django.test import Client

LONGEST = 8000
QUERIES = {
    "many values": "&".join(f"capability={number:04}" for number in range(600)),
    "many facets": "&".join(f"{facet}=value-{number}" for number in range(100) for facet in ("owner", "root", "type")),
    "one long value": "owner=" + "x" * LONGEST,
    "a long search": "q=" + "word+" * LONGEST,
    "unknown parameters": "&".join(f"p{number}=1" for number in range(2000)),
    "nothing but separators": "&" * LONGEST,
    "percent signs": "q=" + "%" * LONGEST,
    "percent-encoded": "capability_any=" + "%F0%9F%92%A9" * LONGEST,
    "numbers": "context_min=" + "9" * LONGEST,
}
PAGES = ("/models/", "/models.csv", "/models.json", "/retirements/", "/changes/", "/activity/", "/feeds/", "/")


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_long_query_is_answered_with_a_page(viewer: Client, synced, query: str):
    for page in PAGES:
        response = viewer.get(f"{page}?{query[:LONGEST]}")
        # More than a thousand parameters are more than Django reads, where a page asks it to.
        assert response.status_code == 200 or (response.status_code == 400 and b"<h1>" in response.content), page
    assert viewer.get(f"/models/?{query[:LONGEST]}", headers={"HX-Request": "true"}).status_code == 200


@pytest.mark.parametrize("query", [QUERIES["many values"], QUERIES["unknown parameters"], QUERIES["many facets"]])
def test_ignored_parameters_are_told_in_a_few_sentences(viewer: Client, synced, query: str):
    html = viewer.get(f"/models/?{query[:LONGEST]}").content.decode()
    assert "ignored" in html
    assert 1 <= html.count('<p class="notice">') <= 6


def test_a_long_id_is_not_found_and_says_so(viewer: Client, synced):
    response = viewer.get(f"/models/{'x' * LONGEST}/")
    assert response.status_code == 404
    assert "<h1>" in response.content.decode()
