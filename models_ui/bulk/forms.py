"""The form that starts a job: a reason, and for people and tags what to add and what to remove."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from models_ui.access.verbs import Verb
from models_ui.actions.care_forms import SinceField, name_people, name_tags, read_keepers_typed, read_tags_typed
from models_ui.actions.forms import ReasonForm
from models_ui.models import BulkJob
from models_ui.text.fields import Line


class NamesForm(ReasonForm):
    """Names with commas between. All other names of a model stay."""

    add = Line(
        label=_("Add"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    remove = Line(
        label=_("Remove"), required=False, max_length=2_000, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    suggest: Callable[[], str]
    field_order: tuple[str, ...] = ("add", "remove", "reason", "action_id")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["add"].help_text = type(self).suggest()

    def read_names(self, line: str) -> list[str]:
        """Read the names of a line, or raise what the form says."""
        raise NotImplementedError

    def clean_add(self) -> list[str]:
        return self.read_names(self.cleaned_data["add"])

    def clean_remove(self) -> list[str]:
        return self.read_names(self.cleaned_data["remove"])

    def clean(self) -> dict[str, Any]:
        if not self.errors and not (self.cleaned_data["add"] or self.cleaned_data["remove"]):
            self.add_error("add", _("Say what to add or to remove."))
        return self.cleaned_data

    @property
    def names(self) -> dict[str, list[str]]:
        return {"add": self.cleaned_data["add"], "remove": self.cleaned_data["remove"]}


class PeopleForm(NamesForm):
    since = SinceField()
    suggest = staticmethod(name_people)
    field_order = ("since", "add", "remove", "reason", "action_id")

    def read_names(self, line: str) -> list[str]:
        return read_keepers_typed(line, self.cleaned_data.get("since"))


class TagsForm(NamesForm):
    suggest = staticmethod(name_tags)

    def read_names(self, line: str) -> list[str]:
        return read_tags_typed(line)


_FORMS: Final[Mapping[str, type[NamesForm]]] = {Verb.ASSIGN: PeopleForm, Verb.TAG: TagsForm}


def start_form_of(job: BulkJob) -> type[ReasonForm]:
    """Return the form that starts a job. One that takes another job back needs no names."""
    return ReasonForm if job.undoes else _FORMS.get(job.verb, ReasonForm)
