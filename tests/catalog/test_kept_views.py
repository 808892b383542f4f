"""Views that are kept: seen twice they are rendered once, and nobody sees what is another's."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client

from models_ui.catalog import kept_views
from models_ui.catalog.kept_views import CatalogView, KeptViews
from models_ui.catalog.query import CatalogQuery
from models_ui.mirror.sync import run_sync
from models_ui.packed_part import PackedPart

pytestmark = pytest.mark.usefixtures("synced")


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[CatalogQuery]:
    """The queries of the pages that were rendered."""
    queries: list[CatalogQuery] = []
    render = kept_views._render_view

    def note(page):
        queries.append(page.query)
        return render(page)

    monkeypatch.setattr(kept_views, "_render_view", note)
    return queries


def test_a_view_that_was_seen_is_not_rendered_again(viewer: Client, rendered):
    for _ in range(3):
        viewer.get("/models/?q=nemo")
        viewer.get("/models/?q=nemo", headers={"HX-Request": "true"})
    assert len(rendered) == 1


def test_each_role_language_and_day_has_its_own(alice, bob, carol, client_of, rendered):
    today = datetime(2026, 11, 25, 12, tzinfo=UTC)
    with time_machine.travel(today, tick=False) as clock:
        for person in (alice, bob, carol):
            client_of(person).get("/models/")
        assert len(rendered) == 3
        french = client_of(carol)
        french.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "fr"
        assert "modèles" in french.get("/models/").content.decode()
        assert len(rendered) == 4
        clock.move_to(today + timedelta(days=1))
        client_of(carol).get("/models/")
        assert len(rendered) == 5


def test_nothing_that_is_kept_belongs_to_one_person(bob, client_of):
    pages = []
    for _ in range(2):
        html = client_of(bob).get("/models/?type=fine-tuned").content.decode()
        pages.append(html[html.index('<div id="results"') :])
    assert pages[0] == pages[1]
    assert "csrfmiddlewaretoken" not in pages[0].partition('id="row-menu"')[0]
    assert "bob" not in pages[0]


def test_a_change_of_the_mirror_is_seen_at_once(viewer: Client, sandbox):
    assert "Brand new" not in viewer.get("/models/").content.decode()
    sandbox.catalog.rename(sandbox.catalog.fine_tunes()[0], "Brand new")
    run_sync()
    assert "Brand new" in viewer.get("/models/").content.decode()


def test_what_was_ignored_of_an_address_is_told_and_not_kept(viewer: Client, rendered):
    for colour in ("red", "blue"):
        html = viewer.get(f"/models/?colour={colour}").content.decode()
        assert html.count("is not a filter of this page") == 1
    assert "is not a filter" not in viewer.get("/models/").content.decode()
    assert len(rendered) == 3


def test_the_views_that_were_asked_for_last_are_kept_as_far_as_there_is_room():
    views, built = KeptViews(most_bytes=25), []

    def ask(name: str) -> CatalogView:
        def build() -> CatalogView:
            built.append(name)
            return CatalogView(CatalogQuery(q=name), name, (), "", PackedPart(b"x" * 10), "", frozenset())

        return views.get(name, build)

    for name in ("a", "b", "a", "c", "a", "b"):
        assert ask(name).title == name
    assert re.sub(r"\W", "", "".join(built)) == "abcb"
