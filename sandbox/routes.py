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
    Answer,
    answer,
    confirmation,
    contract_model,
    deprecated,
    detail,
    fine_tuned_model,
    invalid,
    no_route,
    not_found,
    refused,
)
from sandbox.catalog import Catalog, Entry
from sandbox.sources import is_fine_tune

CONTRACT, PLATFORM, BOTH = "contract", "platform", "both"
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
    """A call that an operation takes."""

    verb: str
    dialect: str
    model: str | None


def resolve(method: str, path: str, dialects: frozenset[str] = DIALECTS) -> Route | Answer:
    """The operation for a method and a raw path without its query, or the answer for those that have none."""
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
    """The path as a key of TABLE, and the model's id, decoded once. What could lead elsewhere is no path at all."""
    parts = path.split("/")
    if parts[:2] != ["", "v1"] or any(part in ("", ".", "..") for part in parts[2:]):
        return (), None
    parts = parts[2:]
    place = 2 if parts[:1] == ["fine_tuning"] else 1  # where the id stands
    if len(parts) <= place or parts[place - 1] != "models":
        return tuple(parts), None
    try:
        model = unquote(parts[place], errors="strict")
    except UnicodeDecodeError:
        return (), None
    if "/" in model or "\\" in model or model in (".", ".."):
        return (), None
    return (*parts[:place], "*", *parts[place + 1 :]), model


def perform(catalog: Catalog, route: Route, body: bytes, *, strict: bool = False) -> Answer:
    """Does what the route says. `strict` reads answer the contract's fields alone, and leave archived models out."""
    now = time.time()
    if route.model is None:
        entries = catalog.listed(now)
        if strict:
            kept = (entry for entry in entries if isinstance(entry, dict) and entry.get("archived") is not True)
            entries = [contract_model(entry) for entry in kept if "id" in entry]
        return answer(200, {"object": "list", "data": entries})

    changes = _changes(route, body) if route.verb == "update" else {}
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


def _changes(route: Route, body: bytes) -> Entry | Answer:
    """The fields an update sets, only those it names. Each dialect has its own way to say that the body is wrong."""
    contract = route.dialect == CONTRACT
    try:
        given: Any = json.loads(body)
    except (ValueError, RecursionError):
        if contract:
            return invalid("json_invalid", ["body", 0], "JSON decode error", {})
        return detail(422, "Cannot parse request body")
    if not isinstance(given, dict):
        if contract:
            return invalid("model_attributes_type", ["body"], "Input should be a valid dictionary", given)
        return detail(422, "The request body should be an object.")
    changes = {key: given[key] for key in ("name", "description") if key in given}
    for key, value in changes.items():
        if isinstance(value, str) or (value is None and not contract):
            continue
        if contract:
            return invalid("string_type", ["body", key], "Input should be a valid string", value)
        return detail(422, f"{key} should be a string or null.")
    return changes
