"""The form for a new feed address."""

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from models_ui.alerts.feeds.query import FeedQuery
from models_ui.text.fields import Line, PlainForm

LONGEST_NAME = 60


class FeedForm(PlainForm):
    """`query` carries the filters; `form_id` lets a form that is sent twice make one address."""

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
    def new(cls, query: FeedQuery, **initial: Any) -> "FeedForm":
        return cls(initial={"query": query.serialize(), "form_id": secrets.token_hex(16), **initial})

    @property
    def feed_query(self) -> FeedQuery:
        """The filters as they were sent, even if another field of the form is invalid."""
        return FeedQuery.parse(str(self["query"].value() or "")).query
