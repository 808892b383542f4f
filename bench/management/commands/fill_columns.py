from typing import Any

from django.core.management.base import BaseCommand

from bench.models import fill_columns


class Command(BaseCommand):
    help = "Copies the mirror into a table with a boolean column for each capability."

    def handle(self, *args: Any, **options: Any) -> None:
        fill_columns()
