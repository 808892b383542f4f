"""Exchanges over HTTP that broke: the errors for those without a connection, and which error each failure is."""

import http.client
from collections.abc import Iterable, Iterator

import requests
import urllib3
from django.utils.translation import gettext_lazy, gettext_noop
from urllib3.exceptions import LocationParseError, NameResolutionError

from models_ui.services import errors
from models_ui.services.errors import ModelsAPIError
from models_ui.services.exchange import ExchangeWatch

# --- No connection


class Unreachable(ModelsAPIError):
    """No connection, so no byte of the call was sent: a write certainly did not happen."""

    code = "unreachable"
    retryable = True
    no_connection = True
    sentence = gettext_lazy(
        "The Models API cannot be reached: try again in a minute, and if it lasts ask whoever runs the dashboard "
        "to check its network and the setting MODELS_API_BASE_URL."
    )


class ConnectionRefused(Unreachable):
    code = "connection_refused"
    sentence = gettext_lazy(
        "Nothing answers at the address of the Models API (connection refused): ask whoever runs the dashboard "
        "to check the setting MODELS_API_BASE_URL and the firewall."
    )


class NameNotResolved(Unreachable):
    code = "name_not_resolved"
    sentence = gettext_lazy(
        "The name of the Models API’s server could not be looked up: ask whoever runs the dashboard to check "
        "its DNS and the setting MODELS_API_BASE_URL."
    )


class ConnectTimedOut(Unreachable):
    code = "connect_timed_out"
    sentence = gettext_lazy(
        "The Models API did not accept a connection in time: try again in a minute, and if it lasts ask whoever "
        "runs the dashboard to check its network and firewall."
    )


class ProxyFailed(Unreachable):
    code = "proxy_failed"
    sentence = gettext_lazy(
        "The proxy on the way to the Models API did not let the call through: ask whoever runs the dashboard "
        "to check HTTPS_PROXY and NO_PROXY."
    )


class TLSFailed(Unreachable):
    code = "tls_failed"
    retryable = False
    sentence = gettext_lazy(
        "No secure connection to the Models API could be made: ask whoever runs the dashboard to check the "
        "certificates and that MODELS_API_BASE_URL is the right address."
    )


# --- From what requests and urllib3 raise


def error_from_failure(failure: Exception, watch: ExchangeWatch, *, write: bool, model_id: str) -> ModelsAPIError:
    """Return the error for an exchange that broke. A write is of unknown outcome as soon as anything was sent."""
    causes = list(causes_of(failure))
    if type(failure) is requests.exceptions.InvalidURL or is_any_cause(causes, LocationParseError):
        return errors.NotConfigured(gettext_noop("it is no web address"), setting="MODELS_API_BASE_URL")
    if not watch.sent:
        return _class_of_unsent(causes, watch)(model_id=model_id)
    return _class_of_broken(causes, watch)(outcome_unknown=write, model_id=model_id)


def _class_of_unsent(causes: list[BaseException], watch: ExchangeWatch) -> type[ModelsAPIError]:
    # requests says InvalidSchema when HTTPS_PROXY names a SOCKS proxy and PySocks is not installed.
    proxy_failures = (
        requests.exceptions.ProxyError,
        requests.exceptions.InvalidProxyURL,
        requests.exceptions.InvalidSchema,
    )
    if is_any_cause(causes, *proxy_failures):
        return ProxyFailed
    if is_any_cause(causes, NameResolutionError):
        return NameNotResolved
    if is_any_cause(causes, ConnectionRefusedError):
        return ConnectionRefused
    if is_late(causes, watch):
        return ConnectTimedOut
    if is_any_cause(causes, requests.exceptions.SSLError):
        return TLSFailed
    return Unreachable


def _class_of_broken(causes: list[BaseException], watch: ExchangeWatch) -> type[ModelsAPIError]:
    if is_late(causes, watch):
        return errors.TimedOut
    if is_any_cause(causes, http.client.RemoteDisconnected, http.client.IncompleteRead):
        return errors.ConnectionCut
    unreadable = (
        http.client.HTTPException,
        requests.exceptions.InvalidHeader,
        requests.exceptions.ContentDecodingError,
    )
    return errors.BadAnswer if is_any_cause(causes, *unreadable) else errors.ConnectionCut


def causes_of(failure: BaseException) -> Iterator[BaseException]:
    """Yield the exception and all that it wraps: requests has urllib3's in `args`, urllib3 the system's in `reason`."""
    seen: set[int] = set()
    waiting: list[object] = [failure]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]


def is_any_cause(causes: Iterable[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


def is_late(causes: Iterable[BaseException], watch: ExchangeWatch) -> bool:
    """Whether the exchange broke because it took too long."""
    late = (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError)
    return watch.expired or is_any_cause(causes, *late)
