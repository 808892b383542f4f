"""What one person is told: of which models, from when on, and what they have acknowledged or put off not again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.actions.perform import keep_value
from models_ui.alerts.watch_list import Watched, acknowledge_concern, snooze_concerns
from models_ui.catalog.store import load_index
from models_ui.models import CatalogModel, Watch
from models_ui.text.keepers import keeper_of
from tests.alerts.digest.conftest import END, LARGE, MEDIUM, Mailbox, changed, days_before, only_end, run, update


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
