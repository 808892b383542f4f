"""The cast and the stage: people of each role, a sandbox over real HTTP, and a mirror synced from it."""

import gc
import os
import runpy
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from models_ui.access.roles import Role, make_roles
from models_ui.mirror.sync import SyncResult
from models_ui.services import retries
from models_ui.web import request_limits
from sandbox import Sandbox
from tests.support import ROOT
from tests.support.kept_mirror import fill_mirror
from tests.support.layout import show_without_layout
from tests.support.sign_in import sign_in

# A property is right or wrong; how long a busy machine takes over it is neither.
hypothesis_settings.register_profile("untimed", parent=hypothesis_settings.default, deadline=None)
hypothesis_settings.load_profile("untimed")

PASSWORD = "correct horse battery staple"


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what collecting made, which lasts to the end."""
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Give each worker a database of its own, in a file as in production: one in memory knows other locks."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"] = {**database.get("TEST", {}), "NAME": str(tmp_path_factory.mktemp("db") / "test.sqlite3")}


@pytest.fixture(autouse=True)
def _plain_static_files(settings) -> None:
    """Tests need no collected files, and the directory for them may not exist yet."""
    settings.WHITENOISE_AUTOREFRESH = True
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A test that speaks another language leaves none behind."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Upstream is asked again after a hundredth of a second. The tests of the services have the real pauses."""
    monkeypatch.setattr(retries, "BASE_SECONDS", 0.01)


@pytest.fixture(autouse=True)
def _unread_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """The links of one test have the keys that those of others had within the same minute."""
    monkeypatch.setattr(request_limits, "feed_reads", request_limits.ReadCounter())


@pytest.fixture(autouse=True)
def _cheap_passwords(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def point_at(settings):
    """Point the dashboard at an upstream: `point_at(sandbox)`, or at any address with `point_at(url=…)`."""

    def point(sandbox: Sandbox | None = None, *, url: str = "", key: str = "", dialect: str = "auto") -> None:
        settings.DEMO = False
        settings.MODELS_API_BASE_URL = url or (sandbox.url if sandbox else "")
        settings.MISTRAL_API_KEY = key or (sandbox.key if sandbox else "some-key")
        settings.MODELS_API_DIALECT = dialect
        settings.MODELS_API_TIMEOUT = 2
        settings.MODELS_API_TOTAL_TIMEOUT = 4

    return point


@pytest.fixture
def sandbox(point_at) -> Iterator[Sandbox]:
    """The default catalog, served over HTTP, with the dashboard pointed at it."""
    with Sandbox() as running:
        point_at(running)
        yield running


@pytest.fixture
def synced(db: None, sandbox: Sandbox) -> SyncResult:
    """A mirror filled from the sandbox. Tests of the sync itself have a `synced` of their own."""
    return fill_mirror(sandbox)


@pytest.fixture
def at_once(settings) -> None:
    """Deleting waits for no day: for tests of the act of deleting itself."""
    settings.DELETE_GRACE_DAYS = 0


def person(name: str, role: Role | None) -> User:
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD)
    if role is not None:
        user.groups.add(group_of(role))
    return user


def group_of(role: Role) -> Group:
    with suppress(Group.DoesNotExist):
        return Group.objects.get(name=role.group_name)
    make_roles()  # a flushed database has lost what the migration made
    return Group.objects.get(name=role.group_name)


@pytest.fixture
def alice(db: None) -> User:
    return person("alice", Role.MANAGER)


@pytest.fixture
def bob(db: None) -> User:
    return person("bob", Role.EDITOR)


@pytest.fixture
def carol(db: None) -> User:
    return person("carol", Role.VIEWER)


@pytest.fixture(autouse=True)
def _pages_without_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages come to tests as a browser sees them. Compressed ones, which are about their size, come as they are."""
    request = Client.request

    def request_page(client: Client, **options) -> HttpResponse:
        response = request(client, **options)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and not response.streaming and "Content-Encoding" not in response.headers:
            show_without_layout(response)
        return response

    monkeypatch.setattr(Client, "request", request_page)


@pytest.fixture
def client_of():
    """A browser of somebody who is signed in: `client_of(carol).get(…)`."""

    def browser(user: User, **options) -> Client:
        client = Client(**options)
        sign_in(client, user)
        return client

    return browser


@pytest.fixture
def long_sessions(settings) -> None:
    """Sessions last: for tests of something else that turn the clock by days."""
    settings.SESSION_IDLE_HOURS, settings.SESSION_MAX_DAYS = 24 * 365, 365


@pytest.fixture
def viewer(carol: User, client_of) -> Client:
    return client_of(carol)


@pytest.fixture
def load(tmp_path: Path):
    """The settings of a project elsewhere, in an environment that says only what is given; `dotenv` is its `.env`."""
    (tmp_path / "dashboard").mkdir()
    file = shutil.copy(ROOT / "dashboard/settings.py", tmp_path / "dashboard")

    def settings(dotenv: str | None = None, **environment: str) -> dict[str, Any]:
        if dotenv is not None:
            (tmp_path / ".env").write_text(dotenv)
        with mock.patch.dict(os.environ, environment, clear=True):  # undoes what `.env` adds, too
            loaded = runpy.run_path(file)
        return {name: value for name, value in loaded.items() if name.isupper()}

    return settings


# Hosts that the tests' own processes may find in their environment would change what is tested.
for name in ("MISTRAL_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
    os.environ.pop(name, None)
