"""What a person asked the page of retirements for: `?within=90&type=base&affected=1`. Pure: no Django."""

from dataclasses import dataclass
from typing import Final

from models_ui.listing.parameters import AddressQuery, meaning_of, one_of, parameter
from models_ui.vocabulary import TYPES

HORIZONS: Final = (30, 90, 180)  # days ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementsQuery(AddressQuery):
    within: int | None = parameter(None, meaning_of({str(days): days for days in HORIZONS}))  # None: past dates, too
    type: str = parameter("", one_of(TYPES))
    affected: bool = parameter(False, meaning_of({"1": True}))  # only models that fine-tunes were trained from
