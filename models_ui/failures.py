"""Failures that outlive the request that met them: kept as plain facts, told in the reader's language."""

from typing import Any

from django.utils.translation import gettext_lazy

from models_ui.services.errors import ModelsAPIError, NotConfigured


class EmptyList(ModelsAPIError):
    code = "empty_list"
    retryable = True
    sentence = gettext_lazy(
        "The Models API listed no model at all, which cannot be right, so every known model was kept: "
        "try again, and if it lasts ask whoever runs the dashboard which organisation the API key belongs to."
    )


class GarbledList(ModelsAPIError):
    """Most entries have no readable name or aliases, so that nothing tells which of them are one model."""

    code = "garbled_list"
    retryable = True
    sentence = gettext_lazy(
        "Most entries of the Models API’s list could not be read, so every known model was kept: try again later, "
        "and if it lasts ask whoever runs the dashboard to look for a newer version of it."
    )


class OtherUpstream(ModelsAPIError):
    """The configured address is not the one the rows came from, which `detail` names."""

    code = "other_upstream"
    sentence = gettext_lazy(
        "These models came from %(detail)s, and the dashboard now has another address. Ask whoever runs it to "
        "set another DATABASE_URL, or to run “manage.py sync_models --adopt” if both are the same organisation."
    )

    def _words(self) -> dict[str, object]:
        return {**super()._words(), "detail": self.detail}


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
