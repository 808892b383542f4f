"""Whether the address, the key and the dialect are right, for `manage.py check_api`. Changes nothing upstream.

Whether an address has a write route is asked with OPTIONS and GET alone (`Transport.probe` sends no other verb), and
about a model that cannot exist, so there is nothing that could be changed even by a server that breaks HTTP's rules.
How sure the answer is:

*   `Allow`, on a 405 or on an answer to OPTIONS, names the verbs of a path: certain.
*   405 without it: some verb is routed there. Nearly certain.
*   404 "no Route": the path is not routed for GET. A gateway may still route the path for POST alone, so this counts
    only when the routes of another dialect are there.
*   Any other answer says nothing; then `dialect_fits` is None.
"""

import secrets
import time
from dataclasses import dataclass, replace

from models_ui.services.connection_errors import Unreachable
from models_ui.services.dialects import DIALECTS, RETRIEVE, Dialect, Route
from models_ui.services.errors import ConnectionCut, ModelsAPIError, RouteNotFound, TimedOut, Unauthorized
from models_ui.services.models_api import ModelsAPI
from models_ui.services.transport import Transport


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Plain facts. None means not known.

    `entries`         of the list, aliases counted
    `dialect_fits`    whether the address has the write routes of the dialect in use
    `better_dialect`  another one that fits, when the one in use does not
    `evidence`        one line of English for each probe
    `error`           why the list could not be had
    """

    address: str
    dialect: str
    reachable: bool
    key_accepted: bool | None = None
    entries: int | None = None
    unreadable: int | None = None
    milliseconds: float | None = None
    dialect_fits: bool | None = None
    better_dialect: str | None = None
    evidence: tuple[str, ...] = ()
    error: ModelsAPIError | None = None


def diagnose_api(api: ModelsAPI) -> Diagnosis:
    """Call the list, then probe the write routes. Raise nothing that a call could raise."""
    facts = Diagnosis(address=api.transport.base_url, dialect=api.dialect.name, reachable=True)
    started = time.monotonic()
    try:
        models = api.list()
    except ModelsAPIError as error:
        return replace(
            facts,
            reachable=not isinstance(error, Unreachable | TimedOut | ConnectionCut),
            key_accepted=False if isinstance(error, Unauthorized) else None,
            error=error,
        )
    facts = replace(
        facts,
        key_accepted=True,
        entries=len(models.cards) + models.unreadable,
        unreadable=models.unreadable,
        milliseconds=(time.monotonic() - started) * 1000,
    )
    return _with_dialect(facts, api)


def _with_dialect(facts: Diagnosis, api: ModelsAPI) -> Diagnosis:
    evidence: list[str] = []
    fits = {dialect.name: _is_spoken(dialect, api.transport, evidence) for dialect in DIALECTS.values()}
    is_own_spoken = fits.pop(api.dialect.name)
    others = [name for name, is_spoken in fits.items() if is_spoken]
    is_certain = is_own_spoken or bool(others)
    return replace(
        facts,
        dialect_fits=is_own_spoken if is_certain else None,
        better_dialect=others[0] if others and is_own_spoken is False else None,
        evidence=tuple(evidence),
    )


def _is_spoken(dialect: Dialect, transport: Transport, evidence: list[str]) -> bool | None:
    """Whether the write routes are there: True or False when all that is known agrees, else None."""
    model_id = f"ft:no-such-model:00000000:20000101:{secrets.token_hex(4)}"
    answers = set()
    for route in (dialect.update, dialect.archive, dialect.unarchive):
        is_there = _is_routed(route, model_id, transport)
        answers.add(is_there)
        words = {True: "is there", False: "is not there", None: "cannot be told"}[is_there]
        evidence.append(f"{dialect.name}: {route.verb} /{route.template} {words}")
    answers.discard(None)
    return answers.pop() if len(answers) == 1 else None


def _is_routed(route: Route, model_id: str, transport: Transport) -> bool | None:
    missing = False
    for verb in ("OPTIONS", "GET"):
        if verb == "GET" and route.template == RETRIEVE.template:
            break  # that is the retrieve route, which answers whatever the dialect
        answer = transport.probe(verb, route.path(model_id))
        allow = getattr(answer, "allow", ())
        if allow:
            return route.verb in allow
        if isinstance(answer, RouteNotFound):
            if answer.status == 405 and verb == "GET":
                return True
            missing = missing or answer.status == 404
    return False if missing else None
