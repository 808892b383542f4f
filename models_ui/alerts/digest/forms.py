"""What a person says of the digest they want."""

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from models_ui.models import DigestReader
from models_ui.text.fields import PlainForm


class DigestForm(PlainForm):
    scope = forms.ChoiceField(
        label=_("Tell me of"),
        choices=DigestReader.Scope.choices,
        help_text=_("What you look after is on your watch list until you take it off."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    @classmethod
    def of(cls, reader: DigestReader | None) -> "DigestForm":
        """Return the form filled with what the reader has chosen so far."""
        if reader is None:
            return cls(initial={"scope": DigestReader.Scope.NOTHING, "language": get_language()})
        return cls(initial={"scope": reader.scope, "language": reader.language})
