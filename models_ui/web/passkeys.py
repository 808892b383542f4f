"""django-allauth's forms and pages of passkeys, where ours are stricter: with names, with odd bytes, with the last key.

A passkey is a second factor here, never the only one: a sign-in by it alone would pass by the identity provider.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView, RemoveWebAuthnView
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.people.second_factors import can_take_away
from models_ui.text.plain import plain_text

LONGEST_NAME: Final = 60


class PasskeyName(forms.CharField):
    """What a person calls a passkey, on one line."""

    def __init__(self, *, required: bool) -> None:
        super().__init__(label=gettext_lazy("Name"), required=required, max_length=LONGEST_NAME)
        self.widget.attrs["autocomplete"] = "off"

    def clean(self, value: Any) -> str:
        return plain_text(super().clean(value) or "", LONGEST_NAME)


class CredentialField(forms.JSONField):
    """What the browser says of a passkey: an object that every database can store. It is never shown again."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> dict[str, Any]:  # type: ignore[override]  # of JSON, whatever CharField says
        try:
            credential = super().to_python(value)
            text = json.dumps(credential, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError):  # of texts that are no Unicode, too
            raise get_adapter().validation_error("incorrect_code") from None
        if not isinstance(credential, dict) or b"\\u0000" in text:
            raise get_adapter().validation_error("incorrect_code")
        return credential

    def bound_data(self, data: Any, initial: Any) -> None:
        return None

    def prepare_value(self, value: Any) -> str:
        return ""


def read_strictly(read: Callable[[], Any]) -> Any:
    """Return what `read` makes of a credential. Whatever is wrong with its bytes is one error of the form.

    Neither allauth nor fido2 says all that they raise on malformed ones.
    """
    try:
        return read()
    except ValidationError:
        raise
    except Exception:
        raise get_adapter().validation_error("incorrect_code") from None


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    name = PasskeyName(required=False)
    credential = CredentialField()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = read_strictly(super().clean)
        return cleaned


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    name = PasskeyName(required=True)


class AuthenticatePasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        return read_strictly(super().clean_credential)


class ReauthenticatePasskeyForm(ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        return read_strictly(super().clean_credential)


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]  # allauth has no types
    def form_valid(self, form: forms.Form) -> HttpResponse:
        if can_take_away(self.get_object()):
            answer: HttpResponse = super().form_valid(form)
            return answer
        messages.error(self.request, _("Your role needs a second factor. Turn another one on before you remove this."))
        return redirect("profile")


class ReauthenticatePasskeyView(ReauthenticateWebAuthnView):  # type: ignore[misc]  # allauth has no types
    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """Ask again; allauth would lead away from here."""
        for sentence in form.errors.get("credential", []):
            messages.error(self.request, str(sentence))
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))


remove_passkey = RemovePasskeyView.as_view()
reauthenticate_passkey = ReauthenticatePasskeyView.as_view()
