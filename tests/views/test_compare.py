"""Models side by side: what differs, the whole, and what an address may get wrong."""

import re

import pytest
from django.test import Client

from models_ui.models import CatalogModel

pytestmark = pytest.mark.usefixtures("synced")


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_what_differs_is_shown_and_the_rest_counted(viewer):
    text = text_of(viewer, "/compare/?model=open-mistral-nemo&model=ministral-8b-2512")
    assert "131,072" in text and "262,144" in text
    assert re.search(r"Vision no yes · gains", text)
    assert "facts are the same. Show all facts" in text
    assert " Chat yes yes" not in text


def test_the_whole_is_one_click_away_and_the_address_keeps_the_models(viewer):
    html = viewer.get("/compare/?model=open-mistral-nemo&model=ministral-8b-2512").content.decode()
    address = re.search(r'href="(\?[^"]+show=all)"', html)[1].replace("&amp;", "&")
    assert " Chat yes yes" in text_of(viewer, f"/compare/{address}")


def test_a_loss_is_said_in_a_word(viewer):
    text = text_of(viewer, "/compare/?model=ministral-8b-2512&model=open-mistral-nemo")
    assert re.search(r"Vision yes no · loses", text)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Choose 2 to 4 models in the list"),
        ("model=open-mistral-nemo", "Choose 2 to 4 models in the list"),
        ("model=open-mistral-nemo&model=open-mistral-nemo", "Choose 2 to 4 models in the list"),
        ("model=nobody&model=open-mistral-nemo", "No model has the id nobody."),
        ("model=%3Cb%3E&model=x", "No model has the id &lt;b&gt;."),
    ],
)
def test_what_cannot_be_compared_is_said(viewer, query, said):
    assert said in text_of(viewer, f"/compare/?{query}")


def test_at_most_four_stand_side_by_side(viewer):
    ids = CatalogModel.objects.order_by("pk").values_list("model_id", flat=True)[:6]
    html = viewer.get("/compare/", {"model": list(ids)}).content.decode()
    assert html.count('<th scope="col" role="columnheader">') == 4
    assert "At most 4 models fit side by side" in html


def test_the_bar_of_the_catalog_leads_there(viewer):
    chosen = {"verb": "compare", "model": ["open-mistral-nemo", "ministral-8b-2512"]}
    answer = viewer.post("/bulk/", chosen)
    assert answer["Location"] == "/compare/?model=open-mistral-nemo&model=ministral-8b-2512"
