"""Connections that lead to public addresses only, checked at the moment they are opened.

An address in a setting may name this machine, its neighbours or the cloud's metadata service, in many spellings, and a
name may mean another address from one look-up to the next. So all numeric addresses of the name are checked, and the
connection goes to one of these.
"""

import ipaddress
import socket
from typing import Any

from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from models_ui.services.exchange import (
    WatchedAdapter,
    WatchedConnection,
    WatchedPool,
    WatchedTLSConnection,
    WatchedTLSPool,
)

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # an IPv4 address in an IPv6 network's clothes


class NotPublic(HTTPError):
    """The host means an address that is not public. Nothing was connected to."""


def is_public(address: str) -> bool:
    """Whether anybody on the internet would reach the same machine at this numeric address."""
    number = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(number, ipaddress.IPv4Address):
        return number.is_global and not number.is_multicast
    if number in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)))
    # Other addresses with an IPv4 address inside (mapped, 6to4, Teredo) count as not public.
    return number in _GLOBAL_UNICAST and number.is_global and number.sixtofour is None and number.teredo is None


def _addresses_of(connection: Any) -> list[str]:
    """Return all numeric addresses of the host. Raise NotPublic when one of them is not public."""
    try:
        entries = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise NewConnectionError(connection, "it is no host name") from None
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
    if not all(map(is_public, addresses)):
        raise NotPublic
    return addresses


class _Guarded(WatchedConnection):
    def _new_conn(self) -> socket.socket:
        failure: OSError | None = None
        for address in _addresses_of(self):
            try:
                # A numeric address is looked up nowhere, so it is the one that was checked.
                return create_connection((address, self.port), self.timeout, socket_options=self.socket_options)
            except OSError as error:
                failure = error
        raise NewConnectionError(self, "no address of the host answers") from failure


class _GuardedTLS(_Guarded, WatchedTLSConnection):
    pass


class _Pool(WatchedPool):
    ConnectionCls = _Guarded


class _TLSPool(WatchedTLSPool):
    ConnectionCls = _GuardedTLS


class GuardedAdapter(WatchedAdapter):
    """requests' adapter over guarded connections. Give it no proxy: a proxy's address would be all that is checked."""

    pools = {"http": _Pool, "https": _TLSPool}
