"""The facets: the filters of the catalog that choose among values, such as `status` and `owner`. Imports no Django.

`_ALL` lists the facets in the order in which a page shows them. A new facet is an entry of `_ALL` and a field of the
same name in `CatalogQuery`. The index, the panels and the chips then need no change, since they go through FACETS or
OFFERED. `facet_panels.py` treats two facets differently: `type` is shown as tabs, and the context length, a range and
no facet, stands before `root`. `labels.py` translates the label, which `make messages` takes to the French catalogue.
Depending on the facet:

- if a search is to know its values, name the facet below: in NAMED_IN_SEARCH if its values have labels, in
  SEARCHED_BY_VALUE if they have none;
- if a kind of change can alter its value, name the facet in that kind's `own_filters` (`changes/kinds.py`);
- if it shows a new column of `CatalogModel`, `Row` needs a field of the same name, `mirror/merge.py` must fill the
  column, and `store.py: _read_row` converts a value that is no plain text, number or list;
- if the facet's `offers` reads a field of `Row`, name this field in `_FOLLOWED` (`index_parts.py`);
- if the facet's `values_of` reads a field of `Row` that stands in `_UNFACETED` (`index_parts.py`), remove it there.

`tests/catalog/test_index.py` compares the index with a plain loop over all models, for each facet and each status; add
the facet to that loop.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from models_ui.catalog.lifecycle import LIFECYCLES
from models_ui.catalog.row import STATES, Row
from models_ui.catalog.status import STATUSES, Standing
from models_ui.text.folding import SortKey, sort_key
from models_ui.text.keepers import NOBODY, keeper_label
from models_ui.vocabulary import BASE, CAPABILITIES, FINE_TUNED, TYPES, gettext_noop, word_of_key

Combination = Literal["any", "all", "none"]
ValuesOf = Callable[[Row, Standing], Iterable[str]]
"""Returns the values of a row, given its standing when the index was built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One way to filter the catalog: by values, each shown with a number of rows."""

    name: str  # the field of `CatalogQuery`, and the parameter of the address
    label: str
    values_of: ValuesOf
    combines: Combination = "any"  # whether a row needs any, all or none of the chosen values
    fixed_order: Sequence[str] = ()  # the values that come first, in this order; the others follow by name
    is_closed: bool = False  # whether there are no values but those of `fixed_order`
    by_size: bool = False  # whether the values with most rows come first
    offers: Callable[[Row], Iterable[str]] = lambda row: ()  # values to offer also where no row has them
    value_labels: Mapping[str, str] = field(default_factory=dict)
    other_words: Mapping[str, Sequence[str]] = field(default_factory=dict)  # for a value, in a search; any language
    read_unlabelled: Callable[[str], str] = str  # how a value without a label is shown
    starts_open: bool = False  # others open when they are in use
    is_offered: bool = True  # whether pages offer it; if not, only addresses use it

    @property
    def narrows(self) -> bool:
        """Whether one more value leaves fewer rows; otherwise it is an alternative to the chosen ones."""
        return self.combines != "any"

    def order(self, value: str, rows: int) -> tuple[int, int, SortKey]:
        """Return the sort key of a value that this number of rows has."""
        place = self.fixed_order.index(value) if value in self.fixed_order else len(self.fixed_order)
        return place, -rows if self.by_size else 0, sort_key(value)


def _capability_facet(name: str, label: str, combines: Combination, *, starts_open: bool = False) -> Facet:
    return Facet(
        name=name,
        label=label,
        values_of=_capabilities_of,
        combines=combines,
        fixed_order=tuple(CAPABILITIES),
        offers=_lacking_of,
        value_labels=CAPABILITIES,
        other_words={"function_calling": ("tools", "tool", "outils"), "completion_fim": ("fim",)},
        read_unlabelled=word_of_key,
        starts_open=starts_open,
    )


def _capabilities_of(row: Row, standing: Standing) -> Iterable[str]:
    return row.capabilities


def _lacking_of(row: Row) -> Iterable[str]:
    return row.lacks


_ALL: Final = (
    Facet(
        name="type",
        label=gettext_noop("Type"),
        values_of=lambda row, standing: (row.type,),
        fixed_order=TYPES,
        value_labels={BASE: gettext_noop("Base"), FINE_TUNED: gettext_noop("Fine-tuned")},
        other_words={FINE_TUNED: ("fine-tune", "fine-tunes")},
        starts_open=True,
    ),
    Facet(
        name="status",
        label=gettext_noop("Status"),
        values_of=lambda row, standing: (standing.status,),
        fixed_order=STATUSES,
        is_closed=True,
        value_labels={
            "live": gettext_noop("Live"),
            "at_risk": gettext_noop("At risk"),
            "retiring": gettext_noop("Retiring"),
            "past_date": gettext_noop("Past its date"),
            "archived": gettext_noop("Archived"),
            "to_be_deleted": gettext_noop("To be deleted"),
            "gone": gettext_noop("Gone"),
            "deleted": gettext_noop("Deleted"),
        },
        starts_open=True,
    ),
    _capability_facet("capability", gettext_noop("Must be able to"), "all", starts_open=True),
    _capability_facet("capability_any", gettext_noop("Any one of"), "any"),
    _capability_facet("capability_not", gettext_noop("Must not"), "none"),
    Facet(
        name="lifecycle",
        label=gettext_noop("Lifecycle"),
        values_of=lambda row, standing: (standing.stage,),
        fixed_order=LIFECYCLES,
        is_closed=True,
        value_labels={
            "active": gettext_noop("Active"),
            "retiring": gettext_noop("Retiring"),
            "retired": gettext_noop("Retired"),
        },
        is_offered=False,
    ),
    Facet(
        name="state",
        label=gettext_noop("State"),
        values_of=lambda row, standing: (row.state,),
        fixed_order=STATES,
        is_closed=True,
        value_labels={
            "live": gettext_noop("Live"),
            "archived": gettext_noop("Archived"),
            "missing": gettext_noop("Gone"),
        },
        is_offered=False,
    ),
    Facet(
        name="keeper",
        label=gettext_noop("Looked after by"),
        values_of=lambda row, standing: row.present_keepers or (NOBODY,),
        by_size=True,
        value_labels={NOBODY: gettext_noop("Nobody")},
        read_unlabelled=keeper_label,
        starts_open=True,
    ),
    Facet(
        name="tag",
        label=gettext_noop("Tags"),
        values_of=lambda row, standing: row.tags,
        by_size=True,
        starts_open=True,
    ),
    Facet(
        name="root",
        label=gettext_noop("Base model"),
        values_of=lambda row, standing: (row.root,) if row.root else (),
        by_size=True,
        starts_open=True,
    ),
    Facet(
        name="owner",
        label=gettext_noop("Owner"),
        values_of=lambda row, standing: (row.owned_by,) if row.owned_by else (),
        by_size=True,
    ),
)
FACETS: Final[Mapping[str, Facet]] = {facet.name: facet for facet in _ALL}
NAMED_IN_SEARCH: Final = tuple(FACETS[name] for name in ("status", "type", "capability", "keeper"))
SEARCHED_BY_VALUE: Final = tuple(
    FACETS[name] for name in ("capability", "tag", "keeper")
)  # values without a label, too
OFFERED: Final = tuple(facet for facet in _ALL if facet.is_offered)


def facet_values(row: Row, standing: Standing) -> dict[str, set[str]]:
    """Return the row's values of each facet, by the facet's name."""
    return {name: set(facet.values_of(row, standing)) for name, facet in FACETS.items()}
