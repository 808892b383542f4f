"""What processes of an installation do, at once: this one loads the app, and forks a chore for each line that it reads.

A line is JSON: `chore` names a function below, `at` a moment to wait for, the rest are its arguments. The process id is
printed, and what a chore returns goes to `$RESULTS/<pid>.json`. Locks, leases and lost writes expire after seconds.
"""

import json
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    import django

    django.setup()

    _be_impatient()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever is killed leaves nothing behind
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _do(json.loads(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _be_impatient() -> None:
    """Wait for the dead for seconds. A lock still outlasts the three calls of an action, and a slow machine's pauses."""
    from models_ui.actions import lock, settle
    from models_ui.bulk import pauses
    from models_ui.management.commands import run_jobs
    from models_ui.mirror import state, sync

    lock.PATIENCE = 0.5
    lock.lock_time = lambda: timedelta(seconds=12)
    settle.SETTLES_AFTER = timedelta(seconds=2)
    pauses.BACK_OFF, pauses.CAP = 0.2, 1.0
    state.lease_seconds = sync.lease_seconds = lambda: 6.0
    run_jobs.POLL = 0.05


def _do(wish: dict[str, Any]) -> None:
    chore, moment = globals()[wish.pop("chore")], wish.pop("at", 0)
    while time.time() < moment:
        pass
    result = chore(**wish)
    unfinished = Path(os.environ["RESULTS"]) / f"{os.getpid()}.new"
    unfinished.write_text(json.dumps(result))
    unfinished.rename(unfinished.with_suffix(".json"))
    os._exit(0)


# --- Chores


def work(**options: Any) -> None:
    from django.core.management import call_command

    call_command("run_jobs", "--threads=2", **options)


def sync() -> str:
    from models_ui.mirror.sync import run_sync

    return run_sync().outcome


def sync_for_ever() -> None:
    while True:
        sync()
        time.sleep(0.05)


def rename(*, actor: str, model_id: str, text: str, action_id: str) -> str:
    """Rename a model as a person would who has its page before them."""
    from models_ui.access.verbs import Verb
    from models_ui.actions.perform import edit_text
    from models_ui.models import CatalogModel

    seen = CatalogModel.objects.get(model_id=model_id).name
    return _tell(lambda context: edit_text(context, Verb.RENAME, model_id, text=text, seen=seen), actor, action_id)


def undo(*, actor: str, of: str, action_id: str) -> str:
    from models_ui.actions.undo import undo_action

    return _tell(lambda context: undo_action(context=context, action_id=of), actor, action_id)


def rename_many(*, actor: str, model_ids: list[str], number: int) -> None:
    """Rename the models in turn, and take every third name back. What has begun is not begun again."""
    from models_ui.models import AuditEvent

    for place in range(number):
        action_id, model_id = f"rename-{place}", model_ids[place % len(model_ids)]
        if not AuditEvent.objects.filter(action_id=action_id).exists():
            rename(actor=actor, model_id=model_id, text=f"Name {place}", action_id=action_id)
        if place % 3 == 0 and not AuditEvent.objects.filter(action_id=f"undo-{place}").exists():
            undo(actor=actor, of=action_id, action_id=f"undo-{place}")


def _tell(act: Any, actor: str, action_id: str) -> str:
    """Return the outcome of an action, or the reason why it was refused."""
    from django.contrib.auth.models import User

    from models_ui.access.policy import ActionDenied
    from models_ui.actions.context import Context, EditConflict
    from models_ui.actions.lock import Busy

    try:
        done = act(Context(actor=User.objects.get(username=actor), action_id=action_id))
    except (ActionDenied, EditConflict, Busy) as refusal:
        return type(refusal).__name__
    return str(done.event.outcome) if done.event else "same"


if __name__ == "__main__":
    main()
