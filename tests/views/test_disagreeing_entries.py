"""Entries of upstream's list that disagree on one model: told on its page, whatever their order, and never news."""

import random

import pytest
from django.test import Client

from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange, CatalogModel

DATE = "2030-01-31T12:00:00Z"


def disputed(client: Client, model_id: str) -> str:
    html = client.get(f"/models/{model_id}/").content.decode()
    return html.partition("disagree on this model: ")[2].partition(". Below")[0]


@pytest.fixture
def pair(sandbox) -> list[dict]:
    """A base model's two entries, and a fine-tune listed twice, each telling another story."""
    like = dict(sandbox.catalog.find("codestral-2508"))
    tune = dict(sandbox.catalog.find("ft:ministral-3b-latest:7c1e52d8:20250522:6b4cb242"))
    flags = like["capabilities"]
    return [
        {**like, "id": "one-2501", "name": "one-2501", "aliases": ["one-latest"]},
        {**like, "id": "one-latest", "name": "one-2501", "aliases": ["one-2501"], "max_context_length": 5000}
        | {"deprecation": DATE, "capabilities": {**flags, "vision": not flags["vision"]}},
        {**tune, "id": "ft:twice", "name": "Support", "archived": False},
        {**tune, "id": "ft:twice", "name": "Sales", "archived": True},
    ]


def test_the_models_page_says_on_what_the_entries_disagree(viewer: Client, sandbox, pair, db):
    sandbox.catalog.replace(pair)
    run_sync()
    assert disputed(viewer, "one-2501") == "Context length, Vision, Stops working"
    assert disputed(viewer, "ft:twice") == "Name, State"
    assert "Left out or garbled" not in viewer.get("/models/one-2501/").content.decode()
    french = viewer.get("/models/one-2501/", headers={"Accept-Language": "fr"}).content.decode()
    assert "se contredisent sur ce modèle" in french
    assert "disputed:max_context_length" in viewer.get("/models.csv").content.decode()


def test_the_order_of_the_entries_changes_no_row_and_makes_no_news(sandbox, pair, db):
    sandbox.catalog.replace(pair)
    run_sync()
    run_sync()
    version = mirror_state().version
    known = list(CatalogModel.objects.order_by("pk").values())
    changing = ("last_seen_at",)
    for seed in range(6):
        sandbox.catalog.replace(random.Random(seed).sample(pair, k=len(pair)))
        run_sync()
        assert mirror_state().version == version
    now = list(CatalogModel.objects.order_by("pk").values())
    assert [{**each, **dict.fromkeys(changing)} for each in now] == [
        {**each, **dict.fromkeys(changing)} for each in known
    ]
    assert not CatalogChange.objects.exists()


def test_a_list_whose_entries_agree_disputes_nothing(synced):
    assert not [row for row in CatalogModel.objects.all() if any("disputed" in each for each in row.problems)]
