"""Words for facets and their values, in the reader's language."""

from django.utils.translation import gettext

from models_ui.catalog.facets import FACETS


def facet_label(name: str) -> str:
    return gettext(FACETS[name].label)


def value_label(name: str, value: str) -> str:
    """Return the word for a facet's value; a value without a word is shown as it came, as the facet reads it."""
    facet = FACETS[name]
    known = facet.value_labels.get(value)
    return facet.read_unlabelled(value) if known is None else gettext(known)
