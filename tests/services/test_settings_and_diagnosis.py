"""From the settings to a client, and what `manage.py check_api` gets to know."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from models_ui.services import diagnosis, models_api
from models_ui.services.diagnosis import diagnose_api
from models_ui.services.dialects import CONTRACT, DIALECTS, PLATFORM, Dialect
from models_ui.services.errors import NotConfigured
from sandbox.server import Sandbox
from tests.services.conftest import KEY, RawServer, http_answer, make_api

Raw = Callable[..., RawServer]


def test_the_settings_make_a_client_that_works(settings: Any, sandbox: Sandbox):
    settings.MISTRAL_API_KEY = f" {KEY}\n"
    settings.MODELS_API_BASE_URL = sandbox.url + "/"
    settings.MODELS_API_DIALECT = "auto"
    settings.MODELS_API_TIMEOUT = 3
    settings.MODELS_API_TOTAL_TIMEOUT = 7.5
    api = models_api()
    assert api.list().cards
    assert api.dialect is CONTRACT
    assert (api.transport.read_timeout, api.transport.total_timeout) == (3, 7.5)
    assert models_api() is api
    settings.MODELS_API_DIALECT = "platform"
    assert models_api().dialect is PLATFORM


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("MISTRAL_API_KEY", ""),
        ("MISTRAL_API_KEY", None),
        ("MISTRAL_API_KEY", "a b"),
        ("MISTRAL_API_KEY", "kéy"),
        ("MISTRAL_API_KEY", "a\r\nX-Evil: 1"),
        ("MODELS_API_BASE_URL", "http://api.mistral.ai/v1"),
        ("MODELS_API_BASE_URL", "nonsense"),
        ("MODELS_API_DIALECT", "klingon"),
        ("MODELS_API_TIMEOUT", 0),
        ("MODELS_API_TIMEOUT", "soon"),
        ("MODELS_API_TOTAL_TIMEOUT", float("nan")),
        ("MODELS_API_TOTAL_TIMEOUT", -1),
    ],
)
def test_a_wrong_setting_is_named(settings: Any, setting: str, value: object):
    settings.MISTRAL_API_KEY = KEY
    settings.MODELS_API_BASE_URL = "https://api.mistral.ai/v1"
    setattr(settings, setting, value)
    with pytest.raises(NotConfigured) as caught:
        models_api()
    assert caught.value.setting == setting
    assert setting in caught.value.user_message
    assert KEY not in str(caught.value)
    assert "Evil" not in str(caught.value)


@pytest.mark.parametrize(
    ("served", "spoken", "fits", "better"),
    [
        (["contract"], CONTRACT, True, None),
        (["platform"], PLATFORM, True, None),
        (["contract", "platform"], CONTRACT, True, None),
        (["contract", "platform"], PLATFORM, True, None),
        (["platform"], CONTRACT, False, "platform"),
        (["contract"], PLATFORM, False, "contract"),
    ],
)
def test_a_diagnosis_tells_whether_the_dialect_fits_and_changes_nothing(
    served: list[str], spoken: Dialect, fits: bool, better: str | None
):
    with Sandbox(key=KEY, dialects=served) as sandbox:
        before = make_api(sandbox.url).list().cards
        found = diagnose_api(make_api(sandbox.url, dialect=spoken))
        assert (found.reachable, found.key_accepted, found.entries) == (True, True, len(before))
        assert (found.dialect_fits, found.better_dialect) == (fits, better)
        assert len(found.evidence) == 6
        assert {call.method for call in sandbox.calls} <= {"GET", "OPTIONS"}
        assert make_api(sandbox.url).list().cards == before


@pytest.mark.parametrize("name", ["a-later-one", "z-later-one"])
@pytest.mark.parametrize("served", ["contract", "platform"])
def test_a_diagnosis_of_a_third_dialect_finds_the_one_that_fits(
    monkeypatch: pytest.MonkeyPatch, name: str, served: str
):
    routes = {
        verb: replace(route, template=f"tuned/{route.template}")
        for verb, route in (
            ("update", CONTRACT.update),
            ("archive", CONTRACT.archive),
            ("unarchive", CONTRACT.unarchive),
        )
    }
    third = replace(CONTRACT, name=name, **routes)
    monkeypatch.setitem(diagnosis.DIALECTS, name, third)
    with Sandbox(key=KEY, dialects=[served]) as sandbox:
        unfit = diagnose_api(make_api(sandbox.url, dialect=third))
        fit = diagnose_api(make_api(sandbox.url, dialect=DIALECTS[served]))
    assert (unfit.dialect_fits, unfit.better_dialect, len(unfit.evidence)) == (False, served, 9)
    assert (fit.dialect_fits, fit.better_dialect) == (True, None)


def test_a_gateway_that_routes_by_verb_leaves_the_dialect_unknown(raw: Raw):
    no_route = http_answer('{"message":"no Route matched with those values"}', "404 Not Found")
    found = diagnose_api(make_api(raw(http_answer('{"data":[{"id":"a"}]}'), no_route).url))
    assert (found.key_accepted, found.entries) == (True, 1)
    assert (found.dialect_fits, found.better_dialect) == (None, None)


def test_an_answer_to_options_with_a_body_of_prose_still_tells_the_verbs(raw: Raw):
    options = http_answer("GET,POST,PATCH,DELETE", allow="GET, POST, PATCH, DELETE")
    found = diagnose_api(make_api(raw(http_answer('{"data":[]}'), options).url, dialect=CONTRACT))
    assert found.dialect_fits is True


def test_a_diagnosis_without_the_right_key(sandbox: Sandbox):
    found = diagnose_api(make_api(sandbox.url, key="wrong"))
    assert (found.reachable, found.key_accepted, found.entries, found.dialect_fits) == (True, False, None, None)
    assert found.error
    assert found.error.code == "unauthorized"


def test_a_diagnosis_of_an_address_where_nothing_is():
    with Sandbox(key=KEY) as sandbox:
        url = sandbox.url
    found = diagnose_api(make_api(url, retries=0))
    assert (found.reachable, found.key_accepted) == (False, None)
    assert found.error
    assert found.error.code == "connection_refused"
