"""No name turns a line of an e-mail or of a message to the webhook, however long it is."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from models_ui.alerts.digest.content import LONGEST
from tests.alerts.digest.conftest import MEDIUM, Hook, Mailbox, changed, only_end, run, update
from tests.support.directions import NAMES, turned


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", [*NAMES, "نموذج " * 200, "\u202e" + "x" * 590 + "\u2067" * 30])
def test_no_line_of_a_digest_is_turned(subscribe, carol, mailbox: Mailbox, hook: Hook, name: str, language: str):
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=1)):
        run()
        subscribe(carol, language=language)
    changed("model.missing", f"m {name}"[:290], label=name)
    changed("alias.repointed", MEDIUM, subject=name[:290], before=name, after=f"x{name}")
    update(MEDIUM, replacement=name[:290])
    only_end(MEDIUM, timezone.now() + timedelta(days=6))
    run()
    for text in (str(mailbox.letters[0]["Subject"]), mailbox.texts[0], hook.texts[0]):
        assert turned(text) == []
        assert "\u202e" not in text
    items = [line for line in mailbox.texts[0].splitlines() if line.startswith("- ")]
    assert 0 < max(map(len, items)) <= LONGEST + len("- ")
