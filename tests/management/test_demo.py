"""`manage.py demo` and `manage.py sync_models`, as who types them sees them."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client

from models_ui.access.roles import Role, role_of
from sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs `manage.py demo` in a directory of its own; gives its lines."""
    settings.DEMO, settings.VAR_DIR, settings.DEMO_PASSWORD = True, tmp_path, ""
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run() -> list[str]:
        call_command("demo")
        return capsys.readouterr().out.splitlines()

    return run


def can_sign_in(name: str, password: str) -> bool:
    return Client().post("/accounts/login/", {"login": name, "password": password}).status_code == 302


def test_three_people_each_with_a_role_can_sign_in_with_the_password_that_is_printed(demo):
    lines = [line.split() for line in demo()]
    assert [name for name, _ in lines] == ["viewer", "editor", "manager"]
    assert all(can_sign_in(name, password) for name, password in lines)
    assert [role_of(User.objects.get(username=name)) for name, _ in lines] == list(Role)


def test_a_second_time_changes_nothing_and_signs_nobody_out(demo, client: Client):
    first = demo()
    client.force_login(User.objects.get(username="viewer"))
    assert demo() == first
    assert client.get("/models/").status_code == 200
    assert User.objects.count() == 3


def test_a_password_of_ones_own_is_used_and_shown(demo, settings):
    demo()
    settings.DEMO_PASSWORD = "our own $ecret"
    assert demo()[0] == "  viewer   our own $ecret"
    assert can_sign_in("manager", "our own $ecret")


def test_a_demo_that_somebody_broke_is_mended(demo):
    first = demo()
    User.objects.update(is_active=False)
    Group.objects.all().delete()
    assert demo() == first
    assert can_sign_in(*first[1].split())
    assert role_of(User.objects.get(username="editor")) is Role.EDITOR


def test_with_a_key_or_a_real_database_nobody_is_made(demo, settings, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch, pytest.raises(CommandError, match="DATABASE_URL is set"):
        patch.setenv("DATABASE_URL", "postgresql://db.example/models")
        demo()
    settings.DEMO = False
    with pytest.raises(CommandError, match="createsuperuser"):
        demo()
    assert not User.objects.exists()


def test_sync_models_counts_what_it_did(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]):
    sandbox.catalog.add("no object at all")
    call_command("sync_models")
    entries = len(sandbox.catalog.listed(0))
    assert capsys.readouterr().out.splitlines() == [
        f"{entries} entries: 43 models added, 0 changed, 0 missing.",
        "Entries that could not be read: 1.",
    ]


def test_sync_models_fails_with_the_sentence_of_what_went_wrong(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]):
    sandbox.faults.add("500", verb="list")
    with pytest.raises(CommandError, match=r"The Models API is in trouble \(500\)") as caught:
        call_command("sync_models")
    assert caught.value.returncode == 1
    assert capsys.readouterr().out == ""


def test_sync_models_adopts_another_address_only_when_told(synced, sandbox: Sandbox, point_at):
    with Sandbox() as other:
        point_at(other)
        with pytest.raises(CommandError, match="--adopt"):
            call_command("sync_models")
        assert other.calls == []
        call_command("sync_models", "--adopt")
        assert other.counts == {"list": 1}
