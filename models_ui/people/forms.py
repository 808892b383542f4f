"""The forms about people: an invitation, the account that an invitation makes, and a person's preferences."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from models_ui.access.roles import ROLE_LABELS, Role
from models_ui.catalog.columns import COLUMNS, MOST_COLUMNS, split_columns
from models_ui.catalog.query import TABS
from models_ui.catalog.saved_lists import lists_seen_by
from models_ui.catalog.sentences import view_label
from models_ui.models import Preferences, SavedList
from models_ui.people.email_change import may_try
from models_ui.people.preferences import known_zones, preferences_of
from models_ui.text.fields import PlainForm
from models_ui.text.folding import sort_key
from models_ui.text.isolation import isolate

ROLE_CHOICES = [(role.name.lower(), ROLE_LABELS[role]) for role in Role]


class RoleForm(PlainForm):
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


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=User._meta.get_field("first_name").max_length,
        help_text=_("Shown at the top of each page instead of the user name, which stays in the history."),
        label_suffix="",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class EmailForm(forms.Form):
    """A new e-mail address, which leads to new passwords: so it takes the present one."""

    email = forms.EmailField(
        label=_("New e-mail address"),
        max_length=254,
        label_suffix="",
        help_text=_("A link is mailed there. The address changes when you follow the link."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("Your password"),
        label_suffix="",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, owner: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email.casefold() == self.owner.email.casefold():
            raise forms.ValidationError(gettext("This is your address already."))
        return email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not may_try(self.owner):
            raise forms.ValidationError(gettext("You have tried this too often. Try again in ten minutes."))
        if not self.owner.check_password(password):
            raise forms.ValidationError(gettext("This is not your password."))
        return password


_LIST: Final = "view-"  # before the key of a saved view, among the names of tabs


class PreferencesForm(forms.Form):
    """All that a person may choose. A form with some of the fields alone leaves the other choices as they are."""

    default_view = forms.ChoiceField(label=_("Models opens with"), required=False)
    density = forms.ChoiceField(label=_("Rows"), choices=Preferences.Density.choices, widget=forms.RadioSelect)
    columns = forms.MultipleChoiceField(
        label=_("Columns of Models"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a choice each view shows the columns that say most there."),
    )
    theme = forms.ChoiceField(label=_("Theme"), choices=Preferences.Theme.choices, widget=forms.RadioSelect)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Times of what happened are shown in it. Dates on which models stop working stay in UTC."),
    )
    facets = forms.ChoiceField(
        label=_("Column of filters"),
        choices=(("open", pgettext_lazy("a column", "Open")), ("folded", _("Folded away"))),
        widget=forms.RadioSelect,
    )
    keyboard_shortcuts = forms.BooleanField(label=_("Keyboard shortcuts of a single key"), required=False)

    def __init__(self, owner: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.lists = {f"{_LIST}{saved.pk}": saved for saved in lists_seen_by(owner)}
        self._choices_of("default_view").choices = _view_choices(owner, self.lists)
        self._choices_of("columns").choices = _column_choices(self["columns"].value() or ())
        self._choices_of("time_zone").choices = _zone_choices()

    @classmethod
    def of(cls, owner: User, preferences: Preferences) -> "PreferencesForm":
        """Return the form that shows these preferences."""
        saved = preferences.default_list_id
        return cls(
            owner,
            initial={
                "default_view": f"{_LIST}{saved}" if saved else preferences.default_tab,
                "density": preferences.density,
                "columns": split_columns(preferences.columns),
                "theme": preferences.theme,
                "time_zone": preferences.time_zone,
                "facets": "folded" if preferences.facets_folded else "open",
                "keyboard_shortcuts": preferences.keyboard_shortcuts,
            },
        )

    @classmethod
    def one_of(cls, owner: User, sent: QueryDict) -> "PreferencesForm":
        """Return the form of a single choice, as a button sends it.

        Several columns come with commas between them. The column of filters may just be turned.
        """
        sent = sent.copy()
        if sent.get("facets") == "turn":
            sent["facets"] = "open" if preferences_of(owner).facets_folded else "folded"
        if "columns" in sent:
            sent.setlist("columns", split_columns(str(sent["columns"])))
        form = cls(owner, sent)
        for name in [name for name in form.fields if name not in sent]:
            del form.fields[name]
        return form

    def _choices_of(self, name: str) -> Any:
        return self.fields[name]

    def clean_columns(self) -> list[str]:
        columns: list[str] = self.cleaned_data["columns"]
        if len(columns) > MOST_COLUMNS:
            raise forms.ValidationError(gettext("Choose at most %(most)d columns.") % {"most": MOST_COLUMNS})
        return columns

    def choices(self) -> dict[str, Any]:
        """Return the columns of `Preferences` that a valid form sets."""
        sent = self.cleaned_data
        as_sent = ("density", "theme", "time_zone", "keyboard_shortcuts")
        chosen: dict[str, Any] = {name: sent[name] for name in as_sent if name in sent}
        if "columns" in sent:
            chosen["columns"] = ",".join(sent["columns"])
        if "facets" in sent:
            chosen["facets_folded"] = sent["facets"] == "folded"
        if "default_view" in sent:
            saved = self.lists.get(sent["default_view"])
            chosen |= {"default_list": saved, "default_tab": "" if saved else sent["default_view"]}
        return chosen


def _view_choices(owner: User, lists: dict[str, SavedList]) -> list[Any]:
    """Return the views to open Models with: by type, then the person's own, then everyone's."""
    tabs = [("".join(types), view_label(types)) for types in TABS]
    in_order = sorted(lists.items(), key=lambda item: sort_key(item[1].name))
    own = [(value, isolate(saved.name)) for value, saved in in_order if saved.owner_id == owner.pk]
    others = [(value, isolate(saved.name)) for value, saved in in_order if saved.owner_id != owner.pk]
    groups = ((gettext("My views"), own), (gettext("Everyone’s views"), others))
    return [*tabs, *((label, choices) for label, choices in groups if choices)]


def _column_choices(chosen: Iterable[str]) -> list[tuple[str, str]]:
    """Return the chosen columns in the order that the person gave them, then the others."""
    names = dict.fromkeys((*(name for name in chosen if name in COLUMNS), *COLUMNS))
    return [(name, gettext(COLUMNS[name].label)) for name in names]


def _zone_choices() -> list[tuple[str, str]]:
    return [("", "UTC"), *((name, name.replace("_", " ")) for name in sorted(known_zones()))]
