"""The API's routes in both dialects, and what each operation does to the catalog.

`contract` is the published OpenAPI text, where every write is below /v1/models. `platform` is the live service, which
updates and archives below /v1/fine_tuning/models. List, retrieve and delete are the same in both.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sandbox.answers import (
    JSON,
    Answer,
    answer,
    bad_request,
    confirmation,
    contract_model,
    deprecated,
    detail,
    fine_tuned_model,
    no_route,
    not_found,
    refused,
)
from sandbox.catalog import Catalog, Entry
from sandbox.sources import is_fine_tune

CONTRACT, PLATFORM, BOTH = "contract", "platform", "both"
FIELDS = ("name", "description")  # what an update may set
DIALECTS = frozenset({CONTRACT, PLATFORM})

# Path below /v1, with the model's id as *; then for each method the verb and the dialect it belongs to.
TABLE: dict[tuple[str, ...], dict[str, tuple[str, str]]] = {
    ("models",): {"GET": ("list", BOTH)},
    ("models", "*"): {"GET": ("retrieve", BOTH), "DELETE": ("delete", BOTH), "PATCH": ("update", CONTRACT)},
    ("models", "*", "archive"): {"POST": ("archive", CONTRACT)},
    ("models", "*", "unarchive"): {"POST": ("unarchive", CONTRACT)},
    ("fine_tuning", "models", "*"): {"PATCH": ("update", PLATFORM)},
    ("fine_tuning", "models", "*", "archive"): {"POST": ("archive", PLATFORM), "DELETE": ("unarchive", PLATFORM)},
}


@dataclass(frozen=True)
class Route:
    """A call that has an operation."""

    verb: str
    dialect: str
    model: str | None


def resolve(method: str, path: str, dialects: frozenset[str] = DIALECTS) -> Route | Answer:
    """Return the operation for a method and a raw path without its query, or the answer where there is none."""
    pattern, model = _pattern(path)
    if pattern[:2] == ("fine_tuning", "jobs"):
        return detail(410, "Fine-tuning jobs are no longer available.")
    methods = TABLE.get(pattern, {})
    offered = {name: found for name, found in methods.items() if found[1] in dialects | {BOTH}}
    if not offered or (method in methods and method not in offered):
        return no_route()
    if method not in offered:
        return detail(405, "Method Not Allowed", allow=", ".join(sorted(offered)))
    verb, dialect = offered[method]
    return Route(verb, dialect, model)


def _pattern(path: str) -> tuple[tuple[str, ...], str | None]:
    """Return the path as a key of TABLE, and the model's id, decoded once; () for a path that could lead elsewhere."""
    parts = path.split("/")
    if parts[:2] != ["", "v1"] or any(part in ("", ".", "..") for part in parts[2:]):
        return (), None
    parts = parts[2:]
    place = 2 if parts[:1] == ["fine_tuning"] else 1  # where the id stands
    if len(parts) <= place or parts[place - 1] != "models":
        return tuple(parts), None
    model = _decode_id(parts[place])
    return ((), None) if model is None else ((*parts[:place], "*", *parts[place + 1 :]), model)


def _decode_id(part: str) -> str | None:
    """Return the id in a part of a path; None where it could lead elsewhere."""
    try:
        model = unquote(part, errors="strict")
    except UnicodeDecodeError:
        return None
    return None if "/" in model or "\\" in model or model in (".", "..") else model


def perform(
    catalog: Catalog, route: Route, body: bytes, *, content_type: str | None = None, strict: bool = False
) -> Answer:
    """Do what the route says. `strict` reads answer the contract's fields alone, and leave archived models out."""
    now = time.time()
    if route.model is None:
        return _list_models(catalog, now, strict=strict)
    changes = _changes(route, body, content_type) if route.verb == "update" else {}
    if isinstance(changes, Answer):
        return changes
    entry = catalog.find(route.model, now)
    if entry is None:
        return deprecated(route.model) if catalog.is_retired(route.model) else not_found(route.model)
    if route.verb == "retrieve":
        return answer(200, contract_model(entry) if strict else entry)
    if not is_fine_tune(entry):
        return refused({"update": "updated"}.get(route.verb, f"{route.verb}d"))
    try:
        return _write(catalog, route, route.model, changes)
    except KeyError:  # deleted by another thread since we looked
        return not_found(route.model)


def _list_models(catalog: Catalog, now: float, *, strict: bool) -> Answer:
    entries = catalog.listed(now)
    if strict:
        kept = (entry for entry in entries if isinstance(entry, dict) and entry.get("archived") is not True)
        entries = [contract_model(entry) for entry in kept if "id" in entry]
    return answer(200, {"object": "list", "data": entries})


def _write(catalog: Catalog, route: Route, model: str, changes: Entry) -> Answer:
    if route.verb == "delete":
        catalog.remove(model)
        return confirmation(model, deleted=True)
    if route.verb == "update":
        entry = catalog.update(model, **changes)
    else:
        entry = catalog.archive(model) if route.verb == "archive" else catalog.unarchive(model)
    if route.dialect == CONTRACT:
        return answer(200, contract_model(entry))
    if route.verb == "update":
        return answer(200, fine_tuned_model(entry))
    return confirmation(model, archived=entry["archived"])


def _changes(route: Route, body: bytes, content_type: str | None) -> Entry | Answer:
    """Return the fields that an update names. Each dialect refuses a wrong body in its own way."""
    if route.dialect == CONTRACT:
        try:
            return _contract_changes(body, content_type)
        except ValueError as error:
            return bad_request(str(error))
    try:
        given: Any = json.loads(body)
    except (ValueError, RecursionError):
        return detail(422, "Cannot parse request body")
    if not isinstance(given, dict):
        return detail(422, "The request body should be an object.")
    changes = {key: given[key] for key in FIELDS if key in given}
    for key, value in changes.items():
        if value is not None and not isinstance(value, str):
            return detail(422, f"{key} should be a string or null.")
    return changes


def _contract_changes(body: bytes, content_type: str | None) -> Entry:
    """Read the contract's `UpdateModelRequest`: a JSON object whose two fields are texts, and never null.

    Other fields are allowed. Raise ValueError, with what is wrong, for any other body.
    """
    if not body:
        raise ValueError("A request body is required.")
    if content_type is not None and content_type.partition(";")[0].strip().lower() != JSON:
        raise ValueError(f"The request body should be {JSON}.")
    try:
        given: Any = json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ValueError("The request body is not valid JSON.") from None
    if not isinstance(given, dict):
        raise ValueError("The request body should be an object.")
    changes = {key: given[key] for key in FIELDS if key in given}
    for key, value in changes.items():
        if not isinstance(value, str):
            raise ValueError(f"{key} should be a string.")
    return changes


def _refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which Python reads although they are no JSON."""
    raise ValueError(name)
