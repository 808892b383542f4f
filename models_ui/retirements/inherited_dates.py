"""The base model whose date a fine-tune inherits. Pure: no Django, no clock."""

from collections.abc import Iterable

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.replacements import Find
from models_ui.catalog.row import Row


def inherited_dates(index: CatalogIndex) -> "InheritedDates":
    """Return the finder for a whole catalog, kept with the index."""
    return index.cached_with_facts("inherited dates", lambda: InheritedDates(index.find))


class InheritedDates:
    """Finds, of all that a fine-tune's root leads to, the model that ends first.

    Models with a date that the root leads to at once come before those that it leads to through other fine-tunes.
    Unlike a risk the answer does not depend on the clock, nor on whether the base model is still listed. What a root
    leads to is worked out once, so that a whole catalog takes linear time.
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._bases: dict[str, Row | None] = {}  # by root

    def base_of(self, row: Row) -> Row | None:
        """Return the base model whose date the fine-tune inherits. No fine-tune inherits its own."""
        if row.root not in self._bases:
            self._search(row.root)
        base = self._bases[row.root]
        return base if base is None or base.pk != row.pk else self._search_without(row)

    def _search(self, root: str) -> None:
        """Find what a root leads to; and the same for the roots on the way, as long as there is a single way."""
        chain: list[str] = []
        level, seen = [root], {root}
        base: Row | None = None
        while level and base is None:
            if len(seen) == len(chain) + 1:
                if level[0] in self._bases:
                    base = self._bases[level[0]]
                    break
                chain.append(level[0])
            base, level = self._step(level, seen)
        self._bases.update(dict.fromkeys(chain, base))

    def _search_without(self, row: Row) -> Row | None:
        level, seen = [row.root], {row.root}
        base: Row | None = None
        while level and base is None:
            base, level = self._step(level, seen, without=row)
        return base

    def _step(self, level: list[str], seen: set[str], without: Row | None = None) -> tuple[Row | None, list[str]]:
        """Return the first model to end among those that the roots lead to; and their roots that are not seen yet."""
        rows = [row for root in level for row in self._rows_of(root, without)]
        following = dict.fromkeys(row.root for row in rows if row.is_fine_tuned and row.root not in seen)
        seen.update(following)
        return _first_to_end(rows), list(following)

    def _rows_of(self, root: str, without: Row | None) -> list[Row]:
        rows = self._find(root) if root else ()
        return [row for row in rows if not row.is_deleted and (without is None or row.pk != without.pk)]


def _first_to_end(rows: Iterable[Row]) -> Row | None:
    dated = [(row.deprecation, row.pk, row) for row in rows if row.deprecation]
    return min(dated)[2] if dated else None
