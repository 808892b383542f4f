"""`manage.py check_api` says in plain words what is wrong with address, key and dialect, and never says the key."""

import logging
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from sandbox import Sandbox

KEY = "s3cret-key-0123456789"


@pytest.fixture(autouse=True)
def _log_level() -> Iterator[None]:
    """The command quietens the client's log for the rest of its process, which here is the tests'."""
    logger = logging.getLogger("models_ui.services")
    before = logger.level
    yield
    logger.setLevel(before)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]):
    """Runs the command; gives its exit code and its lines, and holds that nothing else was printed."""

    def run(**options: object) -> tuple[int, list[str]]:
        code, told = 0, ""
        try:
            call_command("check_api", **options)
        except CommandError as error:
            code, told = error.returncode, str(error)
        printed = capsys.readouterr()
        assert KEY not in printed.out + printed.err + told
        assert "Traceback" not in printed.err
        return code, [*printed.out.splitlines(), *filter(None, [told])]

    return run


@pytest.mark.parametrize("dialect", ["contract", "platform"])
def test_when_all_works_each_thing_has_its_line(check, point_at, dialect: str):
    with Sandbox(key=KEY, dialects=[dialect]) as upstream:
        point_at(upstream, dialect=dialect)
        code, lines = check()
        entries = len(upstream.catalog.listed(0))
        assert {call.method for call in upstream.calls} <= {"GET", "OPTIONS"}
    assert code == 0
    assert [line.split()[:2] for line in lines] == [["ok", each] for each in ("Address", "Key", "List", "Dialect")]
    assert lines[0] == f"ok      Address  {upstream.url} answers."
    assert f"{entries} entries" in lines[2]
    assert lines[3] == f"ok      Dialect  {dialect}, as MODELS_API_DIALECT says, fits."


def test_auto_that_does_not_fit_the_address_is_told_with_the_setting_that_would(check, point_at):
    with Sandbox(key=KEY, dialects=["platform"]) as upstream:
        point_at(upstream)
        code, lines = check()
    assert code == 1
    assert [line.split()[0] for line in lines[:4]] == ["ok", "ok", "ok", "FAILED"]
    assert "contract, which MODELS_API_DIALECT=auto takes for this address, does not fit" in lines[3]
    assert lines[3].endswith("Set MODELS_API_DIALECT=platform.")
    assert lines[4] == "The dialect cannot be used as it is."


def test_auto_that_fits_is_told(check, point_at):
    with Sandbox(key=KEY, dialects=["contract"]) as upstream:
        point_at(upstream)
        code, lines = check()
    assert (code, lines[3].split()[:3]) == (0, ["ok", "Dialect", "contract,"])


def test_a_refused_key(check, point_at):
    with Sandbox(key="another") as upstream:
        point_at(upstream, key=KEY)
        code, lines = check()
        calls = upstream.calls
    assert code == 1
    assert [line.split()[0] for line in lines[:4]] == ["ok", "FAILED", "?", "?"]
    assert "MISTRAL_API_KEY" in lines[1]
    assert "Invalid API Key" in lines[1]
    assert "correlation id" in lines[1]
    assert len(calls) == 1


def test_an_address_where_nothing_listens(check, point_at):
    with Sandbox() as gone:
        url = gone.url
    point_at(url=url, key=KEY)
    code, lines = check()
    assert code == 1
    assert [line.split()[0] for line in lines[:4]] == ["FAILED", "?", "?", "?"]
    assert url in lines[0]
    assert "connection refused" in lines[0]


def test_a_wrong_path(check, point_at):
    with Sandbox(key=KEY) as upstream:
        point_at(upstream, url=upstream.url.removesuffix("/v1"), key=KEY)
        code, lines = check()
    assert code == 1
    assert lines[0].startswith("FAILED  Address")
    assert "usually ends in /v1" in lines[0]
    assert "check_api" not in "".join(lines)  # which is what the person is running


@pytest.mark.parametrize(
    ("fault", "marks", "words"),
    [
        ({"kind": "429"}, ["ok", "?", "FAILED", "?"], "too many calls"),
        ({"kind": "500"}, ["ok", "?", "FAILED", "?"], "in trouble (500)"),
        ({"kind": "hang", "seconds": 3}, ["FAILED", "?", "?", "?"], "did not answer in time"),
        ({"kind": "not-json"}, ["FAILED", "?", "?", "?"], "not JSON"),
        ({"kind": "redirect"}, ["FAILED", "?", "?", "?"], "sends us elsewhere"),
        ({"kind": "403"}, ["ok", "FAILED", "?", "?"], "plan"),
        ({"kind": "empty", "verb": "list"}, ["ok", "ok", "FAILED", "ok"], "another organisation"),
    ],
)
def test_trouble_stands_in_the_line_of_what_it_is_about(
    check, point_at, settings, fault: dict, marks: list[str], words: str
):
    with Sandbox(key=KEY) as upstream:
        point_at(upstream)
        if fault["kind"] == "hang":
            settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 0.2, 0.5
        upstream.faults.add(**fault)
        code, lines = check()
    assert code == 1
    assert [line.split()[0] for line in lines[:4]] == marks
    assert words in lines[marks.index("FAILED")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODELS_API_BASE_URL", "http://api.mistral.ai/v1"),
        ("MODELS_API_DIALECT", "klingon"),
        ("MISTRAL_API_KEY", f"{KEY} # mine"),
    ],
)
def test_a_setting_that_cannot_be_is_named(check, point_at, settings, name: str, value: str):
    point_at(url="https://api.mistral.ai/v1", key=KEY)
    setattr(settings, name, value)
    code, lines = check()
    assert code == 1
    assert len(lines) == 1
    assert name in lines[0]


def test_without_a_key_it_says_that_it_looks_at_the_demos_sandbox(check, settings):
    with Sandbox() as upstream:
        settings.DEMO, settings.MODELS_API_BASE_URL = True, upstream.url
        settings.MISTRAL_API_KEY = upstream.key
        code, lines = check()
    assert code == 0
    assert lines[0] == "No MISTRAL_API_KEY is set, so this is about the demo's sandbox."


def test_a_verbose_check_shows_the_evidence(check, point_at):
    with Sandbox(key=KEY) as upstream:
        point_at(upstream)
        _, lines = check(verbosity=2)
    assert "        platform: PATCH /fine_tuning/models/{id} is there" in lines
