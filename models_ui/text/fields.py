"""Forms with plain labels, and form fields for a line and for several lines of text."""

from typing import Any

from django import forms


class PlainForm(forms.Form):
    """A form whose labels end without a colon."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})


class Line(forms.CharField):
    """One line of text: browsers leave line ends out of it, also those that upstream has."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r", "").replace("\n", "")


class Lines(forms.CharField):
    """Several lines of text. A line ends with one character, as the browser counts, not the two that it sends."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")
