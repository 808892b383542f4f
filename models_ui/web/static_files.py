"""The addresses of static files, which begin where the dashboard does."""

from django.conf import settings
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    @property
    def base_url(self) -> str:
        """Below the path that the server mounts the dashboard at (SCRIPT_NAME), which each request tells anew.

        Django's own storage, and its setting STATIC_URL, keep what it was when they were first read.
        """
        return f"{get_script_prefix()}{settings.STATIC_PATH}"
