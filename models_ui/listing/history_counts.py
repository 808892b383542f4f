"""How many entries of a history each value of a facet would leave, counted by the database, over the newest alone."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Model, QuerySet

from models_ui.text.humanize import exact_number

MOST_COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class HistoryCounts:
    """The number of entries by value. `is_whole` is False where older entries were not counted."""

    numbers: Mapping[str, int]
    is_whole: bool

    def may_have(self, value: str) -> bool:
        return not self.is_whole or bool(self.numbers.get(value))

    def words_of(self, value: str) -> str:
        number = self.numbers.get(value, 0)
        if self.is_whole:
            return exact_number(number)
        return f"{exact_number(number)}+" if number else ""

    def total_of(self, values: Collection[str]) -> str:
        """Return how many entries have one of these values, or any where there are none."""
        number = sum(number for value, number in self.numbers.items() if not values or value in values)
        return exact_number(number) if self.is_whole else f"{exact_number(number)}+"


class CrossCounts:
    """The newest entries of a list, counted by several columns at once."""

    def __init__(self, entries: QuerySet[Any], columns: Sequence[str]) -> None:
        self.columns = columns
        table: type[Model] = entries.model
        newest = entries.order_by("-pk").values("pk")[: MOST_COUNTED + 1]
        counted = table._default_manager.filter(pk__in=newest).order_by().values_list(*columns)
        self.rows = [(row[:-1], row[-1]) for row in counted.annotate(number=Count("pk"))]
        self.is_whole = sum(number for _values, number in self.rows) <= MOST_COUNTED

    def counts_of(self, column: str, chosen: Mapping[str, Sequence[str]]) -> HistoryCounts:
        """Return the counts of a column's values, among the entries that have the chosen values of the others."""
        place = self.columns.index(column)
        others = [(self.columns.index(name), values) for name, values in chosen.items() if values and name != column]
        numbers: Counter[str] = Counter()
        for values, number in self.rows:
            if all(values[other] in wanted for other, wanted in others):
                numbers[values[place]] += number
        return HistoryCounts(numbers, self.is_whole)
