"""What people may send with an action, and the limits they are told of beforehand."""

import secrets
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from models_ui.permissions import Verb

# Upstream declares no limits. These keep a table readable; the longest description seen in the wild has 103 characters.
LONGEST_NAME = 100
LONGEST_DESCRIPTION = 1_000
LONGEST_REASON = 500


class TextForm(forms.Form):
    """A new name or description. `seen` carries the value the person saw, signed, so that it comes back as it went:
    browsers rewrite line ends. `action_id` makes a form that is sent twice do its thing once."""

    value: forms.CharField
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    action_id = forms.CharField(max_length=64, widget=forms.HiddenInput)

    verb: Verb
    submit = _("Save")

    @classmethod
    def on(cls, current: str | None) -> "TextForm":
        """The form as a person first sees it."""
        return cls(initial={"value": current or "", "seen": signing.dumps(current), "action_id": secrets.token_hex(16)})

    @classmethod
    def over(cls, theirs: str | None, mine: str | None) -> "TextForm":
        """The form after a conflict: sending it again puts `mine` over `theirs`."""
        return cls(initial={"value": mine or "", "seen": signing.dumps(theirs), "action_id": secrets.token_hex(16)})

    def clean_value(self) -> str | None:
        return str(self.cleaned_data["value"]).replace("\r\n", "\n") or None

    def clean_seen(self) -> str | None:
        try:
            seen: str | None = signing.loads(self.cleaned_data["seen"])
        except signing.BadSignature:
            raise forms.ValidationError(_("The form is incomplete. Load the page again.")) from None
        return seen


class RenameForm(TextForm):
    verb = Verb.RENAME
    value = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=ngettext_lazy("Up to %d character. Empty takes the name away. The id stays as it is.",
                                "Up to %d characters. Empty takes the name away. The id stays as it is.",
                                LONGEST_NAME) % LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )  # fmt: skip


class DescribeForm(TextForm):
    verb = Verb.DESCRIBE
    value = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=LONGEST_DESCRIPTION,
        help_text=ngettext_lazy("Up to %d character. Empty takes the description away.",
                                "Up to %d characters. Empty takes the description away.",
                                LONGEST_DESCRIPTION) % LONGEST_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
    )  # fmt: skip


class ReasonForm(forms.Form):
    """For everything that needs no value: an optional reason, and the id that lets it happen once."""

    reason = forms.CharField(label=_("Reason (optional)"), required=False, max_length=LONGEST_REASON)
    action_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    @classmethod
    def new(cls, **options: Any) -> "ReasonForm":
        return cls(initial={"action_id": secrets.token_hex(16)}, **options)


class DeleteForm(ReasonForm):
    """Deleting asks for the id to be typed: it is the one thing that can never be put right."""

    typed_id = forms.CharField(
        label=_("Type the id to confirm"),
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("typed_id", "reason", "action_id")

    def __init__(self, *args: Any, model_id: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.model_id = model_id

    @classmethod
    def new(cls, **options: Any) -> "DeleteForm":
        return cls(initial={"action_id": secrets.token_hex(16)}, **options)

    def clean_typed_id(self) -> str:
        typed = str(self.cleaned_data["typed_id"]).strip()
        if typed != self.model_id:
            raise forms.ValidationError(_("That is not the id of this model, so nothing was deleted."))
        return typed
