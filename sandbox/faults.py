"""Faults on demand: what can go wrong between a client and the API, which calls it strikes and how often.

A fault may be limited to a verb, a model, a number of times and a chance. Its kinds fall into three groups:

* in place of the answer, the operation not performed unless `after` is set: `status` `html` `not-json` `empty`
  `redirect` `huge` `hang` `cut`
* the real answer spoiled, so the operation is performed: `wrong-types` `truncated` `drip`, and `cut` with `when="body"`
* a wait before the operation, or with `after` behind it: `slow`, which lets the next matching fault strike as well
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any

from sandbox.answers import HTML, SHAPES, Answer, answer, error, html_page

KINDS = (
    "status",
    "html",
    "slow",
    "drip",
    "hang",
    "cut",
    "truncated",
    "huge",
    "not-json",
    "wrong-types",
    "empty",
    "redirect",
)
READS = ("list", "retrieve")
WRITES = ("update", "archive", "unarchive", "delete")
VERBS = (*READS, *WRITES, "reads", "writes", "all")


class FaultError(ValueError):
    """A fault that makes no sense; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of fault and the calls that it strikes."""

    kind: str
    verb: str = "all"
    model: str | None = None  # the id as the path names it
    times: int | None = None  # None: until it is cleared
    chance: float = 1.0  # of striking each matching call
    after: bool = False  # the operation is performed first: its outcome is then unknown to the client
    status: int | None = None  # for `status` and `html`
    shape: str | None = None  # for `status`: a key of SHAPES, "html" or "nothing"
    retry_after: str | None = None  # the header's text: seconds, or an HTTP date
    seconds: float | None = None  # `slow`: the wait, `drip`: between two bytes, `hang`: until the connection is closed
    megabytes: int = 64  # for `huge`
    when: str = "before"  # for `cut`: "before" any answer or amid its "body"
    location: str = "https://elsewhere.invalid/v1/models"  # for `redirect`: a name that never resolves

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(self, field.name, str(field.type))
        if self.kind == "status" and self.status is None:
            raise FaultError("a fault of kind status needs the status, as in status=503")
        if self.status is not None and not 200 <= self.status <= 599:
            raise FaultError(f"status={self.status} is no HTTP status between 200 and 599")

    def hits(self, verb: str, model: str | None) -> bool:
        """Whether a call is one of those this fault is meant for."""
        groups = {"all", verb, "reads" if verb in READS else "writes"}
        return self.verb in groups and self.model in (None, model)

    @property
    def performs(self) -> bool:
        """Whether the operation takes place nevertheless."""
        spoils = self.kind in {"slow", "drip", "wrong-types", "truncated"}
        return self.after or spoils or (self.kind == "cut" and self.when == "body")

    @property
    def is_silent(self) -> bool:
        """Whether the caller gets no answer at all."""
        return self.kind == "hang" or (self.kind == "cut" and self.when == "before")

    def spoil(self, real: Answer | None, verb: str, model: str | None) -> Answer:
        """Return the answer to send. `real` is the operation's own, if it took place."""
        invented = self._invent_answer(verb, model)
        if invented is not None:
            return invented
        real = real or Answer(200, b"")
        return Answer(real.status, _mistyped(real.body)) if self.kind == "wrong-types" else real

    def _invent_answer(self, verb: str, model: str | None) -> Answer | None:
        """Return the answer of a fault that has one of its own."""
        headers = {"retry-after": self.retry_after} if self.retry_after else {}
        if self.kind == "status" and self.status:
            return error(self.status, self.shape, model, **headers)
        if self.kind == "html":
            status = self.status or 502
            return Answer(status, html_page(status), HTML, headers)
        if self.kind == "not-json":
            return Answer(200, b"upstream connect error or disconnect/reset before headers", "text/plain")
        if self.kind == "empty":
            return answer(200, {"object": "list", "data": []} if verb == "list" else {})
        return Answer(302, b"", HTML, {"location": self.location}) if self.kind == "redirect" else None


def _check(fault: Fault, name: str, kind: str) -> None:
    """Check one field. Faults come from a command line and over HTTP too, so types are looked at when one is made."""
    allowed: dict[str, tuple[str, ...]] = {
        "kind": KINDS,
        "verb": VERBS,
        "when": ("before", "body"),
        "shape": (*SHAPES, "html", "nothing"),
    }
    value = getattr(fault, name)
    if value is None and "None" in kind:
        return
    if not _is_of_type(value, kind.split(" ")[0]):
        raise FaultError(f"{name}={value!r} is not of type {kind}")
    if isinstance(value, str) and not value.isprintable():
        raise FaultError(f"{name}={value!r} has control characters")
    if name in allowed and value not in allowed[name]:
        raise FaultError(f"{name}={value!r} is unknown; there are: {' '.join(allowed[name])}")
    if isinstance(value, int | float) and value < 0:
        raise FaultError(f"{name}={value!r} is negative")


def _is_of_type(value: Any, kind: str) -> bool:
    """Whether the value is of a type, by its name. A bool is no number."""
    expected: tuple[type, ...] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}[kind]
    return isinstance(value, expected) and (bool in expected or not isinstance(value, bool))


def _mistyped(body: bytes) -> bytes:
    """Return the same JSON with a wrong type in every field but the ids."""

    def spoil(key: str, value: Any) -> Any:
        if key in {"id", "object"}:
            return value
        if isinstance(value, str):
            return 7
        if isinstance(value, bool) or value is None:
            return "perhaps"
        if isinstance(value, int | float):
            return str(value)
        return list(value) if isinstance(value, dict) else {"unexpected": value}

    content = json.loads(body)
    if isinstance(content, dict) and isinstance(content.get("data"), list):
        content["data"] = [
            {key: spoil(key, value) for key, value in entry.items()} if isinstance(entry, dict) else entry
            for entry in content["data"]
        ]
    elif isinstance(content, dict):
        content = {key: spoil(key, value) for key, value in content.items()}
    return json.dumps(content).encode()


class Faults:
    """The faults in force, safe to use from several threads. The first that matches strikes."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self.clear()

    def add(self, kind: str, **selectors: Any) -> Fault:
        """Put a fault in force. `add("503")` is short for `add("status", status=503)`."""
        if kind.isdecimal():
            kind, selectors = "status", {"status": int(kind), **selectors}
        if isinstance(selectors.get("retry_after"), int):
            selectors["retry_after"] = str(selectors["retry_after"])
        unknown = selectors.keys() - {field.name for field in fields(Fault)}
        if unknown:
            raise FaultError(f"a fault has no {', '.join(sorted(unknown))}")
        fault = Fault(kind=kind, **selectors)
        with self._lock:
            self._left.append((fault, fault.times))
        return fault

    def add_text(self, text: str) -> Fault:
        """Put a fault in force that is written `NAME[:key=value,...]`, as on the command line."""
        name, _, rest = text.partition(":")
        # A comma separates only where a key follows: a retry_after date has one of its own.
        pairs = [pair.partition("=") for pair in re.split(r",(?=[a-z_]+=)", rest)] if rest else []
        return self.add(name, **{key: _parsed(key, value) for key, _, value in pairs})

    def clear(self) -> None:
        """End all faults, and seed chance anew, so that a run repeats."""
        with self._lock:
            self._left: list[tuple[Fault, int | None]] = []
            self._random = Random(self._seed)

    def strike(self, verb: str, model: str | None) -> list[Fault]:
        """Return the faults for this call: any number of `slow`, then at most one other. Each counts as used."""
        struck: list[Fault] = []
        with self._lock:
            for place, (fault, left) in enumerate(self._left):
                if left == 0 or not fault.hits(verb, model) or self._random.random() >= fault.chance:
                    continue
                struck.append(fault)
                self._left[place] = (fault, None if left is None else left - 1)
                if fault.kind != "slow":
                    break
        return struck

    def in_force(self) -> list[dict[str, Any]]:
        """Return the faults that can still strike, with how many times are `left`."""
        with self._lock:
            return [
                {key: value for key, value in asdict(fault).items() if value is not None} | {"left": left}
                for fault, left in self._left
                if left != 0
            ]


def _parsed(key: str, value: str) -> Any:
    """Return a value from the command line: a number or yes/no where one is expected, else the text."""
    kind = next((str(field.type) for field in fields(Fault) if field.name == key), "str").split(" ")[0]
    try:
        if kind == "bool":
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[value.lower()]
        return int(value) if kind == "int" else float(value) if kind == "float" else value
    except (KeyError, ValueError):
        raise FaultError(f"{key}={value!r} is not of type {kind}") from None
