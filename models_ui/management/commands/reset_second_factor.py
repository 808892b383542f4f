"""`manage.py reset_second_factor NAME`: let somebody who has lost their phone sign in with the password alone."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from models_ui.people.second_factors import reset_second_factors


class Command(BaseCommand):
    help = "Take away the second factor and the recovery codes of a person, who is told by mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["username"]
        person = User.objects.filter(username=name).first()
        if person is None:
            raise CommandError(f"There is nobody called {name}.")
        if not reset_second_factors(actor=None, person=person):
            raise CommandError(f"{name} has no second factor.")
        self.stdout.write(f"{name} signs in with the password alone from now on.")
