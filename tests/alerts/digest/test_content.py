"""What is said, to whom, in which words; and what is not said, or not again."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.actions.perform import keep_value
from models_ui.alerts.digest import mail, slack
from models_ui.alerts.watch_list import Watched, acknowledge_concern, snooze_concerns
from models_ui.catalog.store import load_index
from models_ui.models import CatalogModel, Said, Watch
from models_ui.text.keepers import keeper_of
from sandbox import Sandbox
from tests.alerts.digest.conftest import LARGE, MEDIUM, Hook, Mailbox, changed, noon, only_end, run, update
from tests.alerts.feeds.conftest import noon as noon_in
from tests.alerts.feeds.conftest import set_date
from tests.support.clock import sync_until_confirmed

END = noon(2027, 6, 30)


@pytest.fixture
def clock(synced):
    """A day long before the only end that there is."""
    only_end(LARGE, END)
    with time_machine.travel(noon(2026, 12, 1), tick=False) as clock:
        yield clock


def days_before(days: int, **time: int) -> datetime:
    return (END - timedelta(days=days)).replace(**time)


# --- Ahead, by the calendar


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (91, False),
        (90, True),
        (61, True),
        (60, True),
        (25, True),
        (2, True),
        (1, True),
        (0, False),
        (-1, False),
    ],
)
def test_a_first_digest_speaks_of_what_ends_within_ninety_days(clock, hook: Hook, days: int, said: bool):
    clock.move_to(days_before(days))
    assert run().code == 0
    assert [f"in {days} day" in each for each in hook.texts] == ([True] if said else [])


def test_on_the_last_day_it_is_said_until_the_hour_itself(clock, hook: Hook):
    clock.move_to(END - timedelta(seconds=1))
    run()
    assert "stops working on 30 Jun 2027, 12:00 UTC, today." in hook.texts[0]


def test_each_reminder_is_said_once_and_the_days_between_are_quiet(clock, hook: Hook):
    told = []
    for days in range(100, -5, -1):
        clock.move_to(days_before(days, hour=9))
        for _twice in range(2):
            before = len(hook.posts)
            run()
            told += [days] * (len(hook.posts) - before)
    assert told == [90, 60, 30, 14, 7, 1]


def test_a_day_begins_at_midnight_utc(clock, hook: Hook):
    clock.move_to(days_before(31, hour=23, minute=59, second=59))
    run()
    assert "in 31 days" in hook.texts[-1]  # which is the reminder of 60 days
    clock.move_to(days_before(30, hour=0))
    run()
    assert "in 30 days" in hook.texts[-1]
    assert len(hook.posts) == 2


def test_a_cron_that_paused_says_the_nearest_reminder_alone(clock, hook: Hook):
    for days in (80, 10):
        clock.move_to(days_before(days))
        run()
        run()
    assert len(hook.posts) == 2
    assert hook.texts[1].count("stops working on") == 1
    clock.move_to(days_before(8))
    assert run().output == "Nothing to say.\n"


def test_a_date_that_moves_starts_anew(clock, hook: Hook):
    clock.move_to(days_before(25))
    run()
    only_end(LARGE, END + timedelta(days=1))
    run()
    assert len(hook.posts) == 2
    assert "in 26 days" in hook.texts[1]


def test_an_announced_end_is_not_said_to_be_ahead_as_well(clock, hook: Hook):
    run()
    only_end(LARGE, None)
    clock.move_to(days_before(50))
    assert run().output == "Nothing to say.\n"
    only_end(LARGE, END)
    changed("deprecation.announced", LARGE, before=None, after=END.isoformat())
    run()
    assert hook.texts[0].startswith(f"*Newly announced*\n• {LARGE} stops working on 30 Jun 2027. Mistral names no")
    assert "*Ahead*" not in hook.texts[0]
    clock.move_to(days_before(31))
    assert run().output == "Nothing to say.\n"
    clock.move_to(days_before(30))
    run()
    assert hook.texts[1].startswith("*Ahead*")


def test_an_end_ahead_names_the_replacement_and_the_fine_tunes(clock, hook: Hook):
    for tune in CatalogModel.objects.filter(type="fine-tuned")[:2]:
        update(tune.model_id, root=LARGE)
    update(LARGE, replacement="mistral-medium-latest")
    clock.move_to(days_before(14))
    run()
    assert "Replacement: mistral-medium-2604 (Mistral calls it mistral-medium-latest)." in hook.texts[0]
    assert "fine-tunes were trained from it; Mistral does not say what happens to them." in hook.texts[0]
    assert f"<https://models.example.org/models/{LARGE}/|Open>" in hook.texts[0]


def test_a_model_that_was_deleted_or_is_gone_is_not_ahead(clock, hook: Hook):
    clock.move_to(days_before(14))
    update(LARGE, missing_since=days_before(20))
    assert run().output == "Nothing to say.\n"


# --- What changed


def test_the_first_run_does_not_tell_the_past(clock, hook: Hook):
    changed("model.missing", MEDIUM)
    assert run().output == "Nothing to say.\n"
    clock.shift(60)
    changed("model.missing", MEDIUM)
    run()
    assert hook.texts[0].count(MEDIUM) == 2  # in the sentence and in the link


def test_every_kind_of_news_has_its_section_and_is_said_once(clock, hook: Hook):
    run()
    clock.shift(60)
    at, later = END.isoformat(), (END + timedelta(days=9)).isoformat()
    changed("model.missing", "gone-2401")
    changed("alias.repointed", MEDIUM, subject="mistral-medium-latest", before="old-2401", after=MEDIUM)
    changed("deprecation.withdrawn", "saved-2401", before=at)
    changed("deprecation.moved", "moved-2401", before=at, after=later)
    changed("deprecation.announced", "doomed-2401", after=at)
    changed("capability.added", MEDIUM, subject="vision", before=False, after=True)
    run()
    headings = [line for line in hook.texts[0].splitlines() if line.startswith("*")]
    assert headings == [
        "*Newly announced*",
        "*Moved or withdrawn*",
        "*Aliases that mean something else now*",
        "*Gone from Mistral’s list*",
    ]
    assert "moved-2401 stops working on 9 Jul 2027, no longer on 30 Jun 2027." in hook.texts[0]
    assert "mistral-medium-latest now means mistral-medium-2508, before old-2401." in hook.texts[0]
    assert "vision" not in hook.texts[0].casefold()
    assert "https://models.example.org/changes/?model=gone-2401" in hook.texts[0]
    assert run().output == "Nothing to say.\n"


def test_a_change_that_a_real_sync_finds_is_told(hook: Hook, synced, sandbox: Sandbox):
    run()
    assert len(hook.posts) == 1
    set_date(sandbox, LARGE, noon_in(20))
    sync_until_confirmed()
    run()
    assert f"*Newly announced*\n• {LARGE} stops working on" in hook.texts[1]


# --- What one person is told


def test_a_reader_of_watched_models_is_told_of_those_alone(clock, subscribe, carol, bob, mailbox: Mailbox):
    only_end(MEDIUM, END)
    subscribe(carol, LARGE)
    subscribe(bob, MEDIUM)
    clock.move_to(days_before(14))
    changed("model.missing", LARGE)
    run()
    letters = dict(zip(mailbox.recipients, mailbox.texts, strict=True))
    assert MEDIUM not in letters["carol@example.org"]
    assert f"{LARGE} is gone from Mistral’s list." in letters["carol@example.org"]
    assert f"{MEDIUM} stops working" in letters["bob@example.org"]
    assert LARGE not in letters["bob@example.org"]


def looked_after(model_id: str, *people: User) -> None:
    """The people look after a model from now on; a click of theirs would do the same."""
    row = CatalogModel.objects.get(model_id=model_id)
    by = Context(actor=User.objects.create_superuser("root"))
    keepers = [keeper_of(person.username) for person in people]
    keep_value(by, Verb.ASSIGN, model_id, value=keepers, seen=row.keepers)


def test_a_reader_of_what_they_look_after_is_told_of_those_alone(clock, subscribe, carol, bob, mailbox: Mailbox):
    only_end(MEDIUM, END)
    update(LARGE, deprecation=END)
    subscribe(carol, LARGE, scope="looked_after")
    subscribe(bob, LARGE, scope="watched")
    looked_after(MEDIUM, carol, bob)
    clock.move_to(days_before(14))
    changed("model.missing", LARGE)
    run()
    letters = dict(zip(mailbox.recipients, mailbox.texts, strict=True))
    assert f"{MEDIUM} stops working" in letters["carol@example.org"]
    assert LARGE not in letters["carol@example.org"]
    assert f"{MEDIUM} stops working" in letters["bob@example.org"]
    assert f"{LARGE} is gone from Mistral’s list." in letters["bob@example.org"]


def test_what_somebody_looks_after_is_told_from_when_they_took_it_over(clock, subscribe, carol, mailbox: Mailbox):
    subscribe(carol, scope="looked_after")
    clock.shift(60)
    changed("model.missing", MEDIUM)
    clock.shift(60)
    looked_after(MEDIUM, carol)
    assert run().output == "Nothing to say.\n"
    clock.shift(60)
    changed("model.missing", MEDIUM)
    run()
    assert MEDIUM in mailbox.texts[0]


def test_whoever_takes_what_they_look_after_off_their_list_is_not_told(clock, subscribe, carol, mailbox: Mailbox):
    subscribe(carol, scope="looked_after")
    looked_after(LARGE, carol)
    Watch.objects.filter(owner=carol).delete()
    clock.move_to(days_before(14))
    assert run().output == "Nothing to say.\n"


def test_a_reader_who_narrows_what_they_are_told_misses_nothing_of_it(clock, subscribe, carol, mailbox: Mailbox):
    subscribe(carol, scope="watched")
    looked_after(MEDIUM, carol)
    clock.shift(60)
    changed("model.missing", MEDIUM)
    clock.shift(60)
    subscribe(carol, scope="looked_after")
    run()
    assert MEDIUM in mailbox.texts[0]


def test_changes_count_from_when_a_model_was_put_on_the_list(clock, subscribe, carol, mailbox: Mailbox):
    subscribe(carol, MEDIUM)
    clock.shift(60)
    changed("model.missing", LARGE)
    clock.shift(60)
    Watch.objects.create(owner=carol, model_id=LARGE, created_at=datetime.now(UTC))
    assert run().output == "Nothing to say.\n"


def test_a_reader_who_asks_for_more_is_not_told_the_past(clock, subscribe, carol, mailbox: Mailbox):
    subscribe(carol, LARGE)
    clock.shift(60)
    changed("model.missing", MEDIUM)
    clock.shift(60)
    subscribe(carol, scope="everything")
    assert run().output == "Nothing to say.\n"
    clock.shift(60)
    changed("model.missing", MEDIUM)
    subscribe(carol, scope="everything", language="fr")  # saved once more, in another language
    run()
    assert len(mailbox.letters) == 1


def test_a_watched_alias_is_told_when_it_moves_and_what_it_means(clock, subscribe, carol, mailbox: Mailbox):
    only_end("mistral-medium-2604", END)
    subscribe(carol, "mistral-medium-latest")
    clock.shift(60)
    changed("alias.repointed", "x-2601", subject="mistral-medium-latest", before="old-2401", after="x-2601")
    changed("alias.repointed", "x-2601", subject="other-latest", before="old-2401", after="x-2601")
    clock.move_to(days_before(7))
    run()
    assert "mistral-medium-latest now means x-2601, before old-2401." in mailbox.texts[0]
    assert "other-latest" not in mailbox.texts[0]
    assert "mistral-medium-2604 stops working on 30 Jun 2027, 12:00 UTC, in 7 days." in mailbox.texts[0]
    assert "You watch it as mistral-medium-latest." in mailbox.texts[0]


def test_a_watched_fine_tune_is_told_what_it_inherits_as_a_risk(clock, subscribe, carol, mailbox: Mailbox):
    tune = CatalogModel.objects.filter(type="fine-tuned", missing_since=None).first()
    update(tune.model_id, root=LARGE, name="Ours")
    subscribe(carol, tune.model_id)
    clock.shift(60)
    changed("deprecation.announced", LARGE, after=END.isoformat())
    changed("deprecation.announced", MEDIUM, after=END.isoformat())
    run()
    assert LARGE in mailbox.texts[0]
    assert MEDIUM not in mailbox.texts[0]
    clock.move_to(days_before(30))
    run()
    assert (
        f"Ours may stop working: its base model {LARGE} does on 30 Jun 2027, 12:00 UTC, in 30 days" in mailbox.texts[1]
    )
    assert "Mistral does not say what happens to fine-tunes of it." in mailbox.texts[1]


def entry(person: User, model_id: str) -> Watched:
    now = datetime.now(UTC)
    return Watched(Watch.objects.get(owner=person, model_id=model_id), load_index(now), now)


@pytest.mark.parametrize("scope", ["watched", "everything"])
def test_an_acknowledged_end_is_not_said_ahead_until_it_is_something_else(
    clock, subscribe, carol, mailbox: Mailbox, scope: str
):
    subscribe(carol, LARGE, scope=scope)
    clock.move_to(days_before(60))
    acknowledge_concern(entry(carol, LARGE), seen=entry(carol, LARGE).concern.key)
    assert run().output == "Nothing to say.\n"
    clock.move_to(days_before(30))
    assert run().output == "Nothing to say.\n"
    only_end(LARGE, END - timedelta(days=10))
    run()
    assert "in 20 days" in mailbox.texts[0]


def test_a_snoozed_end_is_said_when_the_snooze_ends_with_the_reminder_of_that_day(
    clock, subscribe, carol, mailbox: Mailbox
):
    subscribe(carol, LARGE)
    clock.move_to(days_before(61))
    snooze_concerns(entry(carol, LARGE), days=30)
    for days in (60, 45, 32):
        clock.move_to(days_before(days))
        assert run().output == "Nothing to say.\n"
    clock.move_to(days_before(31))
    run()
    assert "in 31 days" in mailbox.texts[0]
    clock.move_to(days_before(30))
    run()
    assert len(mailbox.letters) == 2


def test_one_persons_acknowledgement_hushes_nobody_else(clock, subscribe, carol, bob, mailbox: Mailbox):
    for person in (carol, bob):
        subscribe(person, LARGE)
    clock.move_to(days_before(30))
    acknowledge_concern(entry(carol, LARGE), seen=entry(carol, LARGE).concern.key)
    run()
    assert mailbox.recipients == ["bob@example.org"]


def test_a_french_reader_is_told_in_french(clock, subscribe, carol, mailbox: Mailbox):
    subscribe(carol, LARGE, language="fr")
    clock.move_to(days_before(30))
    run()
    assert mailbox.letters[0]["Subject"].strip() == "Tableau de bord des modèles\u00a0: 1 chose à savoir"
    assert f"{LARGE} cesse de fonctionner le 30 juin 2027 à 12:00 UTC, dans 30 jours." in mailbox.texts[0]
    assert "À VENIR" in mailbox.texts[0]


# --- How much, and how hostile


def test_more_than_there_is_room_for_is_counted_and_said(clock, hook: Hook, subscribe, carol, mailbox: Mailbox):
    run()
    subscribe(carol)
    clock.shift(60)
    for number in range(300):
        changed("model.missing", f"model-{number:04d}")
    run()
    assert len(hook.texts[0]) <= slack.LONGEST + 300
    shown = hook.texts[0].count("is gone from Mistral’s list")
    assert hook.texts[0].splitlines()[-1].startswith(f"And {300 - shown} more. <https://models.example.org/changes/|")
    assert mailbox.texts[0].count("is gone from Mistral’s list") == mail.MOST_ITEMS
    assert f"And {300 - mail.MOST_ITEMS} more." in mailbox.texts[0]
    assert run().output == "Nothing to say.\n"  # the others count as said
    assert Said.objects.count() == 600


HOSTILE = "<!channel> <https://evil.example|click> @here *bold* [x](https://evil.example) & `code`\r\nBcc: x\u202e\x00"


def test_hostile_names_do_nothing_in_a_message(clock, hook: Hook):
    run()
    clock.shift(60)
    changed("model.missing", HOSTILE[:300].replace("\x00", ""), label=HOSTILE.replace("\x00", ""))
    run()
    text = hook.texts[0]
    heading, line = text.split("\n")
    told = line.rpartition(" <https://models.example.org/")[0]
    assert not set("<>") & set(told)
    assert "&lt;!channel&gt;" in told
    for active in ("@here", "*bold*", "](", "://", "`", "\u202e", "\r"):
        assert active not in told
    assert heading == "*Gone from Mistral’s list*"
    link = line[len(told) :].strip()
    assert link.count("<") == link.count(">") == link.count("|") == 1
    assert "@" not in link


def test_hostile_names_do_nothing_in_an_e_mail(clock, subscribe, carol, mailbox: Mailbox):
    subscribe(carol)
    clock.shift(60)
    changed("model.missing", "x", label=HOSTILE.replace("\x00", ""))
    run()
    assert mailbox.recipients == ["carol@example.org"]
    assert "Bcc" not in mailbox.letters[0]
    assert "\u202e" not in mailbox.texts[0]
