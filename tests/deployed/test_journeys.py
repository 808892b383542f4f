"""The deployed shape as people meet it: a browser over HTTPS, two web processes in turn, a worker, PostgreSQL."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose, message, row_of
from tests.deployed.conftest import HOST, PASSWORD, Deployed, FirstManager, Postbox
from tests.support.processes import until

pytestmark = pytest.mark.slow

LOCKED = "Too many failed login attempts"
LARGE = "mistral-large-2512"


@pytest.fixture
def managers(first_manager: FirstManager, open_page: Callable[..., Page]) -> Page:
    """The Manager's browser, before its first page."""
    return open_page(storage_state=first_manager.kept)


def tunes(deployed: Deployed) -> list[str]:
    """The live fine-tunes, in order."""
    catalog = deployed.sandbox.catalog
    return [each for each in catalog.fine_tunes() if not catalog.find(each)["archived"]]


def calls(deployed: Deployed, verb: str) -> list[str]:
    """The models of which upstream was asked for this, in order."""
    return [call.model for call in deployed.sandbox.calls if call.verb == verb]


def test_a_link_from_the_terminal_makes_the_first_manager_once(
    deployed: Deployed, first_manager: FirstManager, managers: Page
):
    managers.goto("/people/")
    expect(managers.get_by_role("row").filter(has_text="alice")).to_contain_text("Manager")
    assert first_manager.link.startswith(f"https://{HOST}/invitation/")
    path = urlsplit(first_manager.link).path
    assert deployed.ask(path).status_code == 404
    assert path.removeprefix("/invitation/") not in deployed.logs


def test_cookies_are_for_this_host_over_https_alone(deployed: Deployed, managers: Page):
    managers.goto("/models/")
    cookies = managers.context.cookies()
    assert {re.sub(r"_\w+$", "", each["name"]) for each in cookies} >= {"__Host-sessionid", "__Host-csrftoken"}
    assert all(each["name"].startswith("__Host-") and each["secure"] for each in cookies)
    assert all(each["httpOnly"] for each in cookies if "sessionid" in each["name"])
    assert deployed.ask("/accounts/login/").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_plain_http_is_led_to_https_and_metrics_are_hidden(deployed: Deployed):
    for port in deployed.web:
        plain = requests.get(
            f"http://127.0.0.1:{port}/models/", headers={"Host": HOST}, allow_redirects=False, timeout=10
        )
        assert (plain.status_code, plain.headers["Location"]) == (301, f"https://{HOST}/models/")
    assert deployed.ask("/metrics").status_code == 403


def test_a_rename_is_upstream_and_in_the_other_web_process(deployed: Deployed, managers: Page):
    here, there = deployed.web
    tune = tunes(deployed)[0]
    row = row_of(managers, tune)
    with deployed.proxy.only(there):
        managers.goto("/models/?type=fine-tuned")
        expect(row).not_to_contain_text("Renamed in production")
    with deployed.proxy.only(here):
        managers.reload()
        choose(row, "rename")
        row.get_by_label("Name", exact=True).fill("Renamed in production")
        managers.keyboard.press("Enter")
        expect(message(managers, "The name is now “Renamed in production”.")).to_be_visible()
    assert deployed.sandbox.catalog.find(tune)["name"] == "Renamed in production"
    assert calls(deployed, "update") == [tune]
    with deployed.proxy.only(there):
        managers.reload()
        expect(row).to_contain_text("Renamed in production")


def test_a_bulk_job_is_done_and_taken_back_by_the_worker(deployed: Deployed, managers: Page):
    chosen = tunes(deployed)[:3]
    managers.goto("/models/?type=fine-tuned")
    for each in chosen:
        row_of(managers, each).get_by_role("checkbox").check()
    managers.get_by_role("button", name="Archive…").click()
    managers.get_by_role("button", name="Archive 3 models").click()
    expect(managers.get_by_role("heading", level=1)).to_have_text("3 models are archived")
    assert sorted(calls(deployed, "archive")) == sorted(chosen)
    assert not set(chosen) & set(tunes(deployed))
    managers.get_by_role("button", name=re.compile("^Undo")).click()
    managers.get_by_role("button", name="Restore 3 models").click()
    expect(managers.get_by_role("heading", level=1)).to_have_text("3 models are restored")
    assert sorted(calls(deployed, "unarchive")) == sorted(chosen)
    assert set(chosen) <= set(tunes(deployed))


def test_a_planned_deletion_is_done_once_when_its_day_has_come(deployed: Deployed, managers: Page):
    tune = tunes(deployed)[-1]
    managers.goto(f"/models/{tune}/")
    choose(managers.locator("#actions"), "delete")
    managers.get_by_role("alertdialog").get_by_role("button", name="Archive now, delete on").click()
    expect(message(managers, "is archived, and is deleted on")).to_be_visible()
    assert deployed.sandbox.catalog.find(tune)["archived"] is True
    deployed.query(
        "UPDATE models_ui_planneddeletion SET first_warned_at = now(), last_warned_at = now(), "
        "due_at = now() - interval '1 second' RETURNING model_id"
    )
    until(lambda: deployed.query("SELECT state FROM models_ui_planneddeletion") == [("done",)])
    assert deployed.sandbox.catalog.find(tune) is None
    managers.reload()
    expect(managers.locator("#model .status").first).to_have_text("Deleted")
    assert calls(deployed, "delete") == [tune]


def test_a_digest_comes_by_mail_with_links_to_the_dashboard(
    deployed: Deployed, managers: Page, postbox: tuple[Postbox, int]
):
    managers.goto("/watching/")
    managers.get_by_label("Tell me of").select_option("everything")
    managers.get_by_role("button", name="Save").click()
    expect(message(managers, "Your digest is set.")).to_be_visible()
    soon = datetime.now(UTC) + timedelta(days=3)  # a later date is news when another answer has confirmed it
    deployed.sandbox.catalog.update_model(LARGE, deprecation=f"{soon:%Y-%m-%dT12:00:00Z}")
    deployed.manage("sync_models")
    assert "alice was told" in deployed.manage("send_digest")
    (letter,) = (each for each in postbox[0].letters if each["To"] == "alice@example.org" and "know" in each["Subject"])
    links = re.findall(r"\w+://\S+", letter.get_content())
    assert f"https://{HOST}/models/{LARGE}/" in links
    assert all(each.startswith(f"https://{HOST}/") for each in links)
    assert "alice was told" not in deployed.manage("send_digest")


def test_fourteen_wrong_passwords_lock_whatever_address_they_pretend_to_come_from(deployed: Deployed):
    deployed.proxy.answered.clear()
    answers = [guess(deployed, "alice", f"wrong {number}", f"203.0.113.{number}") for number in range(14)]
    assert [LOCKED in each for each in answers] == [False] * 5 + [True] * 9
    assert LOCKED in guess(deployed, "alice", PASSWORD, "198.51.100.7")
    assert set(deployed.proxy.answered) == set(deployed.web)
    others = [guess(deployed, f"nobody{number}", "wrong", f"198.51.100.{number}") for number in range(20)]
    assert "Too many attempts" in others[-1], "all of this came from one address"


def guess(deployed: Deployed, login: str, password: str, made_up: str) -> str:
    """Return the page that answers a password, or where it leads."""
    spoofed = {"X-Forwarded-For": made_up, "Forwarded": f"for={made_up}", "X-Real-IP": made_up}
    with requests.Session() as browser:
        page = deployed.ask("/accounts/login/", browser, headers=spoofed)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        form = {"login": login, "password": password, "csrfmiddlewaretoken": token}
        answer = deployed.ask("/accounts/login/", browser, method="POST", data=form, headers=spoofed)
    return answer.headers.get("Location", "") or answer.text


def test_nothing_went_wrong_and_no_secret_is_in_a_log(deployed: Deployed):
    assert "Traceback" not in deployed.logs
    assert '"level": "ERROR"' not in deployed.logs
    for name in ("SECRET_KEY", "MISTRAL_API_KEY"):
        assert (deployed.home / name).read_text() not in deployed.logs
    assert all(process.poll() is None for process in deployed.processes)
