"""Preferences: the page on which people choose how the dashboard looks to them, and buttons for one choice each."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from models_ui.people.forms import PreferencesForm
from models_ui.people.preferences import preferences_of, store_preferences, store_preferences_form
from models_ui.web.request import Request, is_own_address

# A list that is in sight has to come again.
_OF_ROWS: Final = frozenset({"density", "columns"})


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: Request) -> HttpResponse:
    if request.method != "POST":
        return _preferences_page(request, PreferencesForm.of(request.user, preferences_of(request.user)))
    form = PreferencesForm(request.user, request.POST)
    if not form.is_valid():
        return _preferences_page(request, form, status=422)
    store_preferences_form(request.user, form.choices())
    messages.success(request, _("Your preferences are saved."))
    return redirect("preferences")


@require_POST
def choose_preference(request: Request) -> HttpResponse:
    """Store one choice. The page that sent it shows it at once, or is loaded again where there is no script."""
    form = PreferencesForm.one_of(request.user, request.POST)
    if not form.is_valid() or not form.fields:
        raise SuspiciousOperation("not a choice that a button of ours sends")
    store_preferences(request.user, **form.choices())
    if not request.htmx:
        return _back_to_page(request)
    name = next(iter(form.fields))
    response = trigger_client_event(
        HttpResponse(status=204), "preference-chosen", {"name": name, "value": form.data[name]}
    )
    return trigger_client_event(response, "catalog-changed", {}) if name in _OF_ROWS else response


def _back_to_page(request: Request) -> HttpResponseRedirect:
    where = request.POST.get("next", "")
    return redirect(where if is_own_address(request, where) else "preferences")


def _preferences_page(request: Request, form: PreferencesForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"form": form}
    return render(request, "models_ui/preferences.html", context, status=status)
