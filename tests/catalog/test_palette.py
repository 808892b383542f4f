"""What the palette offers: to each role what it may do, and other people's private views to nobody."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from models_ui.access.roles import Role
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.palette import Palette, palette_of
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import save_list
from models_ui.catalog.store import load_index
from models_ui.mirror.sync import SyncResult, run_sync
from sandbox import Sandbox


@pytest.fixture
def index(synced: SyncResult) -> CatalogIndex:
    return load_index(timezone.now())


def labels(palette: Palette, group: str) -> list[str]:
    return [each.label or each.text for found in palette.groups if found.title == group for each in found.choices]


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (Role.VIEWER, []),
        (Role.EDITOR, ["Rename", "Edit description", "Archive", "Look after", "Tag", "Edit note", "Change the plan"]),
        (
            Role.MANAGER,
            [
                "Rename",
                "Edit description",
                "Archive",
                "Protect",
                "Delete",
                "Look after",
                "Tag",
                "Edit note",
                "Change the plan",
            ],
        ),
    ],
)
def test_actions_are_those_that_the_role_may_do(index: CatalogIndex, bob: User, sandbox: Sandbox, role, actions):
    tune = next(each for each in sandbox.catalog.fine_tunes() if "parcel-damage" in each)
    assert labels(palette_of("", tune, index, bob, role), "Actions") == actions


def test_mistrals_own_models_have_only_what_is_kept_here(index: CatalogIndex, bob: User):
    found = labels(palette_of("", "codestral-2508", index, bob, Role.MANAGER), "Actions")
    assert found == ["Look after", "Tag", "Edit note", "Change the plan"]


def test_only_managers_are_led_to_people(index: CatalogIndex, bob: User):
    assert "People" in labels(palette_of("", "", index, bob, Role.MANAGER), "Pages")
    assert "People" not in labels(palette_of("", "", index, bob, Role.EDITOR), "Pages")


def test_views_are_ones_own_and_shared_ones(index: CatalogIndex, bob: User, alice: User):
    now = timezone.now()
    query = CatalogQuery(capability=("vision",))
    save_list(owner=bob, name="Mine", query=query, shared=False, now=now)
    save_list(owner=alice, name="Everybody’s", query=query, shared=True, now=now)
    save_list(owner=alice, name="Hers alone", query=query, shared=False, now=now)
    assert labels(palette_of("", "", index, bob, Role.EDITOR), "Saved views") == ["Everybody’s", "Mine"]
    assert labels(palette_of("mine", "", index, bob, Role.EDITOR), "Saved views") == ["Mine"]


def test_all_words_must_be_found_whatever_their_case_and_accents(index: CatalogIndex, bob: User):
    assert labels(palette_of("LÍST wátch", "", index, bob, Role.VIEWER), "Pages") == ["Watch list"]
    assert labels(palette_of("watch lost", "", index, bob, Role.VIEWER), "Pages") == []


@pytest.mark.parametrize("typed", ["", " ", "x" * 500, "\x00\x1b", "%", "<script>alert(1)</script>", "a" * 5000])
def test_whatever_is_typed_the_page_stands_and_repeats_no_markup(viewer: Client, synced, typed: str):
    for headers in ({}, {"HX-Request": "true"}, {"HX-Request": "true", "HX-Target": "palette-choices"}):
        answer = viewer.get("/palette/", {"q": typed, "model": typed}, headers=headers)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


def test_a_hostile_name_stays_text(viewer: Client, sandbox: Sandbox):
    sandbox.catalog.update_model(sandbox.catalog.fine_tunes()[0], name="<b>bold</b> \u202e")
    run_sync()
    html = viewer.get("/palette/", {"q": "bold"}).content.decode()
    assert escape("<b>") in html
    assert "<b>" not in html


def test_the_palette_asks_few_questions_of_the_database(
    viewer: Client, synced, django_assert_max_num_queries, bob: User
):
    viewer.get("/palette/")
    with django_assert_max_num_queries(6):
        viewer.get("/palette/", {"q": "vision"})
