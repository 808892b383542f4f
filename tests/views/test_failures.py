"""Trouble upstream, as a person meets it on the catalog page: a clear sentence, every row still there, no secret.

Each trouble happens over real HTTP between the dashboard and the sandbox.
"""

import html
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings as django_settings
from django.test import Client

from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, SyncRun
from models_ui.services.stored_errors import stored_error_sentence
from sandbox import Sandbox
from tests.services.conftest import RawServer, http_answer

KEY = "s3cret-key-0123456789"
BANNER = "The last sync failed, so you see what was known before."
COULD_NOT = "The models could not be loaded"
MAY_NOT = "The dashboard may not list your models"

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Trouble:
    """`make` brings it about, `words` are what the person reads, `answered` whether upstream gave a correlation id."""

    make: Callable[[Sandbox, pytest.MonkeyPatch], object]
    words: str
    answered: bool = True
    empty_state: str = COULD_NOT


def fault(kind: str, **selectors: object) -> Callable[[Sandbox, pytest.MonkeyPatch], object]:
    return lambda upstream, _: upstream.faults.add(kind, verb="list", **selectors)


def another_key(upstream: Sandbox, _: pytest.MonkeyPatch) -> None:
    upstream.key = "no-longer-the-same"


def hang(upstream: Sandbox, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(django_settings, "MODELS_API_TIMEOUT", 0.2)
    patch.setattr(django_settings, "MODELS_API_TOTAL_TIMEOUT", 0.3)
    upstream.faults.add("hang", verb="list", seconds=5)


def no_dns(upstream: Sandbox, patch: pytest.MonkeyPatch) -> None:
    upstream.stop()  # which ends the connection that would be used again without asking DNS
    upstream.start()

    def getaddrinfo(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    patch.setattr(socket, "getaddrinfo", getaddrinfo)


TROUBLES = {
    "bad key": Trouble(another_key, "does not accept the dashboard’s API key", empty_state=MAY_NOT),
    "no right": Trouble(fault("403"), "refused to list the models", empty_state=MAY_NOT),
    "refused": Trouble(lambda upstream, _: upstream.stop(), "connection refused", answered=False),
    "no DNS": Trouble(no_dns, "could not be looked up", answered=False),
    "timeout": Trouble(hang, "did not answer in time", answered=False),
    "cut": Trouble(fault("cut"), "was cut before", answered=False),
    "429": Trouble(fault("429"), "getting too many calls"),
    "429 with Retry-After": Trouble(fault("429", retry_after=7), "getting too many calls"),
    "500 as HTML": Trouble(fault("html", status=500), "is in trouble (500)"),
    "503 as HTML": Trouble(fault("503"), "is in trouble (503)"),
    "truncated JSON": Trouble(fault("truncated"), "The answer is not JSON"),
    "200 that is not JSON": Trouble(fault("not-json"), "The answer is not JSON"),
    "200 that is HTML": Trouble(fault("html", status=200), "The answer is not JSON"),
    "redirect": Trouble(fault("redirect"), "sends us elsewhere"),
}
AFTER_A_FULL_LIST = {"empty list": Trouble(fault("empty"), "listed no model at all")}


def each(troubles: dict[str, Trouble]):
    return pytest.mark.parametrize("trouble", troubles.values(), ids=troubles.keys())


@pytest.fixture
def upstream(point_at) -> Iterator[Sandbox]:
    """The sandbox under a name, which DNS has to know."""
    with Sandbox(key=KEY) as running:
        point_at(running, url=running.url.replace("127.0.0.1", "localhost"))
        yield running


def refresh(client: Client) -> str:
    """The Refresh button without JavaScript, and the page it leads to."""
    return client.post("/sync/", {"next": "/models/?per_page=100"}, follow=True).content.decode()


def sentences(page: str) -> str:
    """What the page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def rows(page: str) -> list[str]:
    return re.findall(r'data-model-id="([^"]*)"', page)


def sync_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "models_ui.mirror.sync"]


@each(TROUBLES | AFTER_A_FULL_LIST)
def test_with_rows_there_is_a_banner_every_row_stays_and_the_next_good_sync_ends_it(
    trouble: Trouble, upstream: Sandbox, viewer: Client, monkeypatch, caplog
):
    before = refresh(viewer)
    assert len(rows(before)) == 43
    assert BANNER not in before
    known = list(CatalogModel.objects.order_by("pk").values())
    caplog.clear()

    with monkeypatch.context() as patch:
        trouble.make(upstream, patch)
        page = refresh(viewer)
    assert BANNER in page
    assert trouble.words in sentences(page)
    assert rows(page) == rows(before)
    assert list(CatalogModel.objects.order_by("pk").values()) == known
    run = SyncRun.objects.get(outcome="failed")
    assert bool(run.correlation_id) is trouble.answered
    assert ("Correlation id:" in page) is trouble.answered
    assert run.correlation_id in page

    failed = [line for line in sync_lines(caplog) if "failed" in line]
    assert len(failed) == 1
    assert run.failure["code"] in failed[0]
    assert run.correlation_id in failed[0]
    for text in (page, caplog.text, str(run.failure)):
        assert KEY not in text
        assert "Cloudflare" not in text
        assert "Traceback" not in text

    upstream.faults.clear()
    upstream.key = KEY
    upstream.start()
    after = refresh(viewer)
    assert BANNER not in after
    assert "Correlation id:" not in after
    assert rows(after) == rows(before)


@each(TROUBLES)
def test_without_rows_their_place_says_why_and_offers_to_try_again(
    trouble: Trouble, upstream: Sandbox, viewer: Client, monkeypatch
):
    with monkeypatch.context() as patch:
        trouble.make(upstream, patch)
        page = refresh(viewer)
    assert trouble.empty_state in sentences(page)
    assert trouble.words in sentences(page)
    assert "Try again" in page
    assert ("Correlation id:" in page) is trouble.answered
    assert KEY not in page
    for other in {COULD_NOT, MAY_NOT, BANNER, "No models yet"} - {trouble.empty_state}:
        assert other not in page


REFUSALS = [
    ("403 Forbidden", '{"detail":"No."}', "refused to list the models with the dashboard’s key: ask an administrator"),
    ("403 Forbidden", '{"message":"x","type":"tier_not_allowed"}', "plan does not allow it: an administrator"),
    ("403 Forbidden", '{"message":"x","code":"1913"}', "while Labs is not enabled: an administrator"),
    ("402 Payment Required", '{"detail":"No."}', "refused to list the models with the dashboard’s key"),
    ("404 Not Found", '{"message":"Model x was not found."}', "has no list of models"),
    ("404 Not Found", "", "has no list of models"),
    ("409 Conflict", '{"detail":"Busy"}', "refused to list the models just now"),
    ("410 Gone", '{"detail":"Gone"}', "has switched this list of models off: ask whoever runs the dashboard"),
    ("422 Unprocessable Content", '{"detail":"No such provider"}', "refused to list the models, as if"),
    ("400 Bad Request", '{"message":"Bad"}', "refused to list the models, as if"),
]


@pytest.mark.parametrize(("status", "body", "words"), REFUSALS)
def test_a_refused_list_is_told_as_a_list_and_who_can_act_on_it(status, body, words, viewer: Client, point_at):
    upstream = RawServer(http_answer(body, status))
    try:
        point_at(url=upstream.url, key=KEY)
        refresh(viewer)
        french = sentences(viewer.get("/models/", headers={"Accept-Language": "fr"}).content.decode())
        page = sentences(viewer.get("/models/").content.decode())
    finally:
        upstream.close()
    assert words in page
    for text in (page, french):
        for another in ("his model", "what you entered", "ce modèle", "votre saisie"):
            assert another not in text
    assert "The Models API" not in french
    assert "liste" in french.partition("n’ont pas pu être chargés")[2] or "lister" in french


def test_before_the_first_sync_the_page_says_so(upstream: Sandbox, viewer: Client):
    page = viewer.get("/models/").content.decode()
    assert "No models yet" in page
    assert "Sync now" in page
    assert upstream.calls == []


def test_an_empty_list_at_first_is_an_answer_not_a_failure(upstream: Sandbox, viewer: Client):
    upstream.faults.add("empty", verb="list")
    page = refresh(viewer)
    assert "The Models API answered, and its list is empty." in page
    assert COULD_NOT not in page


@pytest.mark.parametrize("key", ["", "two words"])
def test_a_key_that_is_missing_or_wrong_is_named_by_its_setting(key: str, upstream: Sandbox, viewer: Client, settings):
    settings.MISTRAL_API_KEY = key
    page = refresh(viewer)
    assert COULD_NOT in page
    assert "ask whoever runs it to correct the setting MISTRAL_API_KEY" in sentences(page)
    assert upstream.calls == []


def test_another_address_is_refused_by_name_until_somebody_adopts_it(upstream: Sandbox, viewer: Client, settings):
    refresh(viewer)
    with Sandbox(key=KEY) as other:
        was, settings.MODELS_API_BASE_URL = settings.MODELS_API_BASE_URL, other.url
        page = refresh(viewer)
        assert f"These models came from {was}" in sentences(page)
        assert len(rows(page)) == 43
        assert other.calls == []
        assert run_sync(adopt=True).outcome == "synced"
        assert BANNER not in refresh(viewer)


def test_upstreams_words_are_shown_as_text_and_the_key_in_them_is_not(viewer: Client, point_at, caplog):
    words = f'{{"detail": "Bad key {KEY} <script>alert(1)</script><img src=x onerror=alert(2)>"}}'
    upstream = RawServer(http_answer(words, "401 Unauthorized", mistral_correlation_id="<b>1</b>"))
    try:
        point_at(url=upstream.url, key=KEY)
        page = refresh(viewer)
    finally:
        upstream.close()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;1&lt;/b&gt;" in page
    assert "<script>alert" not in page
    assert "<img" not in page
    assert KEY not in page + caplog.text


def test_a_failure_is_told_in_the_language_of_who_reads_it_not_of_who_caused_it(upstream: Sandbox, viewer: Client):
    upstream.faults.add("500", verb="list")
    viewer.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "fr"
    refresh(viewer)
    viewer.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "is in trouble (500)" in viewer.get("/models/").content.decode()


def test_a_stored_failure_of_a_version_that_is_gone_still_has_a_sentence():
    assert stored_error_sentence({"code": "of_old", "status": 418}) == "The Models API could not be used."
    assert stored_error_sentence({}) == "The Models API could not be used."
