"""Words for facets and their values, in the reader's language."""

from functools import cache

from django.conf import settings
from django.utils.translation import gettext, override

from models_ui.catalog.facets import FACETS, NAMED_IN_SEARCH
from models_ui.catalog.search import NamedValue, Names, name_key
from models_ui.text.folding import fold_for_search
from models_ui.text.isolation import isolate


def facet_label(name: str) -> str:
    return gettext(FACETS[name].label)


def value_label(name: str, value: str) -> str:
    """Return the word for a facet's value; a value without a word is shown as it came, as the facet reads it."""
    facet = FACETS[name]
    known = facet.value_labels.get(value)
    return facet.read_unlabelled(value) if known is None else gettext(known)


def isolated_value_label(value: str, name: str) -> str:
    """Return the same, fit to stand in any text: what has no word came from outside."""
    return isolate(value_label(name, value))


@cache
def search_names() -> Names:
    """Return what a search may call the values of facets: their words in every language, and other words for them."""
    names: dict[str, list[NamedValue]] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for facet in NAMED_IN_SEARCH:
                for value, label in facet.value_labels.items():
                    for word in (gettext(label), *facet.other_words.get(value, ())):
                        named = names.setdefault(name_key(fold_for_search(word)), [])
                        if (meant := NamedValue(facet.name, value)) not in named:
                            named.append(meant)
    return names
