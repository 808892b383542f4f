"""The forms of what is kept here of a model: who looks after it, tags, note and plan."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.models import User
from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from models_ui.access.verbs import Verb
from models_ui.actions.forms import DescribeForm, RenameForm, TextForm
from models_ui.audit.renames import latest_event_number, names_since, present_keepers
from models_ui.catalog.find_models import find_models
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.catalog.store import load_index
from models_ui.catalog.successors import successors_of
from models_ui.text import care
from models_ui.text.fields import Line, Lines
from models_ui.text.folding import fold_for_search
from models_ui.text.isolation import fill
from models_ui.text.plan import NO_PLAN, Plan

MOST_SUGGESTED = 12


class CareForm(TextForm):
    """A form whose `value` becomes the JSON value that the row keeps."""

    is_labelled = True

    @classmethod
    def on(cls, current: Any) -> TextForm:
        return cls.over(current, current)

    @classmethod
    def over(cls, theirs: Any, mine: Any) -> TextForm:
        hidden = {"seen": signing.dumps(theirs), "action_id": secrets.token_hex(16)}
        return cls(initial={**cls.shown_values(mine), **hidden})

    @classmethod
    def shown_values(cls, current: Any) -> dict[str, Any]:
        """Return what the fields say of a value that the row keeps."""
        return {"value": current}

    def clean_value(self) -> Any:
        return self.cleaned_data["value"]

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data


class SinceField(forms.IntegerField):
    """The number of the last event when a form was shown: who was renamed later is meant by the former name too."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, min_value=0, max_value=2**63 - 1, initial=latest_event_number)

    def clean(self, value: Any) -> int | None:
        """Return None for what is no such number: people cannot mend a field that they do not see."""
        try:
            return cast(int | None, super().clean(value))
        except forms.ValidationError:
            return None


def read_keepers_typed(line: str, since: int | None = None) -> list[str]:
    """Read people and teams, or raise what a form says. People who have no access any more may stay.

    `since` is what `SinceField` has; None where that is not known.
    """
    kept = [keeper for row in load_index(timezone.now()).rows for keeper in row.keepers]
    renamed = {} if since is None else names_since(since)
    return _read_or_complain(lambda: care.read_keepers(line, _usernames(), kept, renamed))


def read_tags_typed(line: str) -> list[str]:
    return _read_or_complain(lambda: care.read_tags(line, tags_in_use()))


def _read_or_complain(read: Callable[[], list[str]]) -> list[str]:
    try:
        return read()
    except care.Unreadable as error:
        raise forms.ValidationError(str(error)) from error


def _usernames() -> list[str]:
    people = User.objects.filter(is_active=True).order_by("username")
    return list(people.values_list("username", flat=True))


def name_people() -> str:
    """Return some people of the dashboard in a sentence; "" where there is nobody."""
    return _name_some(gettext("People: %(names)s."), _usernames()[:MOST_SUGGESTED])


def name_tags() -> str:
    """Return the tags used most in a sentence; "" where there is none."""
    return _name_some(gettext("In use: %(names)s."), tags_in_use()[:MOST_SUGGESTED])


class AssignForm(CareForm):
    since = SinceField()
    value = Line(
        label=_("Looked after by"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rule = gettext("People and teams, with commas between. A username means that person, any other name is a team.")
        self.fields["value"].help_text = f"{rule} {name_people()}".strip()

    @classmethod
    def shown_values(cls, current: Any) -> dict[str, Any]:
        return {"value": care.keepers_line(current)}

    def clean_value(self) -> list[str]:
        return read_keepers_typed(self.cleaned_data["value"], self.cleaned_data.get("since"))

    def clean(self) -> dict[str, Any]:
        since, seen = self.cleaned_data.get("since"), self.cleaned_data.get("seen")
        if since is not None and isinstance(seen, list):
            self.cleaned_data["seen"] = present_keepers(seen, since)
        return self.cleaned_data


class TagForm(CareForm):
    value = Line(
        label=_("Tags"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        numbers = {"tags": care.MOST_NAMES, "letters": care.LONGEST_TAG}
        rule = gettext("Up to %(tags)d tags of %(letters)d characters, with commas between.") % numbers
        self.fields["value"].help_text = f"{rule} {name_tags()}".strip()

    @classmethod
    def shown_values(cls, current: Any) -> dict[str, Any]:
        return {"value": ", ".join(current)}

    def clean_value(self) -> list[str]:
        return read_tags_typed(self.cleaned_data["value"])


class NoteForm(CareForm):
    value = Lines(
        label=_("Note"),
        required=False,
        max_length=care.LONGEST_NOTE,
        help_text=_("Plain text for people. Addresses that begin with https:// become links."),
        widget=forms.Textarea(attrs={"rows": 5, "autofocus": True}),
    )

    def clean_value(self) -> str:
        return super(CareForm, self).clean_value() or ""


class PlanForm(CareForm):
    value = forms.ChoiceField(
        label=_("Plan"), choices=list(care.PLAN_KINDS.items()), widget=forms.Select(attrs={"autofocus": True})
    )
    to = Line(
        label=_("Moves to"),
        required=False,
        max_length=300,
        help_text=_("The id or the name of the model that takes its place."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    by = forms.DateField(
        label=_("By"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    words = Line(label=_("In a word"), required=False, max_length=care.LONGEST_WORDS)

    @classmethod
    def shown_values(cls, current: Any) -> dict[str, Any]:
        plan = Plan.from_json(current)
        return {"value": plan.kind, "to": plan.to, "by": plan.by, "words": plan.words}

    def offer(self, row: Row, index: CatalogIndex, now: datetime) -> None:
        self.suggested = successors_of(row, index, now)
        self.fields["to"].widget.attrs["list"] = f"{self['to'].id_for_label}_models"

    def clean_to(self) -> str:
        """Return an id; that of the only model with a name, where a name was typed."""
        to, index = str(self.cleaned_data["to"]).strip(), load_index(timezone.now())
        if not to or index.find(to):
            return to
        rows = [row for row in find_models(index, to, MOST_SUGGESTED).rows if row.model_id and not row.is_missing]
        named = [row for row in rows if fold_for_search(row.label) == fold_for_search(to)]
        if len(named) == 1:
            return named[0].model_id
        if not rows:
            raise forms.ValidationError(_("There is no model with this id."))
        question = gettext("There is no model with this id. Do you mean %(model)s?")
        raise forms.ValidationError(fill(question, {"model": rows[0].model_id}))

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        moves = said.get("value") == "moves"
        if moves and not said.get("to") and "to" not in self.errors:
            self.add_error("to", _("Say which model takes its place."))
        plan = Plan(
            said.get("value", NO_PLAN.kind),
            said.get("to", "") if moves else "",
            said.get("by") if moves else None,
            said.get("words", ""),
        )
        return {**said, "value": plan.to_json()}


_TEXT_FORMS: Final[dict[Verb, type[TextForm]]] = {
    Verb.RENAME: RenameForm,
    Verb.DESCRIBE: DescribeForm,
    Verb.ASSIGN: AssignForm,
    Verb.TAG: TagForm,
    Verb.NOTE: NoteForm,
    Verb.PLAN: PlanForm,
}


def text_form_of(verb: Verb) -> type[TextForm]:
    """Return the form of a verb for which the person gives the value."""
    return _TEXT_FORMS[verb]


def tags_in_use() -> list[str]:
    """Return every tag, the most used first."""
    index = load_index(timezone.now())
    return index.cached("tags in use", lambda: _by_use(tag for row in index.rows for tag in row.tags))


def _by_use(names: Iterable[str]) -> list[str]:
    return [name for name, _count in Counter(sorted(names)).most_common()]


def _name_some(sentence: str, names: Iterable[str]) -> str:
    listed = care.tags_words(names)
    return fill(sentence, {"names": listed}) if listed else ""
