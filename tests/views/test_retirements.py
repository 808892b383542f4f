"""The page of retirements as a person meets it: dates, replacements, risks, and upstream's oddest texts."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from models_ui.mirror.state import move_version
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, Mirror
from sandbox import Sandbox
from tests.support.retirements import ids_of_catalog, lanes, line_of, listed, page, pictures, text_of

HOSTILE = "<img src=x onerror=alert(1)>\"'& {{ 7*7 }}"


# --- What it shows


@pytest.mark.usefixtures("synced")
def test_the_page_lists_what_the_catalog_says_retires_in_the_same_order(viewer: Client):
    html = page(viewer)
    ahead, past = (ids_of_catalog(viewer, f"lifecycle={each}&sort=deprecation") for each in ("retiring", "retired"))
    assert listed(html) == ahead + past
    assert len(ahead) == 8
    last = datetime.now(UTC).date() + timedelta(days=150)
    said = f"8 of Mistral’s models retire by {last.day} {last:%B}; 3 of our fine-tunes hang on them."
    assert f"{said} 1 of Mistral’s models is past its date." in text_of(html)


@pytest.mark.usefixtures("synced")
def test_each_month_of_the_table_says_how_many_models_stand_beneath_it(viewer: Client):
    bodies = re.findall(r'<tbody role="rowgroup">(.*?)</tbody>', page(viewer), re.DOTALL)
    said = [int(re.search(r'<span class="count">(\d+)<', body)[1]) for body in bodies]
    assert said == [len(listed(body)) for body in bodies]
    assert sum(said) == 9


@pytest.mark.usefixtures("synced")
def test_a_model_is_told_with_its_date_its_days_and_its_replacement_compared(viewer: Client):
    line = line_of(page(viewer), "mistral-medium-2508")
    day = datetime.now(UTC).date() + timedelta(days=9)
    assert f"{day.day} {day:%b} · 9 d" in line
    assert "mistral-medium-2604 (Mistral calls it mistral-medium-3-5)" in line
    assert "128k → to 256k context" in line
    assert "gains Reasoning" in line
    assert "loses Fine-tuning" in line
    assert "temperature 0.3 → to 1.0" in line


@pytest.mark.usefixtures("synced")
def test_a_smaller_context_is_said_to_be_smaller(viewer: Client):
    assert "32k → to 16k less context" in line_of(page(viewer), "voxtral-mini-2507")


@pytest.mark.usefixtures("synced")
def test_a_model_past_its_date_is_said_to_be_still_listed(viewer: Client):
    assert "2 d ago · still listed" in line_of(page(viewer), "mistral-ocr-2505")


@pytest.mark.usefixtures("synced")
def test_fine_tunes_are_told_of_a_risk_and_not_of_a_fact(viewer: Client, sandbox: Sandbox):
    html = page(viewer)
    assert "Parcel damage" in line_of(html, "pixtral-12b-2409")
    day = datetime.now(UTC).date() + timedelta(days=23)
    assert ("perhaps", "Parcel damage", f"perhaps {day.day} {day:%b}") in lanes(html)
    risky = next(each for each in sandbox.catalog.fine_tunes() if ":pixtral-12b-latest:" in each)
    line = line_of(page(viewer, "/retirements/?type=fine-tuned"), risky)
    assert f"perhaps {day.day} {day:%b} · 23 d pixtral-12b-2409" in line
    unknown = next(each for each in sandbox.catalog.fine_tunes() if ":open-mistral-7b:" in each)
    assert "Its base model is not in the list and may have been switched off" in line_of(html, unknown)
    assert "Mistral does not say what happens to fine-tunes of a model that stops working" in text_of(html)
    assert "will stop" not in text_of(html)


def test_fine_tunes_of_a_model_are_named_and_lead_to_exactly_those_in_the_catalog(viewer: Client, sandbox: Sandbox):
    tune = next(each for each in sandbox.catalog.entries() if ":open-mistral-nemo:" in each["id"])
    for number in range(8):
        sandbox.catalog.add(tune | {"id": f"ft:of-nemo:{number}", "name": f"Answers {number}", "aliases": []})
    run_sync()
    line = line_of(page(viewer), "open-mistral-nemo")
    assert sum(name in line for name in ("Meeting notes", "Product names", *(f"Answers {n}" for n in range(8)))) == 5
    link = re.search(r'href="/models/\?([^"]*root=[^"]*)">\s*and 5 more', page(viewer))
    assert link
    assert len(ids_of_catalog(viewer, unescape(link[1]))) == 10


def test_who_looks_after_a_model_and_the_plan_stand_beside_its_date(viewer: Client, sandbox: Sandbox, synced):
    tune = next(each for each in sandbox.catalog.fine_tunes() if "parcel-damage" in each)
    CatalogModel.objects.filter(model_id=tune).update(keepers=["Logistics"], plan={"kind": "ends"})
    move_version()
    html = page(viewer)
    assert "Parcel damage Logistics May end" in line_of(html, "pixtral-12b-2409")
    assert "Nobody" in line_of(html, "open-mistral-nemo")
    assert line_of(page(viewer, "/retirements/?type=fine-tuned"), tune).endswith("Logistics May end")


@pytest.mark.usefixtures("synced")
def test_the_page_says_how_sure_the_dates_are_and_in_which_clock(viewer: Client):
    text = text_of(page(viewer))
    assert "switch-off time that the Models API gives, in UTC" in text
    assert "models were seen listed after theirs" in text


def test_before_the_first_sync_and_with_upstream_down_the_page_stands(viewer: Client, sandbox: Sandbox):
    assert "No models yet" in text_of(page(viewer))
    run_sync()
    Mirror.objects.update(failure={"code": "unreachable"}, failed_at=datetime.now(UTC))
    html = page(viewer)
    assert "The last sync failed" in text_of(html)
    assert len(listed(html)) == 9


# --- Replacements that are no way out


def changed(sandbox: Sandbox, model_id: str, **fields) -> None:
    sandbox.catalog.update_model(model_id, **fields)
    run_sync()


def test_a_replacement_that_is_retiring_itself_is_a_warning(viewer: Client, sandbox: Sandbox):
    soon = (datetime.now(UTC) + timedelta(days=40)).strftime("%Y-%m-%dT12:00:00Z")
    changed(sandbox, "ministral-14b-2512", deprecation=soon, deprecation_replacement_model="mistral-small-latest")
    line = line_of(page(viewer), "pixtral-12b-2409")
    assert "It stops working itself on" in line
    assert "in 40 days." in line
    assert "After it: mistral-small-2603." in line


def test_replacements_that_go_round_are_told(viewer: Client, sandbox: Sandbox):
    soon = (datetime.now(UTC) + timedelta(days=40)).strftime("%Y-%m-%dT12:00:00Z")
    changed(sandbox, "ministral-14b-2512", deprecation=soon, deprecation_replacement_model="pixtral-12b")
    assert "go round in a circle: pixtral-12b-2409." in line_of(page(viewer), "pixtral-12b-2409")


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (None, "Mistral names none"),
        ("never-heard-of", "not in the list, so it cannot be compared"),
        ("pixtral-12b", "leads back to this model"),
        ("voxtral-mini-latest", "leads to 2 models, so it cannot be compared"),
        ("../../etc", "not in the list, so it cannot be compared"),
        (HOSTILE, "not in the list, so it cannot be compared"),
    ],
)
def test_a_replacement_that_cannot_be_compared_is_said_why(viewer: Client, sandbox: Sandbox, named, sentence):
    changed(sandbox, "pixtral-12b-2409", deprecation_replacement_model=named)
    html = page(viewer)
    assert sentence in line_of(html, "pixtral-12b-2409")
    assert "<img" not in html


# --- Dates


NOON = datetime(2031, 3, 30, 12, tzinfo=UTC)  # clocks change in Paris on that day


@pytest.fixture
def one_date(sandbox: Sandbox):
    """Only one model has a date, and that is NOON."""
    entries = [
        entry | {"deprecation": "2031-03-30T12:00:00Z" if entry["id"] == "mistral-embed-2312" else None}
        for entry in sandbox.catalog.entries()
        if entry["id"] != "mistral-embed"
    ]
    sandbox.catalog.replace(entries)
    return sandbox


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (-1, "retires on 30 March."),
        (0, "is past its date."),
        (1, "is past its date."),
        (-43_200, "30 Mar · today"),  # midnight
        (-43_201, "30 Mar · 1 d"),
    ],
)
def test_the_page_turns_with_the_clock(
    one_date: Sandbox, viewer: Client, carol, client_of, seconds: int, sentence: str
):
    with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
        run_sync()
        text = text_of(page(client_of(carol)))
    assert sentence in text
    assert ("retires on" in text) == (seconds < 0)


@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_a_reader_elsewhere_reads_the_date_of_utc(one_date: Sandbox, carol, client_of, zone: str):
    one_date.catalog.update("mistral-embed-2312", deprecation="2031-03-30T23:30:00Z")
    with time_machine.travel(NOON, tick=False), timezone.override(ZoneInfo(zone)):
        run_sync()
        text = text_of(page(client_of(carol)))
    assert "retires on 30 March." in text
    assert "March 2031 1 mistral-embed" in text
    assert "30 Mar · today" in text


def test_dates_speak_the_readers_language(viewer: Client, one_date: Sandbox):
    run_sync()
    viewer.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "fr"
    assert "mars 2031" in text_of(page(viewer))


@pytest.mark.parametrize("garbage", ["soon", "2031-02-30T12:00:00Z", 17, {"a": 1}, "", "31/08/2026"])
def test_a_date_that_cannot_be_read_is_told(viewer: Client, one_date: Sandbox, garbage):
    one_date.catalog.update("mistral-embed-2312", deprecation=garbage)
    run_sync()
    html = page(viewer)
    assert listed(html) == []
    assert "The API gave 1 model a date that cannot be read" in text_of(html)
    assert "No model has an end date" not in text_of(html)


def test_a_far_date_is_in_the_table_and_its_lane_ends_in_an_arrow(viewer: Client, one_date: Sandbox):
    one_date.catalog.update("mistral-embed-2312", deprecation="2050-12-31T12:00:00Z")
    run_sync()
    html = page(viewer)
    assert listed(html) == ["mistral-embed-2312"]
    assert [(shape, end) for shape, _, end in lanes(html)] == [("beyond", "31 Dec 2050")]


def test_a_date_long_ago_stretches_no_picture(viewer: Client, one_date: Sandbox):
    one_date.catalog.update("mistral-embed-2312", deprecation="2024-01-31T12:00:00Z")
    run_sync()
    html = page(viewer)
    assert listed(html) == ["mistral-embed-2312"]
    assert [(shape, end) for shape, _, end in lanes(html)] == [("past", "31 Jan 2024")]
    assert "2024" not in "".join(text for svg in pictures(html) for text in svg.itertext())


def test_without_any_date_the_page_says_so(viewer: Client, one_date: Sandbox):
    one_date.catalog.update("mistral-embed-2312", deprecation=None)
    run_sync()
    text = text_of(page(viewer))
    assert "No model has an end date" in text
    assert "Base model gone or not known 1" in text


# --- The picture, and hostile text


@pytest.mark.usefixtures("synced")
def test_the_picture_is_well_formed_named_described_and_styled_by_classes_alone(viewer: Client):
    html = page(viewer)
    figure = re.search(r'role="img" aria-labelledby="([\w-]+)" aria-describedby="([\w-]+)"', html)
    assert figure
    for name in figure.groups():
        words = re.search(rf'<p id="{name}" class="visually-hidden">(.*?)</p>', html, re.DOTALL)
        assert words
        assert text_of(words[1])
    allowed = {"class", "id", "x", "y", "x1", "x2", "y1", "y2", "d", "width", "height", "href"}
    drawn = [element for svg in pictures(html) for element in svg.iter()]
    assert {name for element in drawn for name in element.attrib} <= allowed
    assert not [element for element in drawn if element.tag.endswith(("script", "style", "foreignObject", "a"))]


@pytest.mark.usefixtures("synced")
def test_the_picture_names_the_same_models_as_the_table(viewer: Client):
    html = page(viewer)
    assert sorted(name for shape, name, _ in lanes(html) if shape != "perhaps") == sorted(listed(html))


def test_a_lane_ends_where_its_date_stands_on_the_axis(viewer: Client, one_date: Sandbox):
    first = (datetime.now(UTC).replace(day=1) + timedelta(days=330)).replace(day=1)
    one_date.catalog.update("mistral-embed-2312", deprecation=f"{first:%Y-%m-%d}T00:00:00Z")
    run_sync()
    axis, lane = pictures(page(viewer))
    named = {text.text: text.get("x") for text in axis.iter() if text.tag == "text"}
    assert lane.get("width") == named.get(f"{first:%b}", named.get(f"{first:%b %Y}"))


def test_hostile_text_stays_text_in_picture_and_table(viewer: Client, sandbox: Sandbox):
    soon = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%dT12:00:00Z")
    tune = sandbox.catalog.fine_tunes()[0]
    sandbox.catalog.update(tune, name=HOSTILE, deprecation=soon, root=HOSTILE, deprecation_replacement_model=HOSTILE)
    run_sync()
    for address in ("/retirements/", "/retirements/?type=fine-tuned", "/"):
        html = page(viewer, address)
        assert "<img" not in html
        assert all("49" not in after for after in re.findall(r"alert\(1\)[^<]{0,40}", html))
    assert HOSTILE in [name for _, name, _ in lanes(page(viewer))]


def test_a_long_list_is_cut_and_says_how_much_is_left_out(viewer: Client, one_date: Sandbox):
    soon = datetime.now(UTC).replace(day=28, hour=12) + timedelta(days=62)
    entry = one_date.catalog.find("mistral-embed-2312")
    names = [f"model-{number}" for number in range(150)]
    at = soon.replace(day=28).strftime("%Y-%m-%dT12:00:00Z")
    one_date.catalog.replace([entry | {"id": name, "name": name, "aliases": [], "deprecation": at} for name in names])
    run_sync()
    html = page(viewer)
    assert len(listed(html)) == 100
    assert "50 more are not shown. See all in the catalog" in text_of(html)
    assert re.search(r'<th role="rowheader" scope="rowgroup" colspan="6">[^<]*<span class="count">150<', html)
    assert len(lanes(html)) == 40
    assert "And 110 more, in the tables below." in text_of(html)


def test_an_id_that_no_address_can_carry_is_shown_without_a_link(viewer: Client, sandbox: Sandbox):
    soon = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%dT12:00:00Z")
    entry = sandbox.catalog.entries()[0]
    sandbox.catalog.add(entry | {"id": "../x?y#z", "name": "../x?y#z", "aliases": [], "deprecation": soon})
    run_sync()
    html = page(viewer)
    assert "../x?y#z" in listed(html)
    assert not re.search(r'href="[^"]*\.\./x', html)


def test_only_reading_is_allowed(viewer: Client, db):
    assert viewer.post("/retirements/").status_code == 405
    assert viewer.post("/").status_code == 405


def test_the_former_address_leads_to_the_page_with_its_filters(viewer):
    answer = viewer.get("/deprecations/?within=30&type=base&type=%C3%A9")
    assert answer.status_code == 301
    assert answer["Location"] == "/retirements/?within=30&type=base&type=%C3%A9"
    assert viewer.get("/deprecations/")["Location"] == "/retirements/"
