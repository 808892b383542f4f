"""The ways in which a Models API names its routes.

`contract`   the OpenAPI document this dashboard was asked for: everything below /models
`platform`   what api.mistral.ai answers to according to Mistral's SDK (3.7): changes go to /fine_tuning/models,
             and unarchiving is a DELETE of the archive

List, retrieve and delete are the same in all. Paths are relative to the base URL.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal
from urllib.parse import quote

from django.utils.translation import gettext_noop

from models_ui.services.base_url import host_of, is_mistral
from models_ui.services.errors import NotConfigured

AUTO = "auto"


class NotClearable(Enum):
    """The type of NOT_CLEARABLE: the dialect has no value that clears the field."""

    NOT_CLEARABLE = "not clearable"


NOT_CLEARABLE: Final = NotClearable.NOT_CLEARABLE
ClearedField = str | None | Literal[NotClearable.NOT_CLEARABLE]


@dataclass(frozen=True, slots=True)
class Route:
    """A verb and a path.

    `promises` is a flag of the answer, which may lack it. If the answer has the flag with another value, the write did
    not do what was asked.
    """

    verb: str
    template: str
    promises: tuple[str, bool] | None = None

    def path(self, model_id: str = "") -> str:
        """Return the path for one model. The id is percent-encoded with nothing safe."""
        return self.template.format(id=quote(model_id, safe=""))


@dataclass(frozen=True, slots=True)
class Dialect:
    """The routes of one dialect, and what differs in its values.

    `cleared_name`, `cleared_text`  what an update sends to clear the name, and the description
    `lists_archived`                whether archived models stay in the list
    """

    name: str
    update: Route
    archive: Route
    unarchive: Route
    cleared_name: ClearedField
    cleared_text: str | None
    lists_archived: bool

    def cleared(self, field: str) -> ClearedField:
        """Return what an update sends to clear a field."""
        return self.cleared_name if field == "name" else self.cleared_text

    @property
    def can_clear_name(self) -> bool:
        return self.cleared_name is not NOT_CLEARABLE


LIST = Route("GET", "models")
RETRIEVE = Route("GET", "models/{id}")
DELETE = Route("DELETE", "models/{id}", promises=("deleted", True))

CONTRACT = Dialect(
    name="contract",
    update=Route("PATCH", "models/{id}"),
    archive=Route("POST", "models/{id}/archive", promises=("archived", True)),
    unarchive=Route("POST", "models/{id}/unarchive", promises=("archived", False)),
    cleared_name=NOT_CLEARABLE,
    cleared_text="",  # a description cannot be null either, but an empty one says the same
    lists_archived=False,
)
PLATFORM = Dialect(
    name="platform",
    update=Route("PATCH", "fine_tuning/models/{id}"),
    archive=Route("POST", "fine_tuning/models/{id}/archive", promises=("archived", True)),
    unarchive=Route("DELETE", "fine_tuning/models/{id}/archive", promises=("archived", False)),
    cleared_name=None,
    cleared_text=None,
    lists_archived=True,
)
DIALECTS = {dialect.name: dialect for dialect in (CONTRACT, PLATFORM)}


def resolve_dialect(name: str, base_url: str) -> Dialect:
    """Return the dialect of a setting: `contract`, `platform`, or `auto`, which goes by the host of the address."""
    if name == AUTO:
        return PLATFORM if is_mistral(host_of(base_url)) else CONTRACT
    try:
        return DIALECTS[name]
    except KeyError:
        problem = gettext_noop("it must be auto, contract or platform")
        raise NotConfigured(problem, setting="MODELS_API_DIALECT") from None
