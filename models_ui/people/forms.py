"""The forms about people: an invitation, and the account that an invitation makes."""

from typing import Any

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from models_ui.access.roles import ROLE_LABELS, Role

ROLE_CHOICES = [(role.name.lower(), ROLE_LABELS[role]) for role in Role]


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=ROLE_CHOICES)

    @property
    def chosen(self) -> Role:
        """The role that a valid form names."""
        return Role.named(self.cleaned_data["role"])


class InvitationForm(RoleForm):
    email = forms.EmailField(
        label=_("E-mail (optional)"),
        required=False,
        max_length=254,
        help_text=_("The link is mailed there, if this dashboard can send mail. Otherwise give the link on yourself."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("email", "role")


class JoinForm(UserCreationForm):  # type: ignore[type-arg]  # generic only for the type checker
    """The name and the password of a new account. An e-mail address that the invitation has cannot be changed."""

    class Meta:
        model = User
        fields = ("username", "email")

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = False
        if email:
            del self.fields["email"]
        self.fields["username"].help_text = _("The name that others read beside what you do.")
        self.fields["username"].widget.attrs["autocomplete"] = "username"
