"""Once, or certainly not, or nobody knows: whatever goes wrong on the way, and whoever runs it at the same time."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import serializers
from django.db import connection
from django.utils import timezone
from django.views.debug import SafeExceptionReporterFilter

from models_ui.alerts.digest import delivery
from models_ui.alerts.digest import run as runs
from models_ui.models import Delivery, DigestReader, Said
from tests.alerts.digest.conftest import LARGE, MEDIUM, SECRET, Hook, Mailbox, Ran, changed, only_end, run, soon
from tests.support import ROOT
from tests.support.processes import address_of_the_test_database, until


@pytest.fixture
def something(synced) -> None:
    """One thing to say: a model that ends in twenty days."""
    only_end(LARGE, soon())


def later(**time: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(**time))


# --- Quiet, plain, and in order


def test_with_nobody_to_tell_it_says_so(synced):
    assert run().output == "Nobody has asked for a digest, and DIGEST_WEBHOOK_URL is not set.\n"


def test_without_news_nothing_is_sent(synced, hook: Hook, subscribe, carol, mailbox: Mailbox):
    only_end(LARGE, None)
    subscribe(carol)
    assert run() == run() == Ran("Nothing to say.\n")
    assert hook.posts == mailbox.letters == []


def test_before_the_first_sync_there_is_nothing_to_say(db, hook: Hook):
    assert run() == Ran("Nothing to say.\n")


def test_the_command_says_in_plain_words_whom_it_told(something, hook: Hook, subscribe, carol, mailbox: Mailbox):
    subscribe(carol)
    assert run() == Ran("webhook at 127.0.0.1 was told 1 item.\ncarol was told 1 item.\n")


def test_a_dry_run_prints_everything_and_changes_nothing(something, hook: Hook, subscribe, carol, mailbox: Mailbox):
    subscribe(carol)
    ran = run("--dry-run")
    assert ran.code == 0
    assert "webhook at 127.0.0.1 would be told 1 item:\n\n*Ahead*\n" in ran.output
    assert "carol would be told 1 item:\n\nModel dashboard: 1 thing to know\n" in ran.output
    assert hook.posts == mailbox.letters == []
    assert not Delivery.objects.exists()
    assert DigestReader.objects.count() == 1  # hers, and none for the webhook
    assert run().output.count("was told 1 item") == 2


def test_a_change_while_there_was_no_webhook_is_not_told_later(synced, hook: Hook, settings, subscribe, carol):
    only_end(LARGE, None)
    run()
    changed("model.missing", MEDIUM)
    address, settings.DIGEST_WEBHOOK_SECRET_URL = settings.DIGEST_WEBHOOK_SECRET_URL, ""
    run("--dry-run")
    run()
    settings.DIGEST_WEBHOOK_SECRET_URL = address
    assert run() == Ran("Nothing to say.\n")


def test_a_change_while_somebody_was_away_is_not_told_later(synced, subscribe, carol, mailbox: Mailbox):
    only_end(LARGE, None)
    subscribe(carol)
    changed("model.missing", MEDIUM)
    for active in (False, True):
        User.objects.filter(pk=carol.pk).update(is_active=active)
        run()
    assert mailbox.letters == []
    changed("model.missing", MEDIUM)
    assert run() == Ran("carol was told 1 item.\n")


# --- Failed for certain: said again


@pytest.mark.parametrize("status", [404, 429, 503])
def test_a_digest_that_the_webhook_did_not_take_is_said_by_the_next_run(
    something, hook: Hook, monkeypatch, status: int
):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    hook.answers = [(status, {"Retry-After": "600"})]
    ran = run()
    assert ran.code == 1
    assert f"webhook at 127.0.0.1 was not told, and will be by the next run: it answered {status}." in ran.output
    assert "1 of 1 digests went wrong." in ran.output
    assert not Said.objects.exists()
    assert not Delivery.objects.exists()
    assert run().code == 0
    assert hook.texts[0] == hook.texts[1]
    assert run().output == "Nothing to say.\n"


def test_an_address_that_cannot_be_used_is_named_by_its_setting_and_stops_nobody_else(
    something, settings, subscribe, carol, mailbox: Mailbox
):
    settings.DIGEST_WEBHOOK_SECRET_URL = f"http://hooks.example/{SECRET}"
    settings.DIGEST_WEBHOOK_ALLOW_PRIVATE = False
    subscribe(carol)
    ran = run()
    assert ran.code == 1
    assert "DIGEST_WEBHOOK_URL cannot be used: it must start with https://" in ran.output
    assert SECRET not in ran.output
    assert len(mailbox.letters) == 1


def test_a_private_address_is_refused_unless_allowed(something, hook: Hook, settings):
    settings.DIGEST_WEBHOOK_SECRET_URL = hook.url.replace("http:", "https:")
    settings.DIGEST_WEBHOOK_ALLOW_PRIVATE = False
    ran = run()
    assert ran.code == 1
    assert "is at an address that is not public; DIGEST_WEBHOOK_ALLOW_PRIVATE=on would allow that" in ran.output
    settings.DIGEST_WEBHOOK_SECRET_URL = hook.url
    settings.DIGEST_WEBHOOK_ALLOW_PRIVATE = True
    assert run().code == 0
    assert len(hook.posts) == 1


# --- Unknown: never said again


@pytest.mark.parametrize("answer", [(500, {}), (502, {}), Hook.cut], ids=["500", "502", "cut off"])
def test_a_digest_that_may_have_arrived_is_never_sent_again_and_the_log_says_so(synced, hook: Hook, answer, caplog):
    only_end(LARGE, soon())
    hook.answers = [answer]
    ran = run()
    assert ran.code == 1
    assert "webhook at 127.0.0.1 may have been told 1 item, and will not be again: " in ran.output
    (line,) = [each.getMessage() for each in caplog.records if each.name == "models_ui.alerts.digest.delivery"]
    assert line == "digest: webhook, 1 items, may not have arrived, and is not sent again"
    assert run() == Ran("Nothing to say.\n")
    assert len(hook.posts) == 1
    changed("model.missing", MEDIUM)
    run()
    assert hook.texts[1].startswith("*Gone from Mistral’s list*")
    assert "arrived" not in hook.texts[1]


def test_the_watch_list_says_for_some_weeks_that_a_digest_may_be_lost(
    something, subscribe, carol, bob, client_of, mailbox: Mailbox
):
    def told(person: User) -> str:
        page = client_of(person).get("/watching/").content.decode()
        return " ".join(re.sub("<[^>]+>", " ", page).split())

    subscribe(carol)
    subscribe(bob)
    assert "may not have arrived" not in told(carol)
    mailbox.refusals["DATA"] = "cut"
    run()
    mailbox.refusals.clear()
    day = timezone.now()
    lost = f"The digest of {day:%-d %b %Y}, with 1 item, may not have arrived, and is not sent again."
    assert f"{lost} All changes All retirements" in told(carol)
    changed("model.missing", MEDIUM)
    assert run().output.count("was told 1 item") == 2
    assert lost in told(carol)  # what it said was not said since
    with later(days=29):
        assert lost in told(carol)
    with later(days=31):
        assert "may not have arrived" not in told(carol)
    Delivery.objects.filter(reader__owner=bob).delete()
    assert "may not have arrived" not in told(bob)


def test_keys_are_the_same_for_one_digest_and_differ_between_two(something, hook: Hook, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    hook.answers = [(503, {})]
    run()
    changed("model.missing", MEDIUM)
    run()
    keys = [headers["Idempotency-Key"] for headers, _ in hook.posts]
    assert keys[0] == keys[1] != keys[2]
    assert {str(each.pk) for each in Delivery.objects.all()} == set(keys)


class Killed(BaseException):
    """What ends a process where it stands."""


def test_a_process_that_dies_before_sending_leaves_a_claim_that_is_never_sent(something, hook: Hook, monkeypatch):
    def die(letter: object, key: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_send_letter", die)
        with pytest.raises(Killed):
            run()
    assert Delivery.objects.get().outcome == "claimed"
    assert run() == Ran("webhook at 127.0.0.1 is being told by another run.\n")
    with later(minutes=16):
        assert run() == Ran("Nothing to say.\n")
        assert Delivery.objects.get().outcome == "unknown"
    assert hook.texts == []


def test_a_fault_of_ours_while_sending_counts_as_unknown_and_stops_nobody_else(
    something, hook: Hook, subscribe, carol, mailbox: Mailbox, monkeypatch
):
    def fault(self: object, key: str) -> None:
        raise RuntimeError("a bug")

    subscribe(carol)
    monkeypatch.setattr("models_ui.alerts.digest.slack.SlackLetter.send", fault)
    ran = run()
    assert ran.code == 1
    assert "something went wrong in the dashboard; it is in its log" in ran.output
    assert "a bug" not in ran.output
    assert len(mailbox.letters) == 1


def test_a_change_that_two_runs_saw_at_the_same_time_is_claimed_by_one(something, hook: Hook, monkeypatch):
    """The narrowest of races: both have found the same to say, and neither has claimed it."""
    find = runs.digest_for

    def found_by_another_as_well(*args):
        digest = find(*args)
        monkeypatch.setattr(runs, "digest_for", find)
        assert run().output == "webhook at 127.0.0.1 was told 1 item.\n"
        return digest

    monkeypatch.setattr(runs, "digest_for", found_by_another_as_well)
    assert run() == Ran("webhook at 127.0.0.1 is being told by another run.\n")
    assert len(hook.posts) == 1


def test_no_row_holds_the_secret(something, hook: Hook):
    run()
    from django.apps import apps

    everything = "".join(
        serializers.serialize("json", table.objects.all()) for table in apps.get_models() if table._meta.managed
    )
    assert "webhook" in everything
    assert not any(piece in everything for piece in SECRET.split("/"))


def test_no_page_for_whoever_debugs_shows_the_secret(load):
    loaded = load(DIGEST_WEBHOOK_URL=f"https://hooks.example/services/{SECRET}")
    assert SECRET in loaded["DIGEST_WEBHOOK_SECRET_URL"]
    shown = repr({name: SafeExceptionReporterFilter().cleanse_setting(name, each) for name, each in loaded.items()})
    assert "DASHBOARD_URL" in shown
    assert not any(piece in shown for piece in SECRET.split("/"))


# --- Several at once, and killed: real threads and processes


def at_once(number: int) -> list[int]:
    """So many runs in threads of their own, and their exit codes."""
    start, codes = threading.Barrier(number), []

    def once() -> None:
        start.wait()
        try:
            codes.append(run().code)
        finally:
            connection.close()

    threads = [threading.Thread(target=once) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


@pytest.mark.django_db(transaction=True)
def test_runs_at_the_same_time_send_once(something, hook: Hook, subscribe, carol, mailbox: Mailbox):
    subscribe(carol)
    for _ in range(3):
        assert at_once(4) == [0] * 4
        changed("model.missing", MEDIUM)
    assert len(hook.posts) == len(mailbox.letters) == 3


@pytest.fixture
def process(hook: Hook, tmp_path: Path) -> Callable[[], subprocess.Popen]:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | {
        "DATABASE_URL": address_of_the_test_database(),
        "VAR_DIR": str(tmp_path / "var"),
        "MISTRAL_API_KEY": "some-key",
        "SECRET_KEY": django_settings.SECRET_KEY,
        "DIGEST_WEBHOOK_URL": hook.url,
        "DIGEST_WEBHOOK_ALLOW_PRIVATE": "on",
        "LOG_LEVEL": "DEBUG",
    }
    command = [sys.executable, "manage.py", "send_digest"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return lambda: subprocess.Popen(command, cwd=ROOT, env=environment, **streams)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_processes_send_once_and_log_no_secret(something, hook: Hook, process):
    both = [process(), process()]
    printed = "".join(each.communicate(timeout=60)[0] for each in both)
    assert [each.returncode for each in both] == [0, 0]
    assert len(hook.posts) == 1
    assert "urllib3.connectionpool" in printed
    assert not any(piece in printed for piece in SECRET.split("/")[1:])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_run_killed_while_it_waits_for_the_answer_is_not_sent_again(something, hook: Hook, process):
    hook.answers = [hook.hang]
    running = process()
    until(lambda: bool(hook.posts))
    running.kill()
    running.communicate()
    assert run() == Ran("webhook at 127.0.0.1 is being told by another run.\n")
    with later(minutes=16):
        assert run() == Ran("Nothing to say.\n")
    assert len([text for text in hook.texts if LARGE in text or "Ahead" in text]) == 1
