"""HTTP to an identity provider, and what its answers are held to, by OpenID Connect Core 1.0 and Discovery 1.0.

Every call has a time-out and a largest answer, follows no redirect, and expects a JSON object. Exceptions name the host
and what went wrong, and never the code, the secret or a token that went along.
"""

import hmac
import json
import logging
import re
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import requests

from models_ui.services.base_url import find_address_problem, host_of, is_loopback
from models_ui.services.bulkhead import take_place
from models_ui.services.exchange import RAISED, DirectSession, ExchangeWatch, WatchedAdapter, read_body

logger = logging.getLogger("models_ui.services")

CALL_TIMEOUT: Final = 5.0  # seconds to connect, and between two pieces of an answer
SIGN_IN_TIMEOUT: Final = 12.0  # seconds for all calls of one request together
LARGEST_ANSWER: Final = 256 * 1024
LARGEST_SUBJECT: Final = 191  # characters; the specification allows 255, the column of django-allauth fewer
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# Asymmetrical only: a key that the provider publishes must never be taken for a shared secret.
_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
_MALFORMED: Final = (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError, OverflowError)
_REASON: Final = re.compile(r"[a-z_]{3,40}")
_WELL_KNOWN: Final = "/.well-known/openid-configuration"

CallFailed = requests.RequestException  # whatever a call can raise, an error as its status included


class ProviderUnreachable(requests.RequestException):
    """No usable answer came: nobody listens, it took too long, or it was no JSON object."""


class TooManyWait(requests.RequestException):
    """As many requests as may wait for other services do so already, so nothing was sent."""


class NotTrusted(Exception):
    """The provider's answer does not hold to what it must. The text says what, for the log."""


class ProviderSession(DirectSession):
    """A session whose answers are JSON objects of a limited size that came in time.

    `deadline` is the time of `time.monotonic()` at which all calls must be over. Plain http is for loopback alone.
    """

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self._deadline = deadline
        self.headers.update({"Accept": "application/json", "User-Agent": "models-dashboard"})
        self.mount("https://", WatchedAdapter())
        self.mount("http://", WatchedAdapter())

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Return a response whose `json()` is an object. Raise ProviderUnreachable and TooManyWait."""
        host = host_of(url)
        if find_address_problem(url) or not is_private_way(url):
            raise ProviderUnreachable(f"{host or 'an address'} is not reached over https")
        if not take_place():
            raise TooManyWait
        left = self._deadline - time.monotonic()
        started = time.monotonic()
        with ExchangeWatch(left) as watch:
            try:
                response = self._exchange(method, url, left, options)
            except RAISED as failure:
                response = f"{'it took too long' if watch.expired else type(failure).__name__}"
        told = response if isinstance(response, str) else f"{response.status_code}{_reason_of(response)}"
        level = logging.WARNING if isinstance(response, str) or response.status_code >= 400 else logging.INFO
        seconds = time.monotonic() - started
        logger.log(level, "identity provider at %s: %s -> %s in %.0f ms", host, method, told, seconds * 1000)
        if isinstance(response, str):
            raise ProviderUnreachable(f"{host}: {response}")
        return response

    def _exchange(self, method: str, url: str, left: float, options: dict[str, Any]) -> requests.Response | str:
        """Return the response with its body read, or what is wrong with it."""
        self.trust_env = not is_loopback(host_of(url))
        timeout = min(CALL_TIMEOUT, max(left, 0.001))
        # Without an auth object requests would look for one in a .netrc.
        options["auth"] = options.get("auth") or (lambda request: request)
        options |= {"timeout": timeout, "allow_redirects": False, "stream": True}
        with super().request(method, url, **options) as response:
            body = read_body(response, LARGEST_ANSWER)
        if body is None:
            return "its answer is too large"
        if 300 <= response.status_code < 400:
            return f"it answered with a redirect ({response.status_code}), and none is followed"
        if response.status_code >= 500 or not _is_object(body):
            return f"it answered {response.status_code}" + (" without a JSON object" if response.ok else "")
        response._content = body
        response.headers["Content-Type"] = "application/json"
        return response


def _reason_of(response: requests.Response) -> str:
    """Return the provider's word for a refusal, such as invalid_client. A longer text could hold anything."""
    reason = response.json().get("error") if response.status_code >= 400 else None
    return f" ({reason})" if isinstance(reason, str) and _REASON.fullmatch(reason) else ""


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def is_private_way(url: str) -> bool:
    """Whether nobody can listen in on the way to this address."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def discovery_address(issuer: str) -> str:
    """Return where an issuer says how it is spoken to."""
    return issuer.rstrip("/") + _WELL_KNOWN


def check_discovery(found: Mapping[str, Any], issuer: str) -> None:
    """Raise NotTrusted unless the discovery document is this issuer's and names the addresses that are needed."""
    if found.get("issuer") != issuer:
        raise NotTrusted("its discovery names another issuer than OIDC_ISSUER")
    for name in (*_ENDPOINTS, *(("userinfo_endpoint",) if "userinfo_endpoint" in found else ())):
        address = found.get(name)
        if not isinstance(address, str) or find_address_problem(address) or not is_private_way(address):
            raise NotTrusted(f"its discovery has no usable {name}")
        if is_loopback(host_of(address)) and not is_loopback(host_of(issuer)):
            raise NotTrusted(f"its discovery leads to this machine ({name})")


def read_id_token(token: object, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Return the claims of an id_token.

    Raise NotTrusted unless one of `keys` (a JWK Set) signed it, and it is of this issuer, for this client, for this
    sign-in, and not too old.
    """
    if not isinstance(token, str):
        raise NotTrusted("it sent no id_token")
    try:
        key = _find_key(token, keys)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            issuer=issuer,
            audience=client_id,
            leeway=60,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except _MALFORMED as error:
        raise NotTrusted(f"its id_token is not valid: {type(error).__name__}") from None
    _check_claims(claims, client_id, nonce)
    return claims


def _find_key(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    usable = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.algorithm_name in _ALGORITHMS]
    usable = [key for key in usable if key.public_key_use in (None, "sig")]
    kid = jwt.get_unverified_header(token).get("kid")
    if kid is not None:
        usable = [key for key in usable if key.key_id == kid]
    if len(usable) != 1:
        raise NotTrusted("no key of the provider signed its id_token")
    return usable[0]


def _check_claims(claims: Mapping[str, Any], client_id: str, nonce: str) -> None:
    subject, audience = claims["sub"], claims["aud"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LARGEST_SUBJECT or not subject.isprintable():
        raise NotTrusted("its id_token has a subject that cannot be kept")
    party = claims.get("azp", client_id if isinstance(audience, str) or len(audience) == 1 else None)
    if party != client_id:
        raise NotTrusted("its id_token was made for another client")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(errors="replace"), nonce.encode()):
        raise NotTrusted("its id_token belongs to another sign-in")


def join_claims(of_token: Mapping[str, Any], of_userinfo: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what both say of a person. Raise NotTrusted if they speak of two."""
    if of_userinfo is None:
        return dict(of_token)
    if of_userinfo.get("sub") != of_token["sub"]:
        raise NotTrusted("its userinfo is about another person than its id_token")
    return {**of_token, **of_userinfo}
