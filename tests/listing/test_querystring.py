"""What every list that the address bar filters has in common."""

import pytest
from django.test import Client


@pytest.mark.parametrize(
    ("page", "parameter"),
    [("/models/", "q"), ("/activity/", "q"), ("/changes/", "q"), ("/retirements/", "type"), ("/feeds/", "q")],
)
def test_a_pasted_address_with_bare_accents_is_shown_as_it_was_meant(viewer: Client, synced, page: str, parameter: str):
    bare = f"{parameter}=réécrit".encode().decode("latin-1")
    html = viewer.get(page, QUERY_STRING=bare).content.decode()
    assert "réécrit" in html
    assert "Ã" not in html
