"""`manage.py run_jobs`, for tests that cannot wait as long as it is wise to: what a real worker waits for is shorter.

A dead worker's locks and leases expire, and a lost write counts as lost, after seconds instead of minutes.
"""

import os
import sys
from datetime import timedelta


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    import django

    django.setup()

    from django.core.management import call_command

    from models_ui.actions import lock, settle
    from models_ui.bulk import pauses

    lock.PATIENCE = 1.0
    lock.lock_time = lambda: timedelta(seconds=4)
    settle.SETTLES_AFTER = timedelta(seconds=2)
    pauses.BACK_OFF = 0.2
    pauses.CAP = 2.0
    call_command("run_jobs", *sys.argv[1:])


if __name__ == "__main__":
    main()
