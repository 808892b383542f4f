"""The filters of the page of retirements: tables, picture and sentences show the same models."""

import re
from html import unescape

import pytest
from django.test import Client

from sandbox import Sandbox
from tests.support.clock import sync_until_confirmed
from tests.support.retirements import ids_of_catalog, lanes, listed, page, text_of


@pytest.mark.parametrize(
    ("query", "rows", "drawn"),
    [
        ("", 9, 12),
        ("?when=ahead", 8, 11),
        ("?when=past", 1, 1),
        ("?within=30", 3, 4),
        ("?within=90", 6, 9),
        ("?within=180", 8, 11),
        ("?affected=1", 2, 5),
    ],
)
@pytest.mark.usefixtures("synced")
def test_each_filter_is_a_link_that_narrows_table_and_picture_alike(viewer: Client, query: str, rows: int, drawn: int):
    html = page(viewer, f"/retirements/{query}")
    assert len(listed(html)) == rows
    assert len(lanes(html)) == drawn
    assert f'href="/retirements/{query}"' in page(viewer)


@pytest.mark.usefixtures("synced")
def test_each_tab_says_how_many_dates_it_has_and_shows_as_many(viewer: Client):
    tabs = re.findall(r'<a href="/retirements/([^"]*)"[^>]*>\s*[^<]+<span class="count">(\d+)</span></a>', page(viewer))
    assert [count for _, count in tabs] == ["12", "3", "9"]
    for query, count in tabs:
        assert len(lanes(page(viewer, f"/retirements/{query}"))) >= int(count)
    assert len(listed(page(viewer, "/retirements/?type=fine-tuned"))) == 3


@pytest.mark.usefixtures("synced")
def test_filters_add_up_and_can_be_cleared(viewer: Client):
    html = page(viewer, "/retirements/?within=30&type=base&affected=1")
    assert listed(html) == ["pixtral-12b-2409"]
    assert 'href="/retirements/?within=90&amp;type=base&amp;affected=1"' in html
    assert '<a href="/retirements/?type=base">Clear all</a>' in html


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?within=30", "3 of Mistral’s models retire by"),
        ("?within=30", "; 1 of our fine-tunes hangs on them."),
        ("?within=30&affected=1", "1 of Mistral’s models retires on"),
        ("?within=30&affected=1", "; 1 of our fine-tunes hangs on it."),
        ("?type=fine-tuned", "3 of our fine-tunes may stop working by"),
        ("?when=past", "1 of Mistral’s models is past its date."),
    ],
)
@pytest.mark.usefixtures("synced")
def test_the_sentence_above_says_what_the_filters_show(viewer: Client, query: str, sentence: str):
    html = page(viewer, f"/retirements/{query}")
    headline = re.search(r'<div class="headline">(.*?)</div>', html, re.DOTALL)
    assert headline
    assert sentence in text_of(headline[1]).replace(" ;", ";")


@pytest.mark.usefixtures("synced")
def test_a_value_that_a_filter_does_not_know_is_told_and_shows_everything(viewer: Client):
    html = page(viewer, "/retirements/?within=31&utm=%3Cscript%3E")
    assert "“31” is not one of the values of “within”" in text_of(html)
    assert "“utm” is not a filter of this page" in text_of(html)
    assert "<script>" not in html
    assert len(listed(html)) == 9


@pytest.mark.usefixtures("synced")
def test_retirements_and_catalog_lead_to_each_other(viewer: Client):
    html = page(viewer, "/retirements/?type=base")
    link = re.search(r'href="/models/\?([^"]*)">Show in the catalog', html)
    assert link
    assert sorted(ids_of_catalog(viewer, unescape(link[1]))) == sorted(listed(html))
    assert "Show in the catalog" not in page(viewer, "/retirements/?within=30")  # the catalog knows no horizon
    assert 'href="/retirements/"' in viewer.get("/models/").content.decode()
    assert "Dates and replacements" in viewer.get("/models/?status=retiring").content.decode()


@pytest.mark.usefixtures("synced")
def test_filters_that_leave_nothing_say_so(viewer: Client, sandbox: Sandbox):
    sandbox.catalog.update_model("pixtral-12b-2409", deprecation=None)
    sync_until_confirmed()
    assert "No model matches" in text_of(page(viewer, "/retirements/?within=30&affected=1&type=base"))
