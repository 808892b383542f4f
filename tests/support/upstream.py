"""Calls that fail: the error that comes of them, and a port at which nobody listens."""

import socket
from collections.abc import Callable

import pytest

from models_ui.services.errors import ModelsAPIError


def failure_of(call: Callable[[], object]) -> ModelsAPIError:
    with pytest.raises(ModelsAPIError) as caught:
        call()
    return caught.value


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
