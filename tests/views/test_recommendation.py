"""One recommendation: whoever is sent to another model is told what is known of it, on whichever page they read it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from models_ui.mirror.sync import run_sync
from tests.support.clock import sync_until_confirmed
from tests.support.pages import part, text_of

LATER, SOON, PAST = (timezone.now() + timedelta(days=days) for days in (60, 20, -20))


@pytest.fixture
def upstream(sandbox, db):
    """Fill upstream's list: `upstream(one=("two", LATER))` lists a model with its replacement and its date.

    `tunes` are the ids of models, each of which has a fine-tune.
    """
    like = dict(sandbox.catalog.find("mistral-embed"))
    tune = dict(sandbox.catalog.find(sandbox.catalog.fine_tunes()[0]))

    def fill(tunes=(), **models) -> None:
        entries = [
            {**like, "id": name, "name": name, "aliases": [], "deprecation_replacement_model": instead}
            | {"deprecation": at and f"{at:%Y-%m-%dT%H:%M:%SZ}"}
            for name, (instead, at) in models.items()
        ]
        sandbox.catalog.replace([*entries, *(tune | {"id": f"ft:{root}:x", "root": root} for root in tunes)])
        run_sync()

    return fill


CASES = [
    ({"two": (None, PAST)}, "It stopped working itself on", "retired itself"),
    ({"two": ("three", SOON), "three": (None, None)}, "After it: three.", "retiring itself"),
    ({"two": ("three", SOON), "three": (None, None)}, "It stops working itself on", "retiring itself"),
    ({"two": ("one", SOON)}, "The replacements go round in a circle", "leads back here"),
    ({"three": (None, None)}, "not in the list", "not listed"),
]


@pytest.mark.parametrize(("others", "sentence", "mark"), CASES)
def test_a_doubtful_replacement_is_told_on_every_page_that_recommends_it(
    viewer: Client, upstream, others, sentence, mark
):
    upstream(one=("two", LATER), **others)
    page = part(viewer.get("/models/one/").content.decode(), 'id="succession"', "</section>")
    row = part(viewer.get("/models/?type=base").content.decode(), 'data-model-id="one"', "</tr>")
    overview = part(viewer.get("/").content.decode(), 'data-model-id="one"', "</li>")
    assert sentence in text_of(page)
    assert mark in text_of(row)
    assert mark in text_of(overview)


@pytest.mark.parametrize(("others", "mark"), [(others, mark) for others, _, mark in CASES])
def test_the_picture_of_the_overview_and_its_table_tell_a_doubtful_replacement(viewer: Client, upstream, others, mark):
    upstream(tunes=["one"], one=("two", LATER), **others)
    html = viewer.get("/").content.decode()
    picture = part(html, '<div class="ends-picture">', "</ol>")
    drawn, read = part(picture, "<svg x=", "</svg>"), part(picture, '<span class="end">', "</span>")
    table = part(html, '<details id="ends-table">', "</details>")
    for place in (drawn, read, table):
        assert re.search(rf"\btwo\b.* {mark}", text_of(place))


def test_a_replacement_that_is_no_longer_listed_is_told(viewer: Client, upstream, sandbox):
    upstream(one=("two", LATER), two=(None, None))
    sandbox.catalog.remove("two")
    sync_until_confirmed()
    page = part(viewer.get("/models/one/").content.decode(), 'id="succession"', "</section>")
    overview = part(viewer.get("/").content.decode(), 'data-model-id="one"', "</li>")
    assert "list no longer names it since" in text_of(page)
    assert "gone from Mistral’s list" in text_of(overview)
    assert "gone from Mistral’s list" in text_of(
        part(viewer.get("/models/?type=base").content.decode(), 'data-model-id="one"', "</tr>")
    )


@pytest.mark.parametrize("tunes", [[], ["one"]])
def test_a_sound_replacement_is_recommended_without_a_warning(viewer: Client, upstream, tunes):
    upstream(tunes=tunes, one=("two", LATER), two=(None, None))
    html = viewer.get("/models/one/").content.decode()
    assert '<a href="/models/two/">two</a>' in part(html, 'id="succession"', "</section>")
    overview = viewer.get("/").content.decode()
    assert '<a href="/models/two/">two</a>' in overview
    for page in (overview, html, viewer.get("/models/?type=base").content.decode()):
        assert not re.search(r'class="([^"]* )?(caution|doubt|doubtful)[ "]', page)


def test_an_alias_is_recommended_with_what_it_means_today(viewer: Client, sandbox, synced):
    like = dict(sandbox.catalog.find("mistral-embed"))
    sandbox.catalog.add(
        {**like, "id": "one", "name": "one", "aliases": [], "deprecation": f"{LATER:%Y-%m-%dT%H:%M:%SZ}"}
        | {"deprecation_replacement_model": "codestral-latest"}
    )
    run_sync()
    page = part(viewer.get("/models/one/").content.decode(), 'id="succession"', "</section>")
    assert "codestral-2508 (Mistral calls it codestral-latest)" in text_of(page)
    assert unescape(re.search(r'href="([^"]*)"', page)[1]) == "/models/codestral-2508/"


def test_a_fine_tune_at_risk_says_so_in_its_row_and_on_its_page_as_a_risk(viewer: Client, synced, sandbox):
    tune = next(each for each in sandbox.catalog.fine_tunes() if "parcel-damage" in each)
    row = part(viewer.get("/models/").content.decode(), f'data-model-id="{tune}"', "</tr>")
    assert re.search(r"perhaps \d+ \w+ · \d+ d", text_of(row))
    page = text_of(viewer.get(f"/models/{tune}/").content.decode())
    assert re.search(r"Its base model stops working on .* Mistral does not say what happens to fine-tunes of it.", page)
    calm = next(each for each in sandbox.catalog.fine_tunes() if "contract-clauses" in each)
    assert "base model" not in text_of(
        part(viewer.get("/models/").content.decode(), f'data-model-id="{calm}"', "</tr>")
    )


def test_a_fine_tune_whose_base_model_is_gone_says_so_in_its_row(viewer: Client, synced):
    page = viewer.get("/models/?q=open-mistral-7b&type=fine-tuned").content.decode()
    group = part(page, "<tbody", "</tbody>")
    assert "open-mistral-7b gone from Mistral’s list" in text_of(group)
    assert "Its base model is gone from Mistral’s list" in group
