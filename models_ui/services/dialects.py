"""The two ways in which a Models API names its routes.

`contract`   the OpenAPI document this dashboard was asked for: everything below /models
`platform`   what api.mistral.ai answers to according to Mistral's SDK (3.7): changes go to /fine_tuning/models,
             and unarchiving is a DELETE of the archive

List, retrieve and delete are the same in both. Paths are relative to the base URL.
"""

from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import gettext_noop

from models_ui.services.base_url import host_of, is_mistral

from .errors import NotConfigured

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Route:
    """A verb and a path. `promises` is the flag that the answer carries if it carries it at all: a write's answer
    that says the opposite did not do what was asked."""

    verb: str
    template: str
    promises: tuple[str, bool] | None = None

    def path(self, model_id: str = "") -> str:
        """The path for one model; the id is percent-encoded with nothing safe."""
        return self.template.format(id=quote(model_id, safe=""))


@dataclass(frozen=True, slots=True)
class Dialect:
    name: str
    update: Route
    archive: Route
    unarchive: Route
    can_clear_name: bool
    """Whether the request type allows `name: null`."""
    lists_archived: bool
    """Whether archived models stay in the list; the contract's archiving removes them from it."""


LIST = Route("GET", "models")
RETRIEVE = Route("GET", "models/{id}")
DELETE = Route("DELETE", "models/{id}", promises=("deleted", True))

CONTRACT = Dialect(
    name="contract",
    update=Route("PATCH", "models/{id}"),
    archive=Route("POST", "models/{id}/archive", promises=("archived", True)),
    unarchive=Route("POST", "models/{id}/unarchive", promises=("archived", False)),
    can_clear_name=False,
    lists_archived=False,
)
PLATFORM = Dialect(
    name="platform",
    update=Route("PATCH", "fine_tuning/models/{id}"),
    archive=Route("POST", "fine_tuning/models/{id}/archive", promises=("archived", True)),
    unarchive=Route("DELETE", "fine_tuning/models/{id}/archive", promises=("archived", False)),
    can_clear_name=True,
    lists_archived=True,
)
DIALECTS = {dialect.name: dialect for dialect in (CONTRACT, PLATFORM)}


def resolve(name: str, base_url: str) -> Dialect:
    """The dialect a setting means: `contract`, `platform`, or `auto`, which goes by the host of the address."""
    if name == AUTO:
        return PLATFORM if is_mistral(host_of(base_url)) else CONTRACT
    try:
        return DIALECTS[name]
    except KeyError:
        problem = gettext_noop("it must be auto, contract or platform")
        raise NotConfigured(problem, setting="MODELS_API_DIALECT") from None
