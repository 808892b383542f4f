#!/usr/bin/env python
"""Django's command line, for this project."""

import os
import signal
import sys


def main() -> None:
    if sys.argv[1:2] == ["serve"]:
        # An interrupt that is raised within an import may be swallowed there. `serve` sets handlers of its own.
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError, OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting is wrong: a sentence says more than a traceback
        sys.exit(str(error))
    except DatabaseError as error:
        # It cannot be opened, is no database, or has no tables yet. Other kinds are faults of ours.
        if type(error) not in (DatabaseError, OperationalError) or "--traceback" in sys.argv:
            raise
        sys.exit(f"The database cannot be used: {' '.join(str(error).split())}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
