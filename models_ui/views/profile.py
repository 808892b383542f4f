"""The profile: who a person is here, how the dashboard looks to them, and where they are signed in."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponsePermanentRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from models_ui.access.group_roles import gives_roles
from models_ui.alerts.digest.readers import scope_of
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.store import load_index
from models_ui.people import sessions
from models_ui.people.email_change import ask_for_confirmation, forget_waiting, waiting_address
from models_ui.people.forms import EmailForm, NameForm, PreferencesForm
from models_ui.people.mail import can_send_mail
from models_ui.people.preferences import preferences_of, store_preferences, store_preferences_form
from models_ui.people.profile import store_name, what_is_mine
from models_ui.people.second_factors import second_factors_of
from models_ui.people.sign_on import is_linked
from models_ui.text.isolation import fill
from models_ui.text.keepers import ME
from models_ui.web.request import Request, is_own_address

# A list that is in sight has to come again.
_OF_ROWS: Final = frozenset({"density", "columns"})


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Request) -> HttpResponse:
    """Show the profile. A form that comes here stores the preferences."""
    if request.method != "POST":
        return _profile_page(request)
    form = PreferencesForm(request.user, request.POST)
    if not form.is_valid():
        return _profile_page(request, form, status=422)
    store_preferences_form(request.user, form.choices())
    messages.success(request, _("Your preferences are saved."))
    return redirect("profile")


@require_safe
def former_profile(request: Request) -> HttpResponsePermanentRedirect:
    """Lead from the former address of the preferences to the profile."""
    return HttpResponsePermanentRedirect(reverse("profile"))


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


@require_POST
def change_name(request: Request) -> HttpResponse:
    _check_own_account(request)
    form = NameForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, name_form=form, status=422)
    store_name(request.user, form.cleaned_data["name"])
    messages.success(request, _("Your name is saved."))
    return redirect("profile")


@sensitive_post_parameters("password")
@require_POST
def change_email(request: Request) -> HttpResponse:
    """Mail a link to a new address. The address stays what it is until that link is followed."""
    _check_own_account(request)
    if not can_send_mail():
        raise Http404
    form = EmailForm(request.user, request.POST)
    if not form.is_valid():
        return _profile_page(request, email_form=form, status=422)
    email = form.cleaned_data["email"]
    if ask_for_confirmation(request, request.user, email):
        messages.info(
            request, fill(_("A link was mailed to %(email)s. Follow it to change your address."), {"email": email})
        )
    else:
        messages.error(request, _("The mail could not be sent, so your address stays as it is. Try again later."))
    return redirect("profile")


@require_POST
def keep_email(request: Request) -> HttpResponseRedirect:
    """Forget a new address whose link was not followed."""
    forget_waiting(request.user)
    messages.success(request, _("Your e-mail address stays as it is."))
    return redirect("profile")


@require_POST
def end_session(request: Request, pk: int) -> HttpResponseRedirect:
    """Sign the person out of one of their sessions."""
    if not sessions.end_session(request.user, pk):
        raise Http404
    messages.success(request, _("You are signed out there."))
    return redirect("profile")


@require_POST
def end_other_sessions(request: Request) -> HttpResponseRedirect:
    """Sign the person out of all their sessions but the one that asks."""
    number = sessions.end_other_sessions(request.user, request.session.session_key or "")
    told = ngettext(
        "You are signed out of %(number)d other place.", "You are signed out of %(number)d other places.", number
    )
    messages.success(request, told % {"number": number} if number else _("You are signed in nowhere else."))
    return redirect("profile")


def _check_own_account(request: Request) -> None:
    """Raise PermissionDenied where the identity provider says who the person is."""
    if is_linked(request.user):
        raise PermissionDenied(_("Your name and your e-mail address come from sign-on, and are changed there."))


def _back_to_page(request: Request) -> HttpResponseRedirect:
    where = request.POST.get("next", "")
    return redirect(where if is_own_address(request, where) else "profile")


def _profile_page(
    request: Request,
    form: PreferencesForm | None = None,
    name_form: NameForm | None = None,
    email_form: EmailForm | None = None,
    status: int = 200,
) -> HttpResponse:
    index = load_index(timezone.now())
    context: dict[str, Any] = {
        "form": form or PreferencesForm.of(request.user, preferences_of(request.user)),
        "name_form": name_form or NameForm(initial={"name": request.user.get_full_name()}),
        "email_form": (email_form or EmailForm(request.user)) if can_send_mail() else None,
        "is_linked": is_linked(request.user),
        "has_role_from_sign_on": gives_roles() and not request.user.is_superuser,
        "waiting_address": waiting_address(request.user),
        "mine": what_is_mine(request.user, index),
        "mine_query": CatalogQuery(keeper=(ME,)),
        "digest_scope": scope_of(request.user).label,
        "second_factors": second_factors_of(request.user),
        "sessions": sessions.sessions_of(request.user, request.session.session_key or ""),
    }
    return render(request, "models_ui/profile.html", context, status=status)
