"""The project's settings as they are in production, and the admin to compare with. Nothing else differs."""

from dashboard.settings import *  # noqa: F403
from dashboard.settings import INSTALLED_APPS, VAR_DIR

ROOT_URLCONF = "bench.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "bench"]
# Collected once for all the sites of a run, and never over the files of a dashboard that is running.
STATIC_ROOT = VAR_DIR.parent / "static"
