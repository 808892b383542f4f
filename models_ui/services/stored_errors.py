"""Errors as plain facts that can be stored, and their sentences in the reader's language."""

from typing import Any

import models_ui.services.connection_errors  # noqa: F401  # its classes are stored too
from models_ui.services.errors import ModelsAPIError, NotConfigured


def error_facts(error: ModelsAPIError) -> dict[str, Any]:
    """Return what to store of an error: its code and what its sentence needs."""
    facts = {
        "code": error.code,
        "detail": error.detail,
        "status": error.status,
        "correlation_id": error.correlation_id,
        "model_id": error.model_id,
        "outcome_unknown": error.outcome_unknown,
        "retry_after": error.retry_after,
        "setting": error.setting if isinstance(error, NotConfigured) else "",
    }
    return {name: value for name, value in facts.items() if value}


def stored_error_sentence(facts: dict[str, Any], *, once_read: bool = False) -> str:
    """Return a stored error as one sentence. A code that no class has any more gets a general one.

    `once_read` leaves out the advice to read the model again.
    """
    error_class = error_class_of(facts)
    if issubclass(error_class, NotConfigured):
        return error_class(facts.get("detail", ""), setting=facts.get("setting", "")).user_message
    error = error_class(
        facts.get("detail", ""),
        status=facts.get("status"),
        model_id=facts.get("model_id", ""),
        outcome_unknown=facts.get("outcome_unknown", False),
    )
    return error.message_once_read if once_read else error.user_message


def is_refusal(facts: dict[str, Any]) -> bool:
    """Whether upstream refused the key or the plan, so that trying again does not help."""
    return facts.get("status") in (401, 403)


def error_class_of(facts: dict[str, Any]) -> type[ModelsAPIError]:
    """Return the class of a stored error."""
    return _classes_by_code().get(facts.get("code", ""), ModelsAPIError)


def _classes_by_code() -> dict[str, type[ModelsAPIError]]:
    classes: dict[str, type[ModelsAPIError]] = {}
    waiting: list[type[ModelsAPIError]] = [ModelsAPIError]
    while waiting:
        error_class = waiting.pop()
        classes[error_class.code] = error_class
        waiting.extend(error_class.__subclasses__())
    return classes
