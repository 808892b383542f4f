"""Where the Models API is, and which routes it has."""

import pytest

from models_ui.services.base_url import check_address
from models_ui.services.dialects import CONTRACT, DELETE, PLATFORM, RETRIEVE, resolve_dialect
from models_ui.services.errors import NotConfigured


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.mistral.ai/v1", "https://api.mistral.ai/v1"),
        ("https://api.mistral.ai/v1/", "https://api.mistral.ai/v1"),
        ("https://api.mistral.ai", "https://api.mistral.ai/v1"),
        ("https://api.eu.mistral.ai/", "https://api.eu.mistral.ai/v1"),
        ("https://proxy.example/mistral", "https://proxy.example/mistral"),
        ("https://proxy.example", "https://proxy.example"),
        ("http://127.0.0.1:8001/v1", "http://127.0.0.1:8001/v1"),
        ("http://localhost:8001", "http://localhost:8001"),
        ("http://[::1]:8001/v1", "http://[::1]:8001/v1"),
    ],
)
def test_an_address_is_kept_and_only_mistrals_own_hosts_get_their_v1(given: str, kept: str):
    assert check_address(given) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.mistral.ai",
        "ftp://api.mistral.ai/v1",
        "https://",
        "http://api.mistral.ai/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://localhost.evil.example/v1",
        "https://user:hunter2@api.mistral.ai/v1",
        "https://hunter2@api.mistral.ai/v1",
        "https://api.mistral.ai/v1?x=1",
        "https://api.mistral.ai/v1?",
        "https://api.mistral.ai/v1#top",
        "https://api.mistral.ai:99999/v1",
        "https://api.mistral.ai:port/v1",
        "https://api.mistral.ai/v 1",
        "https://api.mistral.ai\n/v1",
        "https://[::1/v1",
    ],
)
def test_an_address_that_cannot_be_used_names_the_setting_and_not_the_address(url: str):
    with pytest.raises(NotConfigured) as caught:
        check_address(url)
    assert caught.value.setting == "MODELS_API_BASE_URL"
    assert "hunter2" not in caught.value.user_message


@pytest.mark.parametrize(
    "host",
    [
        "api.mistral.ai",
        "api.eu.mistral.ai",
        "api.us.mistral.ai",
        "API.Mistral.AI",
        "new.mistral.ai",
        "api.mistral.ai:443",
    ],
)
def test_auto_means_the_platform_for_mistrals_own_hosts(host: str):
    assert resolve_dialect("auto", f"https://{host}/v1") is PLATFORM


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "api.mistral.ai.evil.example", "notmistral.ai", "proxy.example"])
def test_auto_means_the_contract_anywhere_else(host: str):
    assert resolve_dialect("auto", f"https://{host}/v1") is CONTRACT


def test_a_dialect_can_be_named():
    assert resolve_dialect("contract", "https://api.mistral.ai/v1") is CONTRACT
    assert resolve_dialect("platform", "http://127.0.0.1/v1") is PLATFORM


def test_an_unknown_dialect_names_the_setting():
    with pytest.raises(NotConfigured) as caught:
        resolve_dialect("klingon", "https://api.mistral.ai/v1")
    assert caught.value.setting == "MODELS_API_DIALECT"


def test_ids_are_percent_encoded_with_nothing_safe():
    assert RETRIEVE.path("ft:lima:1/é") == "models/ft%3Alima%3A1%2F%C3%A9"
    assert DELETE.path("a?b#c") == "models/a%3Fb%23c"
    assert RETRIEVE.path("{id}") == "models/%7Bid%7D"
