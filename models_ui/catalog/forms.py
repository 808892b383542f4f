"""What people may send about saved views."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import (
    LONGEST_NAME,
    MOST_LISTS,
    BadName,
    BadQuery,
    LongQuery,
    NameTaken,
    TooManyLists,
)
from models_ui.listing.querystring import tidy_text
from models_ui.text.fields import Line


class SavedListForm(forms.Form):
    """The name of a view, and whether everyone sees it, which only some roles may choose. `query` is for a new view."""

    name = Line(
        label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": ""})
    )
    shared = forms.BooleanField(label=_("Everyone sees it"), required=False)
    is_default = forms.BooleanField(label=_("Models opens with it for me"), required=False)
    query = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if not may_share:
            del self.fields["shared"]

    def clean_name(self) -> str:
        return tidy_text(self.cleaned_data["name"])

    @property
    def catalog_query(self) -> CatalogQuery:
        """The filters as they were sent, even if another field of the form is invalid."""
        return CatalogQuery.parse(str(self["query"].value() or "")).query

    @property
    def shares(self) -> bool:
        return bool(self.cleaned_data.get("shared"))

    def add_refusal(self, refusal: Exception) -> None:
        """Say why the view cannot be stored."""
        if isinstance(refusal, NameTaken):
            self.add_error("name", gettext("There is a view of this name. Choose another one."))
        elif isinstance(refusal, BadName):
            self.add_error("name", gettext("Choose a name that can be seen, of at most 60 letters."))
        elif isinstance(refusal, TooManyLists):
            words = {"most": MOST_LISTS}
            self.add_error(None, gettext("You have %(most)d views, as many as one may have. Delete one first.") % words)
        elif isinstance(refusal, LongQuery):
            self.add_error(None, gettext("There are too many filters to save them as a view."))
        elif isinstance(refusal, BadQuery):
            self.add_error(None, gettext("Choose some filters first: all models are a view already."))
