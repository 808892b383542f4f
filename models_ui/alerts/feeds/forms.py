"""The form for a new feed address."""

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from models_ui.alerts.feeds.addresses import filters_of
from models_ui.catalog.query import CatalogQuery
from models_ui.text.fields import Line

LONGEST_NAME = 60


class FeedForm(forms.Form):
    """`query` carries the filters of the catalog; `form_id` lets a form that is sent twice make one address."""

    name = Line(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("What your calendar or reader will call it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    query = forms.CharField(required=False, widget=forms.HiddenInput)
    form_id = forms.CharField(max_length=64, widget=forms.HiddenInput)

    @classmethod
    def new(cls, query: CatalogQuery, **initial: Any) -> "FeedForm":
        filters = filters_of(query).serialize()
        return cls(initial={"query": filters, "form_id": secrets.token_hex(16), **initial})

    @property
    def catalog_query(self) -> CatalogQuery:
        """The filters as they were sent, even if another field of the form is invalid."""
        return filters_of(CatalogQuery.parse(str(self["query"].value() or "")).query)
