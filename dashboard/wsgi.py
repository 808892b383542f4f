"""The WSGI entry point: `gunicorn dashboard.wsgi`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
django.setup(set_prefix=False)

from models_ui.gate import Handler  # noqa: E402 - once the apps are ready

application = Handler()
