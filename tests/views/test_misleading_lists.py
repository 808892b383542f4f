"""Lists in which names, aliases and dates say less, or more, than one would wish: what the pages make of them."""

import re
import time

import pytest
from django.test import Client

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.store import load_rows
from models_ui.mirror.sync import run_sync
from sandbox import Sandbox
from tests.support.pages import rows

CARD = {"object": "model", "created": 1, "owned_by": "mistralai", "type": "base", "capabilities": {"vision": True}}
SMALL = "Mistral Small"


def listed(sandbox: Sandbox, *entries: dict) -> None:
    sandbox.catalog.replace([{**CARD, "aliases": [], **entry} for entry in entries])
    assert run_sync().outcome == "synced"


@pytest.fixture
def of_one_human_name(sandbox: Sandbox, db) -> None:
    """Two models that are both called Mistral Small."""
    listed(
        sandbox,
        {"id": "mistral-small-2506", "name": SMALL, "aliases": ["mistral-small-latest"], "max_context_length": 131_072},
        {"id": "mistral-small-latest", "name": SMALL, "aliases": ["mistral-small-2506"], "max_context_length": 131_072},
        {"id": "mistral-small-2402", "name": SMALL, "max_context_length": 32_768},
    )


@pytest.mark.usefixtures("of_one_human_name")
def test_two_models_of_one_human_name_are_two_rows_with_facts_of_their_own(viewer: Client):
    html = viewer.get("/models/").content.decode()
    assert sorted(rows(html)) == ["mistral-small-2402", "mistral-small-2506"]
    contexts = {model["id"]: model["max_context_length"] for model in viewer.get("/models.json").json()["models"]}
    assert contexts == {"mistral-small-2402": 32_768, "mistral-small-2506": 131_072}
    assert "disagree" not in viewer.get("/models/mistral-small-2506/").content.decode()
    assert viewer.get("/models/mistral-small-latest/")["Location"].startswith("/models/mistral-small-2506/")


@pytest.mark.usefixtures("of_one_human_name")
def test_a_human_name_leads_to_all_models_that_have_it(viewer: Client):
    assert "means more than one model" in viewer.get(f"/models/{SMALL}/", follow=True).content.decode()
    html = viewer.get("/models/?q=Mistral+Small").content.decode()
    assert sorted(rows(html)) == ["mistral-small-2402", "mistral-small-2506"]


NAMES = pytest.mark.parametrize(
    "names", [("m-1-2501", "m-2-2502"), ("Model 1", "Model 2"), (None, None), ("Model", "Model"), ("m-1-2501", None)]
)


@NAMES
@pytest.mark.parametrize("states_it", [0, 1])
def test_an_alias_that_one_side_alone_states_is_found_with_both(
    viewer: Client, sandbox: Sandbox, db, names: tuple[str | None, str | None], states_it: int
):
    ids = ("m-1-2501", "m-2-2502")
    entries = [{"id": model_id, "name": name} for model_id, name in zip(ids, names, strict=True)]
    entries[states_it]["aliases"] = [ids[1 - states_it]]
    listed(sandbox, *entries)
    owner, alias = ids[states_it], ids[1 - states_it]
    shown = rows(viewer.get(f"/models/?q={alias}").content.decode())
    page = viewer.get(f"/models/{alias}/", follow=True)
    html = page.content.decode()
    assert page.status_code == 200
    if names[0] and names[1] and names[0] != names[1]:  # two models: the id is a choice
        assert sorted(shown) == list(ids)
        assert f"{alias}</bdi> means more than one model" in html or f"{alias} means more than one model" in html
        choices = re.findall(r'<ul class="choices">.*?</ul>', html, re.DOTALL)[0]
        for address in re.findall(r'href="([^"]*)"', choices):
            assert viewer.get(address.replace("&amp;", "&"), follow=True).status_code == 200
        assert f"/models/{owner}/" in choices
    else:
        (only,) = shown
        assert only in ids
        assert f'data-model-id="{only}"' in html


def test_a_choice_offers_the_model_of_that_id_first(viewer: Client, sandbox: Sandbox, db):
    """An id of one's own is the likelier meaning, whatever the models are called."""
    listed(sandbox, {"id": "a-1", "name": "a-1", "aliases": ["z-1"]}, {"id": "z-1", "name": "z-1"})
    html = viewer.get("/models/z-1/").content.decode()
    choices = re.findall(r'<ul class="choices">.*?</ul>', html, re.DOTALL)[0]
    assert re.findall(r'href="/models/([^/]*)/', choices) == ["z-1", "a-1"]


@pytest.mark.parametrize(
    "date",
    [1_861_963_200, 1_861_963_200_000, "2029-01-01t12:00:00z", "2029-01-01 12:00:00", "2029-01-01T14:00:00+0200"],
)
def test_a_retirement_date_in_an_odd_form_is_shown_like_any_other(viewer: Client, sandbox: Sandbox, db, date):
    listed(sandbox, {"id": "a-1", "name": "a-1", "deprecation": date}, {"id": "b-1", "name": "b-1"})
    assert "1 Jan 2029" in viewer.get("/models/").content.decode()
    (model,) = (model for model in viewer.get("/models.json").json()["models"] if model["id"] == "a-1")
    assert (model["deprecation"], model["problems"]) == ("2029-01-01T12:00:00Z", [])


def test_a_retirement_date_that_could_mean_two_things_is_said_to_be_unreadable(viewer: Client, sandbox: Sandbox, db):
    listed(sandbox, {"id": "a-1", "name": "a-1", "deprecation": "01/02/2029"})
    assert "The API sent a date that cannot be read" in viewer.get("/models/").content.decode()


@pytest.mark.timed
@pytest.mark.django_db
def test_the_index_of_a_list_of_one_alias_does_not_grow_with_the_square(sandbox: Sandbox):
    def seconds_for(count: int) -> float:
        entries = ({"id": f"a-{number}", "name": f"a-{number}", "aliases": ["shared"]} for number in range(count))
        listed(sandbox, *entries)
        now = load_rows()[0].first_seen_at
        assert now is not None
        started = time.process_time()
        CatalogIndex.build(load_rows(), now=now)
        return time.process_time() - started

    few = min(seconds_for(300), seconds_for(300))
    assert min(seconds_for(1_200) for _ in range(3)) < 9 * few + 0.2
