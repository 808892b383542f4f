"""What the catalog knows of a typed word, for searches of other lists."""

from collections.abc import Callable, Iterable
from functools import cache

from models_ui.catalog.index import CatalogIndex
from models_ui.listing.history_search import Speller


def catalog_speller(load: Callable[[], CatalogIndex], names: Callable[[], Iterable[str]] = tuple) -> Speller:
    """Return a speller that knows the words of the catalog, and some names. The index is loaded once it is needed."""
    index = cache(load)
    return Speller(lambda word: index().words.is_known(word), lambda word: index().words.spellings(word), names)
