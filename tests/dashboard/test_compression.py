"""Pages that are compressed around a part that is kept so."""

import gzip
import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from models_ui.packed_part import PLACE, PackedPart, gzip_around

pieces = st.text(max_size=300) | st.sampled_from(["", "é" * 70_000])


@given(pieces, pieces, pieces)
def test_a_page_around_a_packed_part_is_read_as_a_whole(before: str, middle: str, after: str):
    packed = gzip_around(before.encode(), PackedPart(middle.encode()), after.encode(), 100)
    assert gzip.decompress(packed).decode() == before + middle + after


def test_the_length_of_a_page_tells_nothing_of_what_is_in_it():
    lengths = {len(gzip_around(b"token", PackedPart(b"rows"), b"end", 100)) for _ in range(200)}
    assert len(lengths) > 20


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_compressed_page_says_what_the_plain_one_says(viewer: Client, synced, headers: dict[str, str]):
    def list_of(content: bytes) -> str:
        found = content.decode().partition('<div id="results"')[2].partition("</section>")[0]
        assert found
        return re.sub(r"\s", "", found)

    for address in ("/models/", "/models/?q=nemo", "/models/?q=zzz", "/models/?colour=red"):
        for _ in range(2):  # rendered, then kept
            packed = viewer.get(address, headers={**headers, "Accept-Encoding": "gzip"})
            assert packed["Content-Encoding"] == "gzip"
            assert int(packed["Content-Length"]) == len(packed.content)
            assert "Accept-Encoding" in packed["Vary"]
            plain = viewer.get(address, headers=headers)
            assert "Content-Encoding" not in plain
            assert list_of(gzip.decompress(packed.content)) == list_of(plain.content)
            assert PLACE not in plain.content.decode()
    assert viewer.head("/models/", headers={"Accept-Encoding": "gzip"}).content == b""
