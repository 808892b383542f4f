"""Processes beside the tests: the database that they share, and waiting for what they do."""

import time
from collections.abc import Callable
from urllib.parse import quote

from django.db import connection


def address_of_the_test_database() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return "sqlite:///" + quote(str(values["NAME"]))
    return f"postgres://{values['USER']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.01)
