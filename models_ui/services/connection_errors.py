"""What requests and urllib3 raise, as one of our exceptions."""

import http.client
from collections.abc import Iterator

import requests
import urllib3
from django.utils.translation import gettext_noop
from urllib3.exceptions import LocationParseError, NameResolutionError

from models_ui.services import errors
from models_ui.services.base_url import SETTING
from models_ui.services.deadline import Watch
from models_ui.services.errors import ModelsAPIError

RAISED = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
"""Everything that an exchange over HTTP can raise."""


def error_from_failure(failure: Exception, watch: Watch, *, write: bool, model_id: str) -> ModelsAPIError:
    """The exception for an exchange that broke. A write is of unknown outcome as soon as anything was sent."""
    causes = list(causes_of(failure))
    if type(failure) is requests.exceptions.InvalidURL or any(isinstance(c, LocationParseError) for c in causes):
        return errors.NotConfigured(gettext_noop("it is no web address"), setting=SETTING)
    if not watch.sent:
        return _kind_of_unsent(causes, watch)(model_id=model_id)
    return _kind_of_broken(causes, watch)(outcome_unknown=write, model_id=model_id)


def _kind_of_unsent(causes: list[BaseException], watch: Watch) -> type[ModelsAPIError]:
    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    # requests says InvalidSchema when HTTPS_PROXY names a SOCKS proxy and PySocks is not installed.
    if among(requests.exceptions.ProxyError, requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidSchema):
        return errors.ProxyFailed
    if among(NameResolutionError):
        return errors.NameNotResolved
    if among(ConnectionRefusedError):
        return errors.ConnectionRefused
    if watch.expired or among(requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError):
        return errors.ConnectTimedOut
    if among(requests.exceptions.SSLError):
        return errors.TLSFailed
    return errors.Unreachable


def _kind_of_broken(causes: list[BaseException], watch: Watch) -> type[ModelsAPIError]:
    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if watch.expired or among(requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError):
        return errors.TimedOut
    if among(http.client.RemoteDisconnected, http.client.IncompleteRead):
        return errors.ConnectionCut
    if among(http.client.HTTPException, requests.exceptions.InvalidHeader, requests.exceptions.ContentDecodingError):
        return errors.BadAnswer
    return errors.ConnectionCut


def causes_of(failure: BaseException) -> Iterator[BaseException]:
    """The exception and all that it wraps: requests keeps urllib3's in `args`, urllib3 the system's in `reason`."""
    seen: set[int] = set()
    waiting: list[object] = [failure]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
