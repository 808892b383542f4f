"""The WSGI entry point: `gunicorn dashboard.wsgi`."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

BOOT_ERROR = 3  # gunicorn starts no further worker after this exit code

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
try:
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:  # a setting is wrong: a sentence says more than a traceback
    sys.stderr.write(f"{error}\n")
    sys.exit(BOOT_ERROR)

from models_ui.web.gate import Handler  # noqa: E402 - once the apps are ready

application = Handler()
