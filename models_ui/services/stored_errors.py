"""Failures that outlive the request that met them: kept as plain facts, told in the reader's language."""

from typing import Any

from models_ui.services.errors import ModelsAPIError, NotConfigured


def facts_of(error: ModelsAPIError) -> dict[str, Any]:
    """What to store of a failure: its code and what its sentence needs."""
    found = {
        "code": error.code,
        "detail": error.detail,
        "status": error.status,
        "correlation_id": error.correlation_id,
        "model_id": error.model_id,
        "outcome_unknown": error.outcome_unknown,
        "retry_after": error.retry_after,
        "setting": error.setting if isinstance(error, NotConfigured) else "",
    }
    return {name: value for name, value in found.items() if value}


def sentence_of(facts: dict[str, Any]) -> str:
    """A stored failure as one sentence. A code of a version that is gone still gets a general one."""
    kind = kind_of(facts)
    if issubclass(kind, NotConfigured):
        return kind(facts.get("detail", ""), setting=facts.get("setting", "")).user_message
    return kind(
        facts.get("detail", ""),
        status=facts.get("status"),
        model_id=facts.get("model_id", ""),
        outcome_unknown=facts.get("outcome_unknown", False),
    ).user_message


def is_refusal(facts: dict[str, Any]) -> bool:
    """Whether upstream refused the key or the plan: somebody has to change something before trying again."""
    return facts.get("status") in (401, 403)


def kind_of(facts: dict[str, Any]) -> type[ModelsAPIError]:
    """The class of a stored failure, to ask what follows from it."""
    return _kinds().get(facts.get("code", ""), ModelsAPIError)


def _kinds() -> dict[str, type[ModelsAPIError]]:
    found: dict[str, type[ModelsAPIError]] = {}
    todo: list[type[ModelsAPIError]] = [ModelsAPIError]
    while todo:
        kind = todo.pop()
        found[kind.code] = kind
        todo.extend(kind.__subclasses__())
    return found
