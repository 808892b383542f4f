"""All HTTP requests to other hosts: Mistral's Models API, the team's webhook, and the identity provider.

models_api.py  the Models API, as typed values and exceptions of our own
webhook.py     messages to the team's webhook
openid.py      the identity provider; `web/sign_on.py` gives its session to django-allauth as well

No other package imports `requests`. Of this package only this file reads settings.
"""

from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext_noop

from models_ui.services.base_url import check_address
from models_ui.services.dialects import AUTO, resolve_dialect
from models_ui.services.errors import NotConfigured
from models_ui.services.models_api import ModelsAPI
from models_ui.services.transport import Transport
from models_ui.services.webhook import Webhook

__all__ = ["digest_webhook", "models_api"]


def models_api() -> ModelsAPI:
    """Return the Models API that the settings name: the same object, with its open connections, until they change.

    MISTRAL_API_KEY           required
    MODELS_API_BASE_URL       https://api.mistral.ai/v1 by default; plain http for a loopback address only
    MODELS_API_DIALECT        auto, contract or platform
    MODELS_API_TIMEOUT        seconds between two pieces of an answer
    MODELS_API_TOTAL_TIMEOUT  seconds for a whole call, with its retries

    Raise NotConfigured, which names the setting, when one is missing or wrong.
    """
    return _build_api(
        str(getattr(settings, "MODELS_API_BASE_URL", "") or "https://api.mistral.ai/v1"),
        str(getattr(settings, "MISTRAL_API_KEY", "") or "").strip(),
        str(getattr(settings, "MODELS_API_DIALECT", "") or AUTO),
        _read_seconds("MODELS_API_TIMEOUT", 10.0),
        _read_seconds("MODELS_API_TOTAL_TIMEOUT", 20.0),
    )


def digest_webhook() -> Webhook | None:
    """Return the webhook that the settings name, or None. Raise BadWebhook.

    DIGEST_WEBHOOK_SECRET_URL     its address; DIGEST_WEBHOOK_URL in the environment
    DIGEST_WEBHOOK_ALLOW_PRIVATE  whether it may be on this machine or network, and be reached over plain http
    """
    url = str(settings.DIGEST_WEBHOOK_SECRET_URL)
    return Webhook(url, allow_private=settings.DIGEST_WEBHOOK_ALLOW_PRIVATE) if url else None


@lru_cache(maxsize=4)
def _build_api(url: str, key: str, dialect: str, read_timeout: float, total_timeout: float) -> ModelsAPI:
    address = check_address(url)
    transport = Transport(address, _check_key(key), read_timeout=read_timeout, total_timeout=total_timeout)
    return ModelsAPI(transport, resolve_dialect(dialect, address))


def _check_key(key: str) -> str:
    if not key:
        raise NotConfigured(setting="MISTRAL_API_KEY")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise NotConfigured(gettext_noop("it contains characters that no key has"), setting="MISTRAL_API_KEY")
    return key


def _read_seconds(setting: str, default: float) -> float:
    try:
        seconds = float(getattr(settings, setting, default))
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise NotConfigured(gettext_noop("it must be a number of seconds between 0 and 600"), setting=setting)
    return seconds
