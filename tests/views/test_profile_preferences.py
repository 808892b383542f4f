"""The page of preferences, and the buttons that make one choice each: they work at once, and without a script."""

import json
import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import save_list
from models_ui.models import AuditEvent, CatalogModel, Mirror, Preferences
from tests.conftest import PASSWORD
from tests.support.pages import text_of

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
VISION = CatalogQuery(capability=("vision",))
# What the page sends where nothing was changed.
AS_BEFORE = {"default_view": "", "density": "compact", "theme": "system", "time_zone": "", "facets": "open"}


def page(client: Client, address: str = "/watching/") -> str:
    return client.get(address).content.decode()


def phrases(client: Client, address: str) -> set[str]:
    """The texts of a page, each as it stands in its element."""
    return {" ".join(text.split()) for text in re.split(r"<[^>]+>", page(client, address))}


def html_tag(client: Client) -> str:
    return re.search(r"<html[^>]*>", page(client))[0]


def headings(client: Client, address: str = "/models/?type=base") -> list[str]:
    table = page(client, address).partition("<thead")[2].partition("</thead>")[0]
    return [text_of(heading) for heading in re.findall(r"<th\b.*?</th>", table, re.DOTALL)]


def choose(client: Client, *, by_htmx: bool = False, **choice: str):
    headers = {"HX-Request": "true"} if by_htmx else {}
    return client.post("/profile/choose/", {"next": "/activity/", **choice}, headers=headers)


# --- The page


def test_the_page_is_in_the_account_menu(viewer: Client):
    assert '<a href="/profile/">Profile</a>' in page(viewer)


def test_what_is_saved_is_what_the_page_shows_next(viewer: Client, carol: User):
    chosen = {
        "default_view": "fine-tuned",
        "density": "roomy",
        "columns": ["context", "status"],
        "theme": "dark",
        "time_zone": "Europe/Paris",
        "facets": "folded",
        "keyboard_shortcuts": "on",
    }
    answer = viewer.post("/profile/", chosen, follow=True)
    assert answer.redirect_chain == [("/profile/", 302)]
    assert "Your preferences are saved." in answer.content.decode()
    form = viewer.get("/profile/").context["form"]
    shown = {name: form[name].value() for name in form.fields}
    assert shown == {**chosen, "columns": ("context", "status"), "keyboard_shortcuts": True}
    viewer.post("/profile/", {**chosen, "keyboard_shortcuts": ""})
    assert not Preferences.objects.get(owner=carol).keyboard_shortcuts


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("theme", "sepia"),
        ("density", ""),
        ("time_zone", "Mars/Olympus"),
        ("columns", "salary"),
        ("facets", "gone"),
        ("default_view", "view-999"),
        ("default_view", "owned"),
    ],
)
def test_what_nobody_offers_is_refused_and_what_else_was_chosen_stays_on_the_page(
    viewer: Client, field: str, value: str
):
    answer = viewer.post("/profile/", {**AS_BEFORE, "theme": "dark", field: value})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    assert field == "theme" or answer.context["form"]["theme"].value() == "dark"
    assert not Preferences.objects.exclude(theme="system", time_zone="", density="compact").exists()


def test_the_columns_of_the_page_keep_the_order_that_was_chosen(viewer: Client):
    viewer.post("/profile/", {**AS_BEFORE, "columns": ["context", "status"]})
    boxes = re.findall(r'name="columns" value="(\w+)"', page(viewer, "/profile/"))
    assert boxes[:2] == ["context", "status"]
    assert len(boxes) == len(set(boxes)) > 5


def test_names_of_views_cannot_turn_the_page(viewer: Client, bob: User):
    save_list(owner=bob, name="\u202eevil <b>", query=VISION, shared=True, now=NOON)
    html = page(viewer, "/profile/")
    assert "\u202e" not in html
    assert "evil &lt;b&gt;" in html


def test_somebody_elses_private_view_is_neither_offered_nor_taken(viewer: Client, bob: User):
    secret = save_list(owner=bob, name="Secret", query=VISION, shared=False, now=NOON)
    assert "Secret" not in page(viewer, "/profile/")
    assert viewer.post("/profile/", {**AS_BEFORE, "default_view": f"view-{secret.pk}"}).status_code == 422


# --- What a choice does


def test_theme_density_and_keys_are_said_at_the_root_of_every_page(viewer: Client):
    tag = html_tag(viewer)
    assert 'data-theme="system"' in tag
    assert 'data-keys="on"' in tag
    viewer.post("/profile/", {**AS_BEFORE, "theme": "dark", "density": "roomy"})
    tag = html_tag(viewer)
    assert 'data-theme="dark"' in tag
    assert 'data-density="roomy"' in tag
    assert 'data-keys="off"' in tag


def test_the_sign_in_page_has_nobodys_preferences(viewer: Client, client: Client):
    choose(viewer, theme="dark")
    assert 'data-theme="system"' in client.get("/accounts/login/").content.decode()


def test_models_in_the_menu_and_signing_in_lead_to_the_default_view(viewer: Client, carol: User, bob: User):
    saved = save_list(owner=bob, name="Sees", query=VISION, shared=True, now=NOON)
    viewer.post("/profile/", {**AS_BEFORE, "default_view": f"view-{saved.pk}"})
    address = f"/models/?capability=vision&view={saved.pk}"
    assert f'href="{address.replace("&", "&amp;")}"' in page(viewer)
    answer = Client().post("/accounts/login/", {"login": "carol", "password": PASSWORD})
    assert answer["Location"] == address


def test_all_models_stay_at_their_address_whatever_the_default_view(viewer: Client, synced):
    viewer.post("/profile/", {**AS_BEFORE, "default_view": "fine-tuned"})
    answer = viewer.get("/models/")
    assert answer.status_code == 200
    assert "Mistral’s models" in answer.content.decode()


def test_the_own_columns_stand_where_an_address_names_none(viewer: Client, synced):
    assert "Created" not in headings(viewer)
    viewer.post("/profile/", {**AS_BEFORE, "columns": ["created", "status"]})
    assert headings(viewer) == ["Name", "Created", "Status"]
    assert headings(viewer, "/models/?type=base&columns=context") == ["Name", "Context"]


def test_the_views_own_columns_can_still_be_asked_for(viewer: Client, synced):
    """Without own columns such an address says nothing, and is shortened."""
    usual = "/models/?type=base&columns=status%2Cdeprecation%2Creplacement%2Ccontext%2Ccapability"
    assert viewer.get(usual).status_code == 302
    viewer.post("/profile/", {**AS_BEFORE, "columns": ["created", "status"]})
    assert "Context" in headings(viewer, usual)
    assert viewer.get("/models/?type=base&columns=created%2Cstatus").status_code == 302


def test_the_views_of_each_persons_choices_are_kept_apart(viewer: Client, bob: User, client_of, synced):
    described = "Code model with fill-in-the-middle"
    editor = client_of(bob)
    choose(viewer, density="roomy")
    for _ in range(2):
        assert described in page(viewer, "/models/?type=base")
        assert described not in page(editor, "/models/?type=base")


def test_roomy_rows_show_descriptions(viewer: Client, synced):
    address, described = "/models/?type=base", "Code model with fill-in-the-middle"
    assert described not in page(viewer, address)
    choose(viewer, density="roomy")
    assert described in page(viewer, address)


def test_the_column_of_filters_stays_folded(viewer: Client, synced):
    assert 'class="catalog" data-folded' not in page(viewer, "/models/")
    choose(viewer, facets="folded")
    for address in ("/models/", "/activity/", "/changes/"):
        assert 'class="catalog" data-folded' in page(viewer, address)


# --- Times


def test_times_of_what_happened_are_in_the_persons_zone_which_is_named(viewer: Client, bob: User, client_of):
    with time_machine.travel(datetime(2026, 11, 26, 23, 30, tzinfo=UTC), tick=False):
        save_list(owner=bob, name="Sees", query=VISION, shared=True, now=NOON)
        assert {"23:30", "times are in UTC"} <= phrases(viewer, "/activity/")
        choose(viewer, time_zone="Europe/Paris")
        assert {"00:30", "times are in Europe/Paris"} <= phrases(viewer, "/activity/")
        assert "23:30" in phrases(client_of(bob), "/activity/")  # in the same thread, and not in Paris


def test_dates_of_ends_are_utc_for_everybody(viewer: Client, synced):
    """Rows are kept for readers of any zone, and a date that a model has is what Mistral says."""
    address = "/models/?columns=status%2Cdeprecation%2Ccreated"
    shown = re.findall(r"<time.*?</time>", page(viewer, address))
    choose(viewer, time_zone="Pacific/Kiritimati")
    CatalogModel.objects.update(acted_at=NOON)
    Mirror.objects.update(version="another")
    again = re.findall(r"<time.*?</time>", page(viewer, address))
    assert len(shown) > 20
    assert [time for time in again if "Synced" not in time] == [time for time in shown if "Synced" not in time]


# --- One choice


def test_a_button_makes_one_choice_and_leads_back(viewer: Client, carol: User):
    choose(viewer, density="roomy")
    answer = choose(viewer, theme="dark")
    assert (answer.status_code, answer["Location"]) == (302, "/activity/")
    kept = Preferences.objects.get(owner=carol)
    assert (kept.theme, kept.density, kept.keyboard_shortcuts) == ("dark", "roomy", True)


def test_a_choice_leads_to_no_other_site(viewer: Client):
    assert choose(viewer, theme="dark", next="https://evil.example/")["Location"] == "/profile/"


def test_a_choice_by_script_is_shown_at_once(viewer: Client):
    answer = choose(viewer, by_htmx=True, theme="dark")
    assert answer.status_code == 204
    assert json.loads(answer["HX-Trigger"]) == {"preference-chosen": {"name": "theme", "value": "dark"}}


@pytest.mark.parametrize("choice", [{"density": "roomy"}, {"columns": "context,status"}])
def test_a_choice_about_rows_makes_the_list_come_again(viewer: Client, choice: dict[str, str]):
    assert "catalog-changed" in json.loads(choose(viewer, by_htmx=True, **choice)["HX-Trigger"])


def test_several_columns_are_one_choice(viewer: Client, carol: User):
    choose(viewer, columns="context,status")
    assert Preferences.objects.get(owner=carol).columns == "context,status"


@pytest.mark.parametrize("choice", [{}, {"theme": "sepia"}, {"seen_at": "2020-01-01"}, {"owner": "1"}])
def test_what_no_button_sends_is_no_choice(viewer: Client, choice: dict[str, str]):
    assert choose(viewer, **choice).status_code == 400


def test_activity_tells_of_the_page_and_not_of_each_button(viewer: Client):
    choose(viewer, theme="dark")
    assert not AuditEvent.objects.exists()
    viewer.post("/profile/", {**AS_BEFORE, "theme": "light", "keyboard_shortcuts": "on"})
    assert "carol changed their preferences" in text_of(page(viewer, "/activity/"))
