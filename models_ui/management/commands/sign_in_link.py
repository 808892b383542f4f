"""`manage.py sign_in_link NAME`: print a one-time link that signs a Manager in, for when sign-on does not work."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from models_ui.people.sign_in_links import NoSuchManager, make_sign_in_link
from models_ui.public_url import full_address


class Command(BaseCommand):
    help = "Print a link that signs one Manager in: it works once, for an hour, with the identity provider down, too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the user name of a Manager, or of an account that createsuperuser made")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            secret = make_sign_in_link(options["username"])
        except NoSuchManager:
            raise CommandError(
                "Nobody of this name is a Manager with access. Make somebody one with: manage.py createsuperuser"
            ) from None
        self.stdout.write(full_address(reverse("sign_in_link", args=[secret])))
