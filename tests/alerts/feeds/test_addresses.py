"""Secret addresses: made, shown once, listed, revoked; and nothing without the secret."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import serializers
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from models_ui.alerts.feeds import addresses
from models_ui.alerts.feeds.addresses import MOST_ADDRESSES
from models_ui.log_filters import SecretsFilter
from models_ui.models import CatalogChange, FeedAddress
from tests.alerts.feeds.conftest import MEDIUM, SECRETLY, Feed, fetched, form_id_of, read, secrets_in
from tests.support.sign_in import sign_in


def page(client: Client, address: str = "/feeds/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, **fields: str) -> HttpResponse:
    form = {"name": "Team", "language": "en", "form_id": form_id_of(page(client))}
    return client.post("/feeds/", form | fields)


# --- Making one


def test_the_secret_is_shown_once_in_two_addresses_that_work(viewer: Client, synced):
    answer = post(viewer)
    html = answer.content.decode()
    (secret,) = secrets_in(html)
    assert f'<code id="made-ics">http://testserver/feeds/{secret}/models.ics</code>' in html
    assert f'<code id="made-atom">http://testserver/feeds/{secret}/changes.atom</code>' in html
    assert "shown only this once" in html
    assert "no-store" in answer["Cache-Control"]
    assert secrets_in(page(viewer)) == []
    assert read(Feed(secret).ics)["Content-Type"] == "text/calendar; charset=utf-8"
    assert read(Feed(secret).atom)["Content-Type"] == "application/atom+xml; charset=utf-8"


def test_a_secret_has_256_random_bits(carol, make, synced):
    made = {make(carol).secret for _ in range(20)}
    assert len(made) == 20
    assert all(re.fullmatch(r"feed-[A-Za-z0-9_-]{43}", each) for each in made)


def test_only_a_hash_of_it_is_stored(carol, make, client_of, synced):
    feed = make(carol)
    fetched(feed.ics)
    from django.apps import apps

    everything = "".join(
        serializers.serialize("json", table.objects.all()) for table in apps.get_models() if table._meta.managed
    )
    assert "Team" in everything
    assert feed.secret not in everything
    assert feed.secret.removeprefix("feed-") not in everything


def test_a_form_sent_twice_makes_one_address(viewer: Client, synced):
    form = {"name": "Team", "language": "en", "form_id": form_id_of(page(viewer))}
    assert viewer.post("/feeds/", form).status_code == 200
    again = viewer.post("/feeds/", form, follow=True)
    assert again.redirect_chain == [("/feeds/", 302)]
    assert "was created before" in again.content.decode()
    assert secrets_in(again.content.decode()) == []
    assert FeedAddress.objects.count() == 1


def test_another_persons_form_stands_in_nobodys_way(viewer: Client, bob: User, client_of, synced):
    for client in (viewer, client_of(bob)):
        answer = client.post("/feeds/", {"name": "Team", "language": "en", "form_id": "the same"})
        assert len(secrets_in(answer.content.decode())) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", " "), ("name", "x" * 61), ("name", "a\x00b"), ("language", "xx"), ("form_id", "")],
)
def test_a_senseless_form_is_told_and_makes_no_address(viewer: Client, synced, field: str, value: str):
    answer = post(viewer, query="type=base", **{field: value})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert 'value="type=base"' in answer.content.decode()
    assert not FeedAddress.objects.exists()


def test_a_person_may_have_so_many_addresses_and_no_more(carol, viewer: Client, make, synced, monkeypatch):
    monkeypatch.setattr(addresses, "MOST_ADDRESSES", 2)
    make(carol)
    make(carol)
    answer = post(viewer)
    assert answer.status_code == 422
    assert f"You have {MOST_ADDRESSES} private links" in answer.content.decode()
    assert FeedAddress.objects.count() == 2


def test_the_catalog_leads_here_with_the_filters_of_its_view(viewer: Client, synced):
    html = page(viewer, "/models/?type=base&capability=vision&sort=-context")
    assert 'href="/feeds/?type=base&amp;capability=vision&amp;sort=-context"' in html
    html = page(viewer, "/feeds/?type=base&capability=vision&sort=-context&colour=red")
    assert 'name="query" value="type=base&amp;capability=vision"' in html
    assert "Type: Base" in html
    assert "Must be able to: Vision" in html
    assert "“colour” is not a filter of this page" in html
    assert 'href="/feeds/"' in page(viewer, "/models/")
    assert 'href="/feeds/"' in page(viewer, "/retirements/")


def test_only_a_canonical_query_is_stored_whatever_is_sent(viewer: Client, synced):
    post(viewer, query="sort=name&page=3&type=base&type=base&x=<script>&context_min=128k&capability=")
    assert FeedAddress.objects.get().query == "type=base&context_min=128000"


# --- Looking after them


def test_the_page_lists_name_filters_making_and_last_use(carol, viewer: Client, make, synced):
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        feed = make(carol, "type=base", name="<b>Team</b>")
        html = page(viewer)
        assert "&lt;b&gt;Team&lt;/b&gt;" in html
        assert '<a href="/models/?type=base">Type: Base</a>' in html
        assert "made on 23 Nov 2026" in html
        assert "never used" in html
        fetched(feed.ics)
        assert "last used on 23 Nov 2026, 12:00 UTC" in page(viewer)


def test_an_address_is_seen_and_revoked_by_its_owner_alone(carol, alice: User, make, client_of, synced):
    feed = make(carol, name="Mine alone")
    manager = client_of(alice)
    assert "Mine alone" not in page(manager)
    assert manager.post(f"/feeds/{feed.row.pk}/revoke/").status_code == 404
    assert FeedAddress.objects.count() == 1
    fetched(feed.ics)


def test_a_revoked_address_leads_nowhere_at_once(carol, viewer: Client, make, synced):
    feed, other = make(carol), make(carol, name="Other")
    answer = viewer.post(f"/feeds/{FeedAddress.objects.get(name='Team').pk}/revoke/", follow=True)
    assert "“Team” is revoked" in answer.content.decode()
    assert [read(each).status_code for each in (feed.ics, feed.atom, other.ics, other.atom)] == [404, 404, 200, 200]
    assert "Other" in page(viewer)


def test_the_page_needs_a_login_and_its_forms_a_token(carol, client: Client, make, synced):
    feed = make(carol)
    for answer in (client.get("/feeds/"), client.post("/feeds/"), client.post(f"/feeds/{feed.row.pk}/revoke/")):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")
    forged = Client(enforce_csrf_checks=True)
    sign_in(forged, carol)
    assert forged.post("/feeds/", {"name": "x", "language": "en", "form_id": "y"}).status_code == 403
    assert forged.post(f"/feeds/{feed.row.pk}/revoke/").status_code == 403
    assert viewer_get(carol, f"/feeds/{feed.row.pk}/revoke/").status_code == 405
    assert FeedAddress.objects.count() == 1


def viewer_get(person: User, address: str) -> HttpResponse:
    client = Client()
    sign_in(client, person)
    return client.get(address)


# --- Without the secret


def strip(answer: HttpResponse) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, {key: value for key, value in answer.items() if key != "X-Request-ID"}


def test_unknown_revoked_and_inactive_are_answered_alike(carol, bob: User, make, client_of, synced):
    revoked, inactive = make(carol), make(bob)
    client_of(carol).post(f"/feeds/{FeedAddress.objects.get(owner=carol).pk}/revoke/")
    bob.is_active = False
    bob.save()
    unknown = Feed("feed-" + "x" * 43)
    for kind in ("ics", "atom"):
        answers = [strip(read(getattr(each, kind))) for each in (revoked, inactive, unknown)]
        assert answers[0] == answers[1] == answers[2]
        assert answers[0][0] == 404
        assert answers[0][1] == b"There is no feed at this address.\n"
        assert answers[0][2].items() >= {**SECRETLY, "Content-Type": "text/plain; charset=utf-8"}.items()
    bob.is_active = True
    bob.save()
    assert read(inactive.ics).status_code == 200


def test_a_person_who_is_deleted_takes_their_addresses_along(carol, make, synced):
    feed = make(carol)
    carol.delete()
    assert read(feed.ics).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        "/feeds/{0}/",
        "/feeds/{0}",
        "/feeds/{0}/models.ics/",
        "/feeds/{0}/models.atom",
        "/feeds/{0}x/models.ics",
        "/feeds/{0}%00/models.ics",
        "/feeds/%ff{0}/models.ics",
        "/feeds/{1}/models.ics",
        "/feeds/{2}/models.ics",
        "/feeds/{2}/changes.atom",
        "/feeds//models.ics",
        "/feeds/%25/models.ics",
        "/feeds/../models.ics",
    ],
)
def test_a_feed_is_opened_by_its_whole_secret_alone(carol, make, synced, wrong: str):
    feed = make(carol)
    address = wrong.format(feed.secret, feed.secret[:-1], feed.row.digest)
    answer = read(address)
    assert answer.status_code == 404
    assert MEDIUM not in answer.content.decode()
    assert feed.secret not in answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"


def test_being_signed_in_makes_no_difference(carol, make, client_of, synced):
    feed = make(carol)
    assert client_of(carol).get(feed.ics).content == fetched(feed.ics)
    assert client_of(carol).get(Feed("feed-no").ics).status_code == 404


@pytest.mark.parametrize("verb", ["post", "put", "delete", "patch"])
def test_a_feed_can_only_be_read(carol, make, synced, verb: str):
    assert getattr(Client(enforce_csrf_checks=True), verb)(make(carol).ics).status_code == 405


# --- Where the secret must not be


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every line of the log, tracebacks included, as a handler gets it that stands before the console's."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep()
    loggers = [logging.getLogger(name) for name in ("", "django.server")]  # the second tells nobody above it
    for logger in loggers:
        logger.handlers.insert(0, handler)
    yield lines
    for logger in loggers:
        logger.removeHandler(handler)


def test_no_line_of_the_log_names_a_secret(carol, make, client_of, synced, logged: list[str], monkeypatch):
    feed, revoked = make(carol), make(carol, name="Revoked")
    client_of(carol).post(f"/feeds/{FeedAddress.objects.get(name='Revoked').pk}/revoke/")
    fetched(feed.ics)
    fetched(feed.atom)
    for address in (
        revoked.ics,
        f"{feed.ics}/",
        f"/feeds/{feed.secret}",
        f"/feed/{feed.secret}/",
    ):
        assert read(address).status_code == 404
    assert Client().post(feed.ics).status_code == 405
    assert Client(enforce_csrf_checks=True).post(f"/models/?{feed.secret}").status_code == 403
    assert Client(enforce_csrf_checks=True).post(f"/models/{feed.secret}/rename/").status_code == 403
    logging.getLogger("django.server").info('"%s %s HTTP/1.1" %s', "GET", feed.ics, 200)
    monkeypatch.setattr("models_ui.views.feeds.load_index", lambda *_: 1 / 0)
    broken = Client(raise_request_exception=False).get(feed.ics)
    assert broken.status_code == 500
    text = "\n".join(logged)
    assert "Not Found: /feeds/…/models.ics" in text
    assert "Method Not Allowed (POST): /feeds/…/models.ics" in text
    assert "Internal Server Error: /feeds/…/models.ics" in text
    assert '"GET /feeds/…/models.ics HTTP/1.1" 200' in text
    assert "Forbidden" in text
    assert "ZeroDivisionError" in text
    for each in (feed, revoked):
        assert each.secret not in text
        assert each.secret[5:] not in text


def test_the_console_blots_out_secrets_of_any_logger():
    (console,) = (
        each for each in logging.getLogger().handlers if any(isinstance(f, SecretsFilter) for f in each.filters)
    )
    record = logging.LogRecord("some.library", logging.INFO, "", 0, "GET %s", (f"/feeds/{'x' * 43}/models.ics",), None)
    assert console.filter(record)
    assert record.getMessage() == "GET /feeds/…/models.ics"


def test_the_log_says_who_made_and_revoked_which_address(carol, make, client_of, synced, logged: list[str]):
    pk = make(carol).row.pk
    client_of(carol).post(f"/feeds/{pk}/revoke/")
    assert [line for line in logged if line.startswith("feeds:")] == [
        f"feeds: carol made address {pk}",
        f"feeds: carol revoked address {pk}",
    ]


def test_no_content_header_or_title_names_the_secret(carol, make, synced):
    feed = make(carol)
    CatalogChange.objects.create(kind="model.added", model_id=MEDIUM, at=timezone.now())
    for address in (feed.ics, feed.atom):
        answer = read(address)
        assert feed.secret not in answer.content.replace(b"\r\n ", b"").decode()
        assert feed.secret not in str(dict(answer.items()))
        assert answer.cookies == {}
