"""Commands that call one model, to copy from its page: with its own id, never an alias that may move."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from models_ui.catalog.index import Row

_DOCUMENT = {"type": "document_url", "document_url": "https://example.org/document.pdf"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API: its path below the base address, its JSON body, and the same with the Python SDK."""

    path: str
    body: Mapping[str, object] | None
    python: str  # the call on `client`, without the model


def curl_snippet(row: Row, base_url: str) -> str:
    call = _call(row)
    lines = [f"curl {shlex.quote(base_url + call.path)}", '-H "Authorization: Bearer $MISTRAL_API_KEY"']
    if call.body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(call.body))}"]
    return " \\\n  ".join(lines)


def python_snippet(row: Row) -> str:
    call = _call(row)
    return (
        "import os\n\n"
        "from mistralai.client import Mistral\n\n"
        'client = Mistral(api_key=os.environ["MISTRAL_API_KEY"])\n'
        f"answer = client.{call.python}\n"
        "print(answer)\n"
    )


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
    return Call(f"/models/{row.model_id}", None, f"models.retrieve(model_id={json.dumps(row.model_id)})")


def _post(path: str, method: str, row: Row, **arguments: object) -> Call:
    """The SDK's argument for a list of texts is `inputs`, the API's is `input`; all others share their names."""
    named = {"inputs" if name == "input" else name: value for name, value in arguments.items()}
    lines = "".join(f"    {name}={json.dumps(value)},\n" for name, value in {"model": row.model_id, **named}.items())
    return Call(path, {"model": row.model_id, **arguments}, f"{method}(\n{lines})")
