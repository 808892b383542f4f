"""The watch list: what a person puts on it, what needs attention, and what they have dealt with."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from models_ui.alerts import watch_list
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, Mirror, Watch
from sandbox import Sandbox
from tests.alerts.feeds.conftest import noon, set_date
from tests.alerts.watch_list.conftest import LARGE, MEDIUM, OCR, WatchList, watch_of
from tests.support.clock import sync_until_confirmed
from tests.support.pages import part, text_of


def test_an_empty_list_says_how_to_watch(carols: WatchList):
    assert carols.standings == {}
    assert "You are not watching any model yet. Open the page of one that you rely on and choose “Watch”" in carols.html


def test_one_watches_from_the_models_page_and_is_led_back_there(carols: WatchList):
    page = carols.client.get(f"/models/{LARGE}/").content.decode()
    assert f'formaction="/watching/add/" name="model_id" value="{LARGE}"' in page
    assert carols.add(LARGE, next=f"/models/{LARGE}/")["Location"] == f"/models/{LARGE}/"
    page = carols.client.get(f"/models/{LARGE}/").content.decode()
    assert "Stop watching" in page
    assert 'formaction="/watching/add/"' not in page
    assert carols.standings == {"calm": [LARGE]}


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "http://[", ""])
def test_one_is_never_led_elsewhere(carols: WatchList, where: str):
    assert carols.add(LARGE, next=where)["Location"] == "/watching/"


def test_a_fine_tune_is_watched_like_a_base_model_and_by_every_role(list_of, alice, bob, carol, synced, sandbox):
    tune = sandbox.catalog.fine_tunes()[0]
    for person in (alice, bob, carol):
        theirs = list_of(person)
        theirs.add(tune)
        assert [each for found in theirs.standings.values() for each in found] == [tune]


def test_watching_twice_is_watching_once(carols: WatchList, carol):
    carols.add(LARGE)
    carols.add(LARGE)
    assert Watch.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Watch.objects.create(owner=carol, model_id=LARGE, created_at=datetime.now(UTC))


@pytest.mark.parametrize("model_id", ["no-such-model", "", "x" * 5000, "\0", "<script>"])
def test_an_id_that_no_model_answers_to_cannot_be_watched(carols: WatchList, model_id: str):
    assert carols.add(model_id).status_code == 404
    assert not Watch.objects.exists()


def test_the_watch_list_has_a_limit_and_a_sentence_about_it(carols: WatchList, monkeypatch):
    monkeypatch.setattr(watch_list, "MOST_WATCHES", 2)
    for model_id in (LARGE, MEDIUM, OCR):
        answer = carols.client.post("/watching/add/", {"model_id": model_id}, follow=True)
    assert "You watch 2 models, as many as one may." in answer.content.decode()
    assert Watch.objects.count() == 2
    carols.add(LARGE)  # is there already
    assert Watch.objects.count() == 2


def test_a_watch_list_is_seen_and_changed_by_its_owner_alone(carols: WatchList, carol, alice, client_of):
    carols.add(MEDIUM)
    pk = watch_of(carol, MEDIUM).pk
    manager = client_of(alice)
    assert "You are not watching any model yet" in manager.get("/watching/").content.decode()
    for verb in ("stop", "acknowledge", "snooze", "resume"):
        assert manager.post(f"/watching/{pk}/{verb}/").status_code == 404
    assert carols.standings == {"attention": [MEDIUM]}


def test_entries_that_need_attention_come_first_and_the_most_urgent_first(carols: WatchList, sandbox: Sandbox):
    set_date(sandbox, LARGE, noon(400))
    run_sync()
    for model_id in ("codestral-2508", LARGE, MEDIUM, OCR):
        carols.add(model_id)
    carols.press("Snooze 7", MEDIUM)
    standings = carols.standings
    assert list(standings) == ["attention", "snoozed", "calm"]
    assert standings["attention"] == [OCR, LARGE]
    assert standings["snoozed"] == [MEDIUM]


def test_an_entry_says_what_stops_when_and_what_to_use_instead(carols: WatchList):
    carols.add(MEDIUM)
    told = carols.told(MEDIUM)
    at = CatalogModel.objects.get(model_id=MEDIUM).deprecation
    assert f"Stops working on {at:%-d %b %Y} at 12:00 UTC, in " in told
    assert "Mistral recommends instead: mistral-medium-2604" in told
    assert '<a href="/models/mistral-medium-2604/">' in carols.html


def test_an_entry_shows_the_status_of_its_model(carols: WatchList, sandbox: Sandbox):
    tune = next(each for each in sandbox.catalog.fine_tunes() if "parcel-damage" in each)
    for model_id, status in ((MEDIUM, "Retiring"), (LARGE, "Live"), (OCR, "Past its date"), (tune, "At risk")):
        carols.add(model_id)
        assert f"{status} " in carols.told(model_id)


def test_acknowledged_it_is_quiet_until_the_date_moves(carols: WatchList, sandbox: Sandbox):
    carols.add(MEDIUM)
    assert "quiet until something changes" in carols.press("Acknowledge", MEDIUM)
    assert carols.standings == {"acknowledged": [MEDIUM]}
    run_sync()
    assert carols.standings == {"acknowledged": [MEDIUM]}
    set_date(sandbox, MEDIUM, noon(100))
    run_sync()
    assert carols.standings == {"attention": [MEDIUM]}


def test_a_change_since_the_page_was_loaded_is_not_acknowledged_unseen(carols: WatchList, carol, sandbox: Sandbox):
    carols.add(MEDIUM)
    pk = watch_of(carol, MEDIUM).pk
    old = f"ends:{CatalogModel.objects.get(model_id=MEDIUM).pk}:2026-01-01T12:00:00+00:00"
    answer = carols.client.post(f"/watching/{pk}/acknowledge/", {"concern": old}, follow=True)
    assert "has changed meanwhile. Look again." in answer.content.decode()
    assert carols.standings == {"attention": [MEDIUM]}


@pytest.mark.parametrize("days", [7, 30])
def test_a_snooze_ends_at_midnight_utc_so_many_days_later(carols: WatchList, carol: User, days: int):
    carols.add(MEDIUM)
    now = datetime.now(UTC)
    assert f"is quiet for {days} days." in carols.press(f"Snooze {days}", MEDIUM)
    end = datetime.combine((now + timedelta(days=days)).date(), datetime.min.time(), UTC)
    assert f"Quiet until {end:%-d %b %Y}." in carols.told(MEDIUM)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        carols.client.force_login(carol)  # the session is over by then
        assert carols.standings == {"snoozed": [MEDIUM]}
    with time_machine.travel(end, tick=False):
        assert carols.standings == {"attention": [MEDIUM]}


@pytest.mark.parametrize("button", ["Acknowledge", "Snooze 30"])
def test_a_snoozed_entry_can_be_taken_up_again(carols: WatchList, button: str):
    carols.add(MEDIUM)
    carols.press(button, MEDIUM)
    assert "are on again" in carols.press("Resume", MEDIUM)
    assert carols.standings == {"attention": [MEDIUM]}


def test_without_a_concern_there_is_nothing_to_put_off(carols: WatchList, carol):
    carols.add(LARGE)
    assert carols.told(LARGE) == f"{LARGE} Live Stop watching {LARGE}"
    pk = watch_of(carol, LARGE).pk
    carols.client.post(f"/watching/{pk}/snooze/", {"days": "30"})
    carols.client.post(f"/watching/{pk}/acknowledge/", {"concern": ""})
    watch = watch_of(carol, LARGE)
    assert (watch.acknowledged, watch.snoozed_until) == ("", None)


def test_stopping_ends_it(carols: WatchList):
    carols.add(MEDIUM)
    assert f"You no longer watch {MEDIUM}." in carols.press("Stop watching", MEDIUM)
    assert carols.standings == {}


def test_a_model_that_vanishes_a_second_time_asks_for_attention_again(carols: WatchList, sandbox: Sandbox):
    kept = sandbox.catalog.entries()
    carols.add("devstral-2512")

    def vanish() -> None:
        sandbox.catalog.retire("devstral-2512")
        sync_until_confirmed()

    vanish()
    assert carols.standings == {"attention": ["devstral-2512"]}
    assert "no longer names it since" in carols.told("devstral-2512")
    carols.press("Acknowledge", "devstral-2512")
    sandbox.catalog.add(*(each for each in kept if each["id"] == "devstral-2512"))
    sync_until_confirmed()
    assert "acknowledged" not in carols.standings
    vanish()
    assert carols.standings == {"attention": ["devstral-2512"]}


@pytest.mark.usefixtures("long_sessions")
def test_an_acknowledged_end_is_what_was_to_be_expected_when_it_comes(carols: WatchList, sandbox: Sandbox):
    carols.add(MEDIUM)
    carols.press("Acknowledge", MEDIUM)
    at = CatalogModel.objects.get(model_id=MEDIUM).deprecation
    with time_machine.travel(at + timedelta(hours=1)):
        sandbox.catalog.retire(MEDIUM)
        sync_until_confirmed()
        assert carols.standings == {"acknowledged": [MEDIUM]}


def test_a_fine_tune_tells_what_it_inherits_as_a_risk(carols: WatchList, sandbox: Sandbox):
    tune = sandbox.catalog.fine_tunes()[0]
    root = sandbox.catalog.find(tune)["root"]
    set_date(sandbox, root, noon(20))
    run_sync()
    carols.add(tune)
    told = carols.told(tune)
    assert "Its base model stops working on" in told
    assert "Mistral does not say what happens to fine-tunes of it." in told


def test_an_alias_is_watched_as_such_and_means_what_it_means_today(carols: WatchList, sandbox: Sandbox):
    page = carols.client.get("/models/mistral-medium-latest/", follow=True).content.decode()
    assert 'name="model_id" value="mistral-medium-latest"' in page
    carols.add("mistral-medium-latest")
    assert "An alias. Today it means mistral-medium-2604." in carols.told("mistral-medium-latest")
    page = carols.client.get("/models/mistral-medium-latest/", follow=True).content.decode()
    assert "Stop watching the alias" in page
    assert 'name="model_id" value="mistral-medium-2604"' in page  # the model itself is another thing to watch


def test_an_acknowledgement_of_one_model_does_not_hush_the_next_one_of_an_alias(
    carols: WatchList, carol: User, sandbox: Sandbox
):
    alias = "mistral-medium-latest"
    for model_id in ("mistral-medium-2604", MEDIUM):
        set_date(sandbox, model_id, noon(30))
    run_sync()
    carols.add(alias)
    carols.press("Acknowledge", alias)
    was, becomes = (CatalogModel.objects.get(model_id=each) for each in ("mistral-medium-2604", MEDIUM))
    CatalogModel.objects.filter(pk=was.pk).update(aliases=[each for each in was.aliases if each != alias])
    CatalogModel.objects.filter(pk=becomes.pk).update(aliases=[*becomes.aliases, alias])
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1)):
        Mirror.objects.update(version="moved")
        assert carols.standings == {"attention": [alias]}


def test_an_id_of_two_models_tells_the_worst_of_them(carols: WatchList, sandbox: Sandbox):
    carols.add("voxtral-mini-latest")
    assert "It leads to 2 models" in carols.told("voxtral-mini-latest")


def test_the_start_page_tells_those_who_watch_what_needs_attention(carols: WatchList):
    def told() -> list[str]:
        needs = part(carols.client.get("/").content.decode(), 'id="needs-somebody"', "</section>")
        entries = re.findall(r"<li\b.*?</li>", needs, re.DOTALL)
        return [text_of(entry) for entry in entries if 'href="/watching/"' in entry]

    assert told() == []
    carols.add(LARGE)  # calm
    assert told() == []
    carols.add(MEDIUM)
    (entry,) = told()
    assert re.fullmatch(rf"in \d+ days {MEDIUM} stops working \d+ \w+ Open {MEDIUM}", entry)
    carols.add(OCR)
    assert [model_id for model_id in (OCR, MEDIUM, LARGE) if any(model_id in each for each in told())] == [OCR, MEDIUM]
    carols.press("Snooze 7", MEDIUM)
    (entry,) = told()
    assert OCR in entry


def test_a_deleted_person_leaves_no_list_behind(carols: WatchList, carol: User):
    carols.add(MEDIUM)
    carol.delete()
    assert not Watch.objects.exists()


def test_buttons_say_the_models_name_to_those_who_only_hear_them(carols: WatchList):
    carols.add(MEDIUM)
    told = carols.told(MEDIUM)
    for button in ("Acknowledge", "Snooze 7 days", "Snooze 30 days", "Stop watching"):
        assert f"{button} {MEDIUM}" in told


def test_a_long_list_costs_no_more_queries(carols: WatchList, carol, django_assert_max_num_queries):
    at = datetime.now(UTC)
    ids = CatalogModel.objects.values_list("model_id", flat=True)
    Watch.objects.bulk_create([Watch(owner=carol, model_id=each, created_at=at) for each in ids])
    assert carols.html
    with django_assert_max_num_queries(8):
        assert carols.html


def test_a_list_of_models_knows_what_each_person_watches_and_tells_nobody_else(list_of, carol, bob, synced):
    carols, bobs = list_of(carol), list_of(bob)
    carols.add(MEDIUM)
    address = "/models/?type=base&per_page=100"
    for _ in range(2):  # the second time from what is kept of the page
        stops = f'data-watched="{{"{MEDIUM}": "/watching/{watch_of(carol, MEDIUM).pk}/stop/"}}"'
        assert stops in unescape(carols.client.get(address).content.decode())
        assert 'data-watched="{}"' in bobs.client.get(address).content.decode()
    assert 'data-watched="{}"' in carols.client.get("/models/?type=fine-tuned").content.decode()
