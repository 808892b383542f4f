"""What the page of retirements shows: its tables, its picture and its words."""

import re
from xml.etree import ElementTree

from django.test import Client

from tests.support import pages


def page(client: Client, address: str = "/retirements/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def text_of(html: str) -> str:
    """As a reader reads it, without the spaces that tags leave before commas and full stops."""
    return pages.text_of(html).replace(" ,", ",").replace(" .", ".")


def line_of(html: str, model_id: str) -> str:
    """A model's row, or its entry among those whose base model is gone or not known, as text."""
    found = re.search(rf'<(tr|li)[^>]*data-model-id="{re.escape(model_id)}".*?</\1>', html, re.DOTALL)
    assert found, model_id
    return text_of(found[0])


def listed(html: str) -> list[str]:
    """The ids of the tables' rows, in order."""
    return re.findall(r'<tr[^>]*data-model-id="([^"]*)"', html)


def lanes(html: str) -> list[tuple[str, str, str]]:
    """The shape, the name and the words at the end of each lane of the picture, in order."""
    lane = (
        r'<div class="lane (\w+)">.*?class="lane-name">(.*?)</span>.*?class="lane-end">(.*?)</span>\s*</span>\s*</div>'
    )
    return [(shape, text_of(name), text_of(end)) for shape, name, end in re.findall(lane, html, re.DOTALL)]


def pictures(html: str) -> list[ElementTree.Element]:
    figure = re.search(r'<figure class="gantt">.*?</figure>', html, re.DOTALL)
    assert figure
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", figure[0], re.DOTALL)]


def ids_of_catalog(client: Client, parameters: str) -> list[str]:
    return [model["id"] for model in client.get(f"/models.json?{parameters}").json()["models"]]
