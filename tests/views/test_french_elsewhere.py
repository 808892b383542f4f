"""With a French browser all else is French as well: getting in, whatever goes wrong, feeds and watch lists."""

import re

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404
from django.test import Client, RequestFactory
from django.utils import timezone, translation

from models_ui.alerts.feeds.addresses import address_with
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange
from models_ui.services import stored_errors
from models_ui.views import errors
from sandbox import Sandbox
from tests.conftest import PASSWORD
from tests.support.clock import sync_until_confirmed
from tests.support.french import FRENCH, Texts, assert_french, left_over, written_by_others


@pytest.fixture
def manager(alice, client_of) -> Client:
    return client_of(alice, headers=FRENCH)


@pytest.fixture
def reader(carol, client_of) -> Client:
    return client_of(carol, headers=FRENCH)


# --- Getting in, and what went wrong


def test_getting_in_and_a_forgotten_password_are_french(client: Client, carol, mailoutbox, settings):
    client = Client(headers=FRENCH)
    assert_french(client.get("/accounts/login/?next=/models/"))
    page = assert_french(client.post("/accounts/login/", {"login": "carol", "password": "wrong"}))
    assert "Se connecter" in page
    assert_french(client.post("/accounts/login/", {"login": "", "password": ""}))
    settings.DEMO, settings.DEMO_PASSWORD = True, PASSWORD
    assert_french(client.get("/accounts/login/"))
    for address in ("password/reset/", "password/reset/done/", "password/reset/key/done/", "signup/", "inactive/"):
        assert_french(client.get(f"/accounts/{address}"))
    assert_french(client.post("/accounts/password/reset/", {"email": "carol@example.org"}, follow=True))
    link = re.search(r"http://testserver(/\S+)", mailoutbox[0].body)[1]
    assert left_over(re.sub(r"\S+://\S+|testserver|carol", "", mailoutbox[0].body).splitlines()) == []
    assert_french(client.get(link, follow=True))
    answer = client.post("/accounts/login/", {"login": "carol", "password": PASSWORD}, follow=True)
    assert_french(answer)
    wrong = {"oldpassword": "x", "password1": "1234", "password2": "12"}
    assert_french(client.post("/accounts/password/change/", wrong))
    assert_french(client.post("/accounts/logout/", follow=True))


def test_the_language_buttons_win_over_the_browser(client: Client, db):
    client.post("/language/", {"language": "fr", "next": "/"})
    assert_french(client.get("/accounts/login/"))
    client.post("/language/", {"language": "en", "next": "/"}, headers=FRENCH)
    assert "Sign in" in client.get("/accounts/login/", headers=FRENCH).content.decode()


def test_every_error_is_french(manager: Client, reader: Client, rf: RequestFactory, alice):
    assert_french(manager.get("/nowhere"), 404)
    assert_french(manager.get("/models/nothing/archive/"), 404)
    assert_french(manager.get("/bulk/nothing/"), 404)
    strict = Client(enforce_csrf_checks=True, headers=FRENCH)
    strict.force_login(alice)
    assert_french(strict.post("/sync/"), 403)
    request = rf.get("/")
    request.user = alice
    with translation.override("fr"):
        for status, answer in (
            (400, errors.bad_request(request, BadRequest("x"))),
            (403, errors.forbidden(request, PermissionDenied())),
            (404, errors.not_found(request, Http404())),
            (429, errors.too_many_requests(request)),
            (500, errors.server_error(request)),
        ):
            assert_french(answer, status)


@pytest.mark.parametrize("code", sorted(stored_errors._classes_by_code()))
def test_every_failure_has_a_french_sentence(code: str):
    with translation.override("fr"):
        for model_id in ("", "m"):
            facts = {"code": code, "status": 500, "model_id": model_id, "outcome_unknown": True, "detail": "Teapot"}
            said = stored_errors.stored_error_sentence(facts)
            assert left_over([said.replace("Teapot", "…")]) == []
            assert said[0] == said[0].upper() or model_id


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("MISTRAL_API_KEY", ""),
        ("MISTRAL_API_KEY", "two words"),
        ("MODELS_API_DIALECT", "klingon"),
        ("MODELS_API_TIMEOUT", "soon"),
        ("MODELS_API_BASE_URL", "ftp://x"),
        ("MODELS_API_BASE_URL", "http://example.org/v1"),
        ("MODELS_API_BASE_URL", "https://a b/"),
        ("MODELS_API_BASE_URL", "https://me:secret@example.org/v1"),
        ("MODELS_API_BASE_URL", "https://example.org/v1?x=1"),
    ],
)
def test_a_wrong_setting_is_named_in_french(manager: Client, sandbox, settings, setting: str, value: str):
    setattr(settings, setting, value)
    page = assert_french(manager.post("/sync/", {"next": "/models/"}, follow=True))
    assert f"de corriger le réglage {setting} (" in page


def test_changes_are_listed_in_french(manager: Client, synced, sandbox: Sandbox):
    kinds = {
        "alias.repointed": ("a-2501", "mistral-embed-2312"),
        "model.added": (None, None),
        "model.missing": (None, None),
    }
    for kind, (before, after) in kinds.items():
        CatalogChange.objects.create(
            at=timezone.now(),
            kind=kind,
            model_id="mistral-embed-2312",
            subject="mistral-embed",
            before=before,
            after=after,
        )
    for address in ("/", "/changes/", "/changes/?model=mistral-embed", "/changes/?before=2", "/models/mistral-embed/"):
        assert_french(manager.get(address, follow=True))


# --- Feeds


def test_feeds_speak_french_to_programs_too(reader: Client, manager, sandbox, synced):
    page = reader.get("/feeds/?type=base").content.decode()
    form = {"name": "Équipe", "language": "fr", "query": "type=base"}
    form["form_id"] = re.search(r'name="form_id" value="(\w+)"', page)[1]
    made = assert_french(reader.post("/feeds/", form))
    assert_french(reader.get("/feeds/"))
    assert_french(reader.post("/feeds/", form, follow=True))
    secret = re.search(r"feed-[\w-]{43}", made)[0]
    assert address_with(secret)
    sandbox.catalog.update_model("mistral-embed-2312", deprecation="2031-04-22T12:00:00Z")
    run_sync()
    calendar = re.sub(r"\r\n ", "", Client().get(f"/feeds/{secret}/models.ics").content.decode())
    told = [
        line.partition(":")[2] for line in calendar.splitlines() if line.startswith(("SUMMARY", "DESCRIPTION", "CAT"))
    ]
    assert "mistral-embed-2312 cesse de fonctionner" in told
    told = [re.sub(r"https?://\S+", "", line.replace("\\n", " ")) for line in told]
    assert left_over(told, written_by_others()) == []
    news = Client().get(f"/feeds/{secret}/changes.atom").content.decode()
    texts = Texts()
    texts.feed(news)
    assert left_over(texts.found, written_by_others()) == []
    assert_french(reader.post(f"/feeds/{address_with(secret).pk}/revoke/", follow=True))


# --- Watch lists


def test_a_watch_list_is_french_whatever_stands_on_it(reader: Client, manager, sandbox, synced):
    assert_french(reader.get("/watching/"))
    tune = sandbox.catalog.fine_tunes()[0]
    sandbox.catalog.update_model(sandbox.catalog.find(tune)["root"], deprecation="2031-04-22T12:00:00Z")
    sandbox.catalog.retire("devstral-2512")
    sync_until_confirmed()
    ids = ("mistral-medium-2508", "mistral-ocr-2505", "devstral-2512", "mistral-large-2512", tune)
    for model_id in (*ids, "mistral-medium-latest", "voxtral-mini-latest"):
        assert_french(reader.post("/watching/add/", {"model_id": model_id}, follow=True))
    for model_id in ("/models/mistral-large-2512/", "/models/mistral-medium-latest/", "/"):
        assert_french(reader.get(model_id, follow=True))
    page = assert_french(reader.get("/watching/"))
    for verb, name, value in re.findall(r'/(acknowledge|snooze)/" name="(\w+)" value="([^"]+)"', page)[:2]:
        pk = re.search(rf"/watching/(\d+)/{verb}/", page)[1]
        assert_french(reader.post(f"/watching/{pk}/{verb}/", {name: value}, follow=True))
        assert_french(reader.post(f"/watching/{pk}/{verb}/", {}, follow=True))
        assert_french(reader.post(f"/watching/{pk}/resume/", follow=True))
        assert_french(reader.post(f"/watching/{pk}/snooze/", {"days": "7"}, follow=True))
    assert_french(reader.post(f"/watching/{pk}/stop/", follow=True))
    for scope in ("nothing", "watched"):
        assert_french(reader.post("/watching/digest/", {"scope": scope, "language": "fr"}, follow=True))
    assert_french(reader.post("/watching/digest/", {"scope": "all", "language": "fr"}), 422)
