"""No name, id, owner or person turns what stands around it, on any page, in any message, export or log line."""

import csv
import io
import logging
import re
from html import unescape
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from django.utils import timezone

from models_ui.access.policy import ActionDenied
from models_ui.access.roles import Role
from models_ui.actions.context import Context
from models_ui.bulk import jobs
from models_ui.log_filters import DirectionFilter
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogChange, CatalogModel
from sandbox import Sandbox
from tests.conftest import person
from tests.support import verbs
from tests.support.directions import NAMES, PERSON, left_open, turned, turned_on_page

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ali(db: None) -> User:
    return person(PERSON, Role.MANAGER)


@pytest.fixture
def client(ali: User, client_of) -> Client:
    return client_of(ali)


@pytest.fixture
def tunes(db: None, sandbox: Sandbox) -> list[str]:
    """A fine-tune for each of the names, which stand in every other field as well."""
    tunes = [each["id"] for each in sandbox.catalog.entries() if each["id"].startswith("ft:") and not each["archived"]]
    for number, (tune, name) in enumerate(zip(tunes, NAMES, strict=False)):
        sandbox.catalog.update(
            tune,
            name=name,
            description=f"{name} – {name}",
            owned_by=name,
            aliases=[f"alias {name}"],
            capabilities={f"can {name}": True, "vision": True},
            deprecation=f"2030-01-0{number + 1}T12:00:00Z",
            deprecation_replacement_model=NAMES[number - 1],
        )
    for number, name in enumerate(NAMES):
        entry = {"id": name, "name": None, "object": "model", "type": f"type {name}", "aliases": ["both", f"a {name}"]}
        sandbox.catalog.add(entry | {"deprecation": f"2030-02-0{number + 1}T12:00:00Z"})
    run_sync()
    return tunes[: len(NAMES)]


@pytest.fixture
def history(tunes: list[str], ali: User, carol: User, sandbox: Sandbox) -> list[str]:
    """Something of each kind in every list."""
    for number, (tune, name) in enumerate(zip(tunes, NAMES, strict=True)):
        who = Context(actor=ali, reason=name)
        verbs.rename_model(context=who, model_id=tune, name=f"{name}!", seen=name)
        verbs.describe_model(context=who, model_id=tune, description=name, seen=f"{name} – {name}")
        with pytest.raises(ActionDenied):
            verbs.archive_model(context=Context(actor=carol), model_id=tune)
        sandbox.faults.add("504" if number % 2 else "403", verb="archive", times=1)
        verbs.archive_model(context=who, model_id=tune)
        CatalogModel.objects.filter(model_id=tune).update(root=NAMES[number - 1])
        words = {"model_id": tune, "label": name, "at": timezone.now()}
        CatalogChange.objects.create(kind="name.changed", before=name, after=f"{name}?", **words)
        CatalogChange.objects.create(kind="capability.added", subject=f"can {name}", **words)
        CatalogChange.objects.create(kind="alias.repointed", subject=name, before=name, after=f"x{name}", **words)
        CatalogChange.objects.create(kind="replacement.changed", before=name, after=None, **words)
    run_sync()
    return tunes


def pages_of(history: list[str]) -> list[str]:
    found = [
        "/",
        "/models/?per_page=100",
        "/retirements/",
        "/changes/",
        "/activity/",
        "/bulk/",
        "/watching/",
        "/feeds/",
    ]
    for tune in history:
        page = f"/models/{quote(tune, safe='')}/"
        found += [page, f"{page}rename/", f"{page}describe/", f"{page}archive/", f"{page}delete/"]
    for name in NAMES:
        word = quote(name, safe="")
        found += [
            f"/models/?q={word}&owner={word}&capability={word}&{word}=1",
            f"/models/{word}/",
            f"/feeds/?owner={word}",
        ]
        found += [
            f"/activity/?q={word}&model={word}&actor={word}",
            f"/changes/?model={word}&q={word}",
            f"/retirements/?x={word}",
        ]
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_is_turned(client: Client, history: list[str], language: str):
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
    for page in pages_of(history):
        html = client.get(page).content.decode()
        assert turned_on_page(html) == [], page


@pytest.mark.parametrize("end", ["\u2029", "\u2028", "\x85", "\x0b", "\x1c", "\r\n"])
def test_no_page_is_turned_by_a_name_of_two_paragraphs(client: Client, ali: User, sandbox: Sandbox, end: str):
    tune, name = sandbox.catalog.fine_tunes()[0], f"x{end}\u202ey"
    sandbox.catalog.rename(tune, name)
    run_sync()
    who = Context(actor=ali, reason=name)
    verbs.describe_model(
        context=who, model_id=tune, description=name, seen=CatalogModel.objects.get(model_id=tune).description
    )
    CatalogChange.objects.create(
        kind="name.changed", model_id=tune, label=name, before=name, after=f"{name}?", at=timezone.now()
    )
    page = f"/models/{quote(tune, safe='')}/"
    pages = (page, *(f"{page}{verb}/" for verb in ("describe", "archive", "delete")))
    for address in ("/models/?per_page=100", "/activity/", "/changes/", *pages):
        html = client.get(address).content.decode()
        assert re.search("y[!?\u201d]?[\u202c\u2069]", html)
        assert turned_on_page(html) == [], address


def test_no_bulk_job_is_turned(client: Client, ali: User, history: list[str]):
    answer = client.post("/bulk/", {"verb": "archive", "model": [*history, *NAMES]})
    assert turned_on_page(client.get(answer["Location"]).content.decode()) == []
    job = re.search(r"/bulk/(\w+)/", answer["Location"])[1]
    client.post(f"/bulk/{job}/start/", {"reason": NAMES[0]})
    for page in (f"/bulk/{job}/", "/bulk/", "/models/"):
        assert turned_on_page(client.get(page).content.decode()) == [], page
    assert jobs.jobs_under_way()


@pytest.mark.parametrize("name", NAMES)
def test_no_message_is_turned(client: Client, ali: User, tunes: list[str], sandbox: Sandbox, name: str):
    tune = tunes[NAMES.index(name)]
    base = f"/models/{tune}/"
    form = {"value": f"{name}{name}", "seen": signing.dumps(name)}
    answers = [
        client.post(f"{base}rename/", form | {"action_id": "1"}, headers=HTMX),
        client.post(f"{base}rename/", form | {"action_id": "2", "value": "z"}, headers=HTMX),  # a conflict
        client.post(f"{base}protect/", {"action_id": "3"}, headers=HTMX),
        client.post(f"{base}archive/", {"action_id": "4"}, headers=HTMX),  # refused
        client.post(f"{base}unprotect/", {"action_id": "5"}, headers=HTMX),
        client.get(f"{base}delete/", headers=HTMX),
        client.post("/watching/add/", {"model_id": tune}, follow=True),
    ]
    sandbox.faults.add("504", verb="archive", times=1)
    answers.append(client.post(f"{base}archive/", {"action_id": "6"}, headers=HTMX))
    for answer in answers:
        assert turned_on_page(answer.content.decode()) == []
    assert "conflict" in answers[1].content.decode()


@pytest.mark.parametrize("name", NAMES)
def test_forms_carry_the_text_itself_and_searches_find_it(client: Client, tunes: list[str], name: str):
    tune = tunes[NAMES.index(name)]
    html = client.get(f"/models/{tune}/rename/").content.decode()
    assert unescape(re.search(r'name="value" value="([^"]*)"', html)[1]) == name
    assert f'data-model-id="{tune}"' in client.get("/models/", {"q": name}).content.decode()
    page = client.get(f"/models/{tune}/").content.decode()
    assert f'<span id="model-id">{tune}</span>' in page
    shown, raw = (client.get(f"/models/{quote(name, safe='')}/", follow=True).content.decode(), unescape)
    if left_open(name):
        assert raw(re.search(r'id="model-id" data-raw="([^"]*)"', shown)[1]) == name


def test_exports_keep_the_text_and_close_what_it_opens(client: Client, history: list[str]):
    for export in ("/models", "/activity", "/changes"):
        cells = [
            cell
            for row in csv.reader(io.StringIO(client.get(f"{export}.csv").content.decode("utf-8-sig")))
            for cell in row
        ]
        assert [cell for cell in cells if left_open(cell)] == []
        assert any("نموذج الدعم" in cell for cell in cells)
        assert client.get(f"{export}.json").content.isascii()
    names = {model["name"] for model in client.get("/models.json").json()["models"]}
    assert {f"{name}!" for name in NAMES} <= names


def test_the_raw_payload_spells_the_controls_out(client: Client, tunes: list[str]):
    html = client.get(f"/models/{tunes[0]}/").content.decode()
    assert "abc\\u202eevil" in unescape(re.search(r'<details id="raw".*?</details>', html, re.DOTALL)[0])


def test_log_lines_spell_the_controls_out():
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%s is %s", ("abc\u202eevil", "gone"), None)
    assert DirectionFilter().filter(record)
    assert record.getMessage() == "abc\\u202eevil is gone"


def test_the_console_uses_that_filter(settings):
    assert "direction" in settings.LOGGING["handlers"]["console"]["filters"]


def test_the_history_keeps_the_text_itself(history: list[str]):
    for name in NAMES:
        assert AuditEvent.objects.filter(kind="model.renamed", label=name, reason=name).exists()
    assert turned(NAMES[0])
