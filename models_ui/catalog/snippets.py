"""Commands that call one model, to copy from its page: with its own id, never an alias that may move.

They go where the dashboard's own calls go. The SDK is told the address without its last `/v1`, which it adds to every
call; where the address does not end so, no server of the SDK can be that address, and plain Python takes its place.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from models_ui.catalog.row import Row
from models_ui.services.base_url import check_address
from models_ui.services.errors import NotConfigured

SDK_ADDRESS: Final = "https://api.mistral.ai/v1"  # where the SDK calls unless it is told another server
_VERSION: Final = "/v1"
_DOCUMENT = {"type": "document_url", "document_url": "https://example.org/document.pdf"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API: its path below the base address, its JSON body, and the same with the Python SDK."""

    path: str
    body: Mapping[str, object] | None
    python: str  # the call on `client`, without the model


def curl_snippet(row: Row, base_url: str) -> str:
    call = _choose_call(row)
    lines = [f"curl {shlex.quote(_base_address(base_url) + call.path)}", '-H "Authorization: Bearer $MISTRAL_API_KEY"']
    if call.body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(call.body))}"]
    return " \\\n  ".join(lines)


def python_snippet(row: Row, base_url: str) -> str:
    address = _base_address(base_url)
    if not address.endswith(_VERSION):
        return _plain_python(_choose_call(row), address)
    server = "" if address == SDK_ADDRESS else f", server_url={_python_literal(address.removesuffix(_VERSION))}"
    return (
        "import os\n\n"
        "from mistralai.client import Mistral\n\n"
        f'client = Mistral(api_key=os.environ["MISTRAL_API_KEY"]{server})\n'
        f"answer = client.{_choose_call(row).python}\n"
        "print(answer)\n"
    )


def _plain_python(call: Call, address: str) -> str:
    """Return the same call with the standard library alone."""
    headers = '    headers={"Authorization": "Bearer " + os.environ["MISTRAL_API_KEY"]},\n'
    body = ""
    if call.body is not None:
        headers = headers.replace("]},", '], "Content-Type": "application/json"},')
        body = f"    data=json.dumps({_python_literal(call.body)}).encode(),\n"
    imports = "import json\nimport os\n" if body else "import os\n"
    return (
        f"{imports}from urllib.request import Request, urlopen\n\n"
        f"request = Request(\n    {_python_literal(address + call.path)},\n{body}{headers})\n"
        "with urlopen(request) as answer:\n    print(answer.read().decode())\n"
    )


def _base_address(base_url: str) -> str:
    """Return the base address as the dashboard itself reads the setting."""
    try:
        return check_address(base_url or SDK_ADDRESS)
    except NotConfigured:
        return base_url.rstrip("/")


def _python_literal(value: object) -> str:
    """Return a text, or lists and dictionaries of texts, as Python source. JSON's ASCII escapes are not Python's."""
    return json.dumps(value, ensure_ascii=False)


def _choose_call(row: Row) -> Call:
    """Return the call the model is made for, by its capabilities; without any, the one that always works."""
    able = frozenset(row.capabilities)
    hello = [{"role": "user", "content": "Hello"}]
    if "completion_chat" in able:
        return _post_call("/chat/completions", "chat.complete", row, messages=hello)
    if "completion_fim" in able:
        return _post_call("/fim/completions", "fim.complete", row, prompt="def add(a, b):")
    if "ocr" in able:
        return _post_call("/ocr", "ocr.process", row, document=_DOCUMENT)
    if "moderation" in able:
        return _post_call("/moderations", "classifiers.moderate", row, input=["Some text"])
    if "classification" in able:
        return _post_call("/classifications", "classifiers.classify", row, input=["Some text"])
    if "embed" in row.model_id and not able:
        return _post_call("/embeddings", "embeddings.create", row, input=["Some text"])
    path = f"/models/{quote(row.model_id, safe=':')}"
    return Call(path, None, f"models.retrieve(model_id={_python_literal(row.model_id)})")


def _post_call(path: str, method: str, row: Row, **arguments: object) -> Call:
    """Return a POST. The SDK calls a list of texts `inputs`, the API `input`; all other arguments share their names."""
    named = {"inputs" if name == "input" else name: value for name, value in arguments.items()}
    lines = "".join(
        f"    {name}={_python_literal(value)},\n" for name, value in {"model": row.model_id, **named}.items()
    )
    return Call(path, {"model": row.model_id, **arguments}, f"{method}(\n{lines})")
