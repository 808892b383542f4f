"""The addresses of static files, which begin where the dashboard does."""

from django.conf import settings
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    @property
    def base_url(self) -> str:
        """The address of static files below the path that the server mounts the dashboard at (SCRIPT_NAME).

        Each request names that path. Django's storage and the setting STATIC_URL would keep the first one they saw.
        """
        return f"{get_script_prefix()}{settings.STATIC_PATH}"
