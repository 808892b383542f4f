"""How many SQL queries a page makes: counted inside this process, by Django's own client and the same middleware."""

import os
from importlib import import_module

from bench.sites import Site


def count_queries(site: Site, asked: dict[str, tuple[str, str]]) -> dict[str, list[str]]:
    """The SQL of each page; `asked` maps its name to a person and a path. The second of two requests counts.

    The database is the site's own. Django is set up here, for this one site, so it is called once at most.
    """
    os.environ.update(site.environment)
    import_module("django").setup()
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    found = {}
    for name, (person, path) in asked.items():
        client = Client(HTTP_HOST="127.0.0.1", HTTP_ACCEPT_ENCODING="gzip")
        client.force_login(User.objects.get(username=person))
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        found[name] = [each["sql"] for each in captured.captured_queries]
    return found
