"""Errors for which a sync keeps every row as it is although upstream answered."""

from django.utils.translation import gettext_lazy

from models_ui.services.errors import ModelsAPIError


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
