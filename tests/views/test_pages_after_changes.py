"""Pages after a change say what they would say in a process that has just begun, whatever was kept from before."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models_ui.catalog import rows, store
from models_ui.mirror.state import move_version
from models_ui.models import CatalogModel
from tests.catalog.test_store import CHANGES

PAGES = ("/", "/retirements/", "/retirements/?type=fine-tuned", "/models/?type=fine-tuned", "/models/?group=keeper")
_FORM_KEYS = re.compile(r'name="(csrfmiddlewaretoken|form_id)" value="\w+"')


def read_pages(client: Client, *more: str) -> dict[str, list[str]]:
    pages = {address: client.get(address).content.decode() for address in (*PAGES, *more)}
    return {address: _FORM_KEYS.sub("", html.partition("<main")[2]).split(">") for address, html in pages.items()}


def forget_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_current", None)
    monkeypatch.setattr(store, "_reader", store.RowReader())
    rows._RENDERED.clear()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=st.lists(st.tuples(st.integers(0, 42), CHANGES), min_size=1, max_size=3))
def test_pages_show_what_a_fresh_process_shows_after_any_change(synced, viewer, series, monkeypatch):
    keys = list(CatalogModel.objects.order_by("pk").values_list("pk", flat=True))
    with time_machine.travel(timezone.now(), tick=False):
        read_pages(viewer)
        for place, change in series:
            CatalogModel.objects.filter(pk=keys[place % len(keys)]).update(**change)
            move_version()
            shown = read_pages(viewer)
        forget_everything(monkeypatch)
        assert shown == read_pages(viewer)


@pytest.mark.parametrize(
    "change",
    [
        {"keepers": ["Support team"]},
        {"plan": {"kind": "ends", "words": "as said in March"}},
        {"tags": ["new"]},
        {"note": "see the wiki"},
        {"name": "Another"},
        {"archived": True},
        {"root": "mistral-small-2506"},
        {"deprecation": timezone.now() + timedelta(days=40)},
        {"missing_since": timezone.now()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_pages_show_what_a_fresh_process_shows_after_a_change_of_fine_tunes(synced, viewer, change, monkeypatch):
    tunes = CatalogModel.objects.filter(type="fine-tuned", archived=False).exclude(root="").order_by("pk")
    pages = [f"/models/{tune.model_id}/" for tune in tunes[:2]]
    with time_machine.travel(timezone.now(), tick=False):
        before = read_pages(viewer, *pages)
        tunes.update(**change)
        move_version()
        after = read_pages(viewer, *pages)
        forget_everything(monkeypatch)
        assert after == read_pages(viewer, *pages) != before


def test_what_facts_alone_decide_is_not_worked_out_again_after_a_tag_changed(synced, viewer, monkeypatch):
    read_pages(viewer)
    CatalogModel.objects.filter(type="fine-tuned").update(tags=["new"])
    move_version()
    monkeypatch.setattr("models_ui.retirements.endings.find_retirements", None)
    monkeypatch.setattr("models_ui.retirements.families.find_families", None)
    monkeypatch.setattr("models_ui.retirements.ends._find_ends", None)
    assert "new</span" in read_pages(viewer)["/models/?type=fine-tuned"]
