"""`manage.py demo`: the three people of the demo, one for each role."""

import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError

from models_ui.permissions import Role


def demo_password() -> str:
    """`DEMO_PASSWORD`, or one made at the first start and kept, so that a restart signs nobody out."""
    if settings.DEMO_PASSWORD:
        return str(settings.DEMO_PASSWORD)
    path = settings.VAR_DIR / "demo_password"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(9))
    except FileExistsError:
        pass
    return str(path.read_text())


def make_demo_people(password: str) -> list[str]:
    """A viewer, an editor and a manager with this password; returns their usernames."""
    for role in Role:
        user, _ = User.objects.get_or_create(username=role.name.lower())
        user.groups.set([Group.objects.get(name=role.group_name)])
        user.is_staff = user.is_superuser = role is Role.MANAGER
        if not user.check_password(password):
            user.set_password(password)
        user.save()
    return [role.name.lower() for role in Role]


class Command(BaseCommand):
    help = "Make the demo's three people (only without MISTRAL_API_KEY)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("MISTRAL_API_KEY is set, so this is no demo: make people with createsuperuser.")
        password = demo_password()
        for name in make_demo_people(password):
            self.stdout.write(f"  {name:8} {password}")
