"""`manage.py account NAME`: rename an account, or change what only a terminal may change of one."""

from argparse import BooleanOptionalAction
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from models_ui.people.rename import rename_person
from models_ui.people.roster import NotChanged
from models_ui.people.terminal import change_account


class Command(BaseCommand):
    help = (
        "Rename an account, or change one that the page of people leaves alone. What the person looks after, their "
        "views, links and activity follow a new name."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--rename", metavar="NEW", help="the user name from now on")
        parser.add_argument("--access", action=BooleanOptionalAction, help="whether the person may sign in")
        parser.add_argument("--superuser", action=BooleanOptionalAction, help="whether the account is a superuser")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError("Nobody has this user name.")
        try:
            change_account(person.pk, is_active=options["access"], is_superuser=options["superuser"])
            if options["rename"] is not None:
                rename_person(person, options["rename"])
        except NotChanged as error:
            raise CommandError(str(error.sentence)) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write("Done.")
