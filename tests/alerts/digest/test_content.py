"""What is said, in which words; and what is not said, or not again."""

from datetime import timedelta

import pytest

from models_ui.alerts.digest import mail, slack
from models_ui.models import CatalogModel, Said
from sandbox import Sandbox
from tests.alerts.digest.conftest import END, LARGE, MEDIUM, Hook, Mailbox, changed, days_before, only_end, run, update
from tests.alerts.feeds.conftest import noon as noon_in
from tests.alerts.feeds.conftest import set_date
from tests.support.clock import sync_until_confirmed

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
