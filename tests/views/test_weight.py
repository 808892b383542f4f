"""What a first look at the catalog costs a browser, in bytes and in requests."""

import gzip
import re

import pytest
from django.middleware.gzip import GZipMiddleware

MOST_BYTES = 12 * 1024
MOST_REQUESTS = 4
HASHES = 3 * len(".0123456789ab")  # in the names of collected files, which tests have none of


@pytest.fixture
def demo(settings, synced) -> None:
    """The sandbox's catalog, with the badge that a demo has in its header."""
    settings.DEMO = True


@pytest.mark.parametrize("name", ["alice", "bob", "carol"])
def test_the_page_is_within_12_kib_of_compressed_html_for_everybody(demo, client_of, request, name):
    response = client_of(request.getfixturevalue(name)).get("/models/", headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    html = gzip.decompress(response.content).decode()
    assert html.count("data-model-id=") == 43 and "sandbox on this machine" in html
    # The middleware adds up to so many random bytes, against guessing secrets by the length.
    most = len(gzip.compress(html.encode(), 6, mtime=0)) + GZipMiddleware.max_random_bytes
    assert most + HASHES <= MOST_BYTES


def test_a_cold_load_makes_4_requests(demo, client_of, alice):
    html = client_of(alice).get("/models/").content.decode()
    asked = re.findall(r'<(?:link|script|img)\b[^>]*\b(?:href|src)="(?!data:)([^"]+)"', html)
    assert 1 + len(asked) <= MOST_REQUESTS
