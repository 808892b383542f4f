"""What a person asked the page of retirements for: `?when=ahead&type=base&affected=1`. Pure: no Django."""

from dataclasses import dataclass
from typing import Final, Literal, Self

from models_ui.listing.parameters import AddressQuery, meaning_of, one_of, parameter
from models_ui.vocabulary import TYPES

HORIZONS: Final = (30, 90, 180)  # days ahead

When = Literal["", "ahead", "past"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementsQuery(AddressQuery):
    """Filters of dates. The names of the parameters stand in the addresses of private links, too."""

    when: When = parameter("", one_of(("ahead", "past")))
    within: int | None = parameter(None, meaning_of({str(days): days for days in HORIZONS}))  # days ahead
    type: str = parameter("", one_of(TYPES))
    affected: bool = parameter(False, meaning_of({"1": True}))  # only dates on which fine-tunes hang

    def at(self, when: When = "", within: int | None = None) -> Self:
        """Return the query for another time; without either for all dates, past ones too."""
        return self.changed(when=when, within=within)
