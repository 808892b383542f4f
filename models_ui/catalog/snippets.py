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
    call = _call(row)
    lines = [f"curl {shlex.quote(_address(base_url) + call.path)}", '-H "Authorization: Bearer $MISTRAL_API_KEY"']
    if call.body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(call.body))}"]
    return " \\\n  ".join(lines)


def python_snippet(row: Row, base_url: str) -> str:
    address = _address(base_url)
    if not address.endswith(_VERSION):
        return _plain_python(_call(row), address)
    server = "" if address == SDK_ADDRESS else f", server_url={_literal(address.removesuffix(_VERSION))}"
    return (
        "import os\n\n"
        "from mistralai.client import Mistral\n\n"
        f'client = Mistral(api_key=os.environ["MISTRAL_API_KEY"]{server})\n'
        f"answer = client.{_call(row).python}\n"
        "print(answer)\n"
    )


def _plain_python(call: Call, address: str) -> str:
    """The same call with the standard library alone."""
    headers = '    headers={"Authorization": "Bearer " + os.environ["MISTRAL_API_KEY"]},\n'
    body = ""
    if call.body is not None:
        headers = headers.replace("]},", '], "Content-Type": "application/json"},')
        body = f"    data=json.dumps({_literal(call.body)}).encode(),\n"
    imports = "import json\nimport os\n" if body else "import os\n"
    return (
        f"{imports}from urllib.request import Request, urlopen\n\n"
        f"request = Request(\n    {_literal(address + call.path)},\n{body}{headers})\n"
        "with urlopen(request) as answer:\n    print(answer.read().decode())\n"
    )


def _address(base_url: str) -> str:
    """The base address as the dashboard itself reads the setting."""
    try:
        return check_address(base_url or SDK_ADDRESS)
    except NotConfigured:
        return base_url.rstrip("/")


def _literal(value: object) -> str:
    """A text, or lists and dictionaries of texts, as Python writes them. Its own escapes of JSON are not Python's."""
    return json.dumps(value, ensure_ascii=False)


def _call(row: Row) -> Call:
    """The call the model is made for, by its capabilities; where they tell nothing, the one that always works."""
    able = frozenset(row.capabilities)
    hello = [{"role": "user", "content": "Hello"}]
    if "completion_chat" in able:
        return _post("/chat/completions", "chat.complete", row, messages=hello)
    if "completion_fim" in able:
        return _post("/fim/completions", "fim.complete", row, prompt="def add(a, b):")
    if "ocr" in able:
        return _post("/ocr", "ocr.process", row, document=_DOCUMENT)
    if "moderation" in able:
        return _post("/moderations", "classifiers.moderate", row, input=["Some text"])
    if "classification" in able:
        return _post("/classifications", "classifiers.classify", row, input=["Some text"])
    if "embed" in row.model_id and not able:
        return _post("/embeddings", "embeddings.create", row, input=["Some text"])
    path = f"/models/{quote(row.model_id, safe=':')}"
    return Call(path, None, f"models.retrieve(model_id={_literal(row.model_id)})")


def _post(path: str, method: str, row: Row, **arguments: object) -> Call:
    """The SDK's argument for a list of texts is `inputs`, the API's is `input`; all others share their names."""
    named = {"inputs" if name == "input" else name: value for name, value in arguments.items()}
    lines = "".join(f"    {name}={_literal(value)},\n" for name, value in {"model": row.model_id, **named}.items())
    return Call(path, {"model": row.model_id, **arguments}, f"{method}(\n{lines})")
