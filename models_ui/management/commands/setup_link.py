"""`manage.py setup_link`: print the one-time link by which the first Manager makes an account."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from models_ui.people.invitations import make_setup_link
from models_ui.public_url import full_address


def setup_address() -> str | None:
    """Return the full address of a new setup link. None if somebody can sign in already, or passwords are off."""
    if not settings.PASSWORD_SIGN_IN:
        return None
    secret = make_setup_link(timezone.now())
    return full_address(reverse("invitation", args=[secret])) if secret else None


class Command(BaseCommand):
    help = "Print a link that makes the first Manager: it works once, for a day, and replaces the link before."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEMO:
            raise CommandError("MISTRAL_API_KEY is not set, so this is the demo, which has people of its own.")
        if not settings.PASSWORD_SIGN_IN:
            raise CommandError(
                "PASSWORD_SIGN_IN is off, so the first Manager comes by sign-on, with a group that OIDC_ROLES names."
            )
        address = setup_address()
        if address is None:
            raise CommandError("Somebody can sign in already. A Manager invites others on the page People.")
        self.stdout.write(address)
