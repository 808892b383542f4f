"""Workers that are there at once: this process loads the app, and forks a `run_jobs` for each line that it reads.

It prints the process id of each. Their locks, leases and lost writes expire after seconds, as those of
`tests/bulk/impatient.py`.
"""

import os
import signal
import sys
from datetime import timedelta


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    import django

    django.setup()

    from django.core.management import call_command

    from models_ui.actions import lock, settle
    from models_ui.management.commands import run_jobs

    lock.PATIENCE = 0.5
    lock.lock_time = lambda: timedelta(seconds=2)
    settle.SETTLES_AFTER = timedelta(seconds=1)
    run_jobs.POLL = 0.05
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever is killed leaves nothing behind
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            call_command("run_jobs", "--threads=2")
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
