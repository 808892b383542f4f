"""`manage.py demo`: make the three people of the demo, one for each role."""

import os
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from models_ui.access.roles import Role, give_role, make_roles
from models_ui.models import CatalogModel
from models_ui.secret_files import BrokenFile, read_or_create_secret


def check_database_is_the_demos() -> None:
    """Raise if DATABASE_URL is set: people whose password is on the login page must never get into a real database."""
    if os.environ.get("DATABASE_URL"):
        raise CommandError(
            "DATABASE_URL is set but MISTRAL_API_KEY is not: set the key, or leave DATABASE_URL empty for the demo, "
            "which has a database of its own."
        )


def demo_password() -> str:
    """Return `DEMO_PASSWORD`, or a password made at the first start and kept, so that a restart signs nobody out."""
    try:
        return settings.DEMO_PASSWORD or read_or_create_secret(settings.VAR_DIR / "demo_password", 9)
    except OSError as error:
        raise CommandError(f"{settings.VAR_DIR / 'demo_password'} cannot be used: {error.strerror}.") from None
    except BrokenFile as error:
        raise CommandError(str(error)) from None


def has_demo() -> bool:
    """Return whether an earlier start has made the people and fetched the models."""
    names = [role.name.lower() for role in Role]
    return User.objects.filter(username__in=names).count() == len(names) and CatalogModel.objects.exists()


def make_demo_people(password: str) -> list[str]:
    """Make a viewer, an editor and a manager with this password, and return their usernames."""
    make_roles()
    encoded = ""
    for role in Role:
        user, _ = User.objects.get_or_create(username=role.name.lower())
        give_role(user, role)
        user.is_staff = user.is_superuser = role is Role.MANAGER
        user.is_active = True
        # One hash for all three, who share the password: each costs a quarter of a second.
        encoded = encoded or (user.password if user.check_password(password) else make_password(password))
        user.password = encoded
        user.save()
    return [role.name.lower() for role in Role]


class Command(BaseCommand):
    help = "Make the demo's three people (only without MISTRAL_API_KEY)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("MISTRAL_API_KEY is set, so this is no demo: make people with createsuperuser.")
        check_database_is_the_demos()
        password = demo_password()
        for name in make_demo_people(password):
            self.stdout.write(f"  {name:8} {password}")
