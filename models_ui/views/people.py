"""People: the page on which Managers invite others and give roles, and the page that an invitation leads to."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_ui.access.roles import Role
from models_ui.access.verbs import Verb
from models_ui.audit.plain_events import record_refused_event
from models_ui.bulk import jobs
from models_ui.catalog.store import load_index
from models_ui.models import Invitation
from models_ui.people import invitations, roster
from models_ui.people.forms import InvitationForm, JoinForm, RoleForm
from models_ui.people.invitation_mail import mail_invitation
from models_ui.people.invitations import LinkIsSpent, TooManyInvitations
from models_ui.people.second_factors import reset_second_factors
from models_ui.public_url import full_address
from models_ui.text.isolation import fill
from models_ui.text.keepers import keeper_of
from models_ui.web.fresh_sign_in import needs_fresh_sign_in, note_proof
from models_ui.web.request import Request, role_of_request


@require_safe
def people(request: Request) -> HttpResponse:
    _check_manager(request, "")
    return _people_page(request, InvitationForm(initial={"role": "viewer"}))


@require_POST
@needs_fresh_sign_in("POST")
def invite(request: Request) -> HttpResponse:
    """Make an invitation. The answer shows its link, which is stored nowhere."""
    _check_manager(request, "person.invited")
    _check_passwords()
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _people_page(request, form, status=422)
    try:
        made = invitations.invite(
            actor=request.user, role=form.chosen, email=form.cleaned_data["email"], now=timezone.now()
        )
    except TooManyInvitations:
        words = {"most": invitations.MOST_OPEN}
        form.add_error(None, _("There are %(most)d open invitations, as many as there may be. Revoke one.") % words)
        return _people_page(request, form, status=422)
    return _show_link(request, *made)


@require_POST
@needs_fresh_sign_in("POST")
def renew_invitation(request: Request, pk: int) -> HttpResponse:
    _check_manager(request, "invitation.renewed")
    _check_passwords()
    made = invitations.renew_invitation(actor=request.user, pk=pk, now=timezone.now())
    if made is None:
        raise Http404
    return _show_link(request, *made)


@require_POST
def revoke_invitation(request: Request, pk: int) -> HttpResponseRedirect:
    _check_manager(request, "invitation.revoked")
    if not invitations.revoke_invitation(actor=request.user, pk=pk, now=timezone.now()):
        raise Http404
    messages.success(request, _("The invitation is revoked: its link leads nowhere any more."))
    return redirect("people")


@require_POST
@needs_fresh_sign_in("POST")
def change_role(request: Request, pk: int) -> HttpResponse:
    _check_manager(request, "person.role_changed")
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    person = _change_person(request, lambda: roster.change_role(actor=request.user, pk=pk, role=form.chosen))
    if person is not None:
        words = {"person": person.get_username(), "role": form.chosen.label}
        messages.success(request, fill(_("%(person)s now has the role %(role)s."), words))
    return redirect("people")


@require_POST
@needs_fresh_sign_in("POST")
def reset_second_factor(request: Request, pk: int) -> HttpResponse:
    """Let somebody who has lost their phone sign in with the password alone."""
    _check_manager(request, "person.second_factor_reset")
    person = User.objects.filter(pk=pk, is_superuser=False).first()
    if person is None or not reset_second_factors(actor=request.user, person=person):
        raise Http404
    sentence = _("%(person)s has no second factor any more, and can turn one on again.")
    messages.success(request, fill(sentence, {"person": person.get_username()}))
    return redirect("people")


@require_POST
def deactivate(request: Request, pk: int) -> HttpResponse:
    _check_manager(request, "person.deactivated")
    person = _change_person(request, lambda: roster.set_active(actor=request.user, pk=pk, is_active=False))
    if person is None:
        return redirect("people")
    sentence = _("%(person)s can no longer sign in. What they did stays in Activity.")
    messages.success(request, fill(sentence, {"person": person.get_username()}))
    return _hand_over(request, person.get_username(), request.POST.get("hand_over", "")) or redirect("people")


def _hand_over(request: Request, former: str, chosen: str) -> HttpResponseRedirect | None:
    """Start the job that gives somebody the models of a person without access, and lead to it.

    `chosen` is the key of who gets them. Return None where there is nobody to get them, or nothing to get.
    """
    key = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10 else 0
    following = User.objects.filter(pk=key, is_active=True).first()
    ids = roster.models_looked_after(load_index(timezone.now()), former)
    if following is None or not ids:
        return None
    if len(ids) > jobs.MOST_MODELS:
        sentence = _(
            "They look after more than %(most)d models, as many as one job takes. Hand the others over from Models."
        )
        messages.warning(request, sentence % {"most": jobs.MOST_MODELS})
    job = jobs.make_job(actor=request.user, verb=Verb.ASSIGN, model_ids=ids[: jobs.MOST_MODELS])
    names = {"add": [keeper_of(following.get_username())], "remove": [keeper_of(former)]}
    jobs.start_job(actor=request.user, job_id=job.pk, names=names, request_id=request.request_id)
    return redirect("bulk_job", job.pk)


@require_POST
def reactivate(request: Request, pk: int) -> HttpResponse:
    _check_manager(request, "person.activated")
    person = _change_person(request, lambda: roster.set_active(actor=request.user, pk=pk, is_active=True))
    if person is not None:
        messages.success(request, fill(_("%(person)s can sign in again."), {"person": person.get_username()}))
    return redirect("people")


def _change_person(request: Request, change: Callable[[], User]) -> User | None:
    """Return the changed person. None where the change is not possible, with a message that says why."""
    try:
        return change()
    except User.DoesNotExist:
        raise Http404 from None
    except roster.NotChanged as refused:
        messages.error(request, str(refused.sentence))
        return None


def _check_manager(request: Request, kind: str) -> None:
    """Raise PermissionDenied for everybody but Managers. A refused change is recorded under its kind."""
    if role_of_request(request) >= Role.MANAGER:
        return
    if kind:
        record_refused_event(request.user, kind, "")
    raise PermissionDenied(_("Only Managers invite people and give roles."))


def _check_passwords() -> None:
    """Raise PermissionDenied where an invitation would lead nowhere: it makes an account with a password."""
    if not settings.PASSWORD_SIGN_IN:
        raise PermissionDenied(_("Passwords are switched off here, so nobody is invited. People come by sign-on."))


def _show_link(request: Request, invitation: Invitation, secret: str) -> HttpResponse:
    """Return the page with the link of an invitation: the only time that it is shown."""
    link = full_address(reverse("invitation", args=[secret]), request)
    is_mailed = bool(invitation.email) and mail_invitation(invitation, link)
    form = InvitationForm(initial={"role": "viewer"})
    return _people_page(request, form, made=invitation, link=link, is_mailed=is_mailed)


def _people_page(request: Request, form: InvitationForm, status: int = 200, **extra: Any) -> HttpResponse:
    looked_after = Counter(keeper for row in load_index(timezone.now()).rows for keeper in row.keepers)
    context: dict[str, Any] = {
        "people": [replace(each, looks_after=looked_after[keeper_of(each.name)]) for each in roster.roster()],
        "invitations": list(invitations.open_invitations()),
        "roles": list(Role),
        "form": form,
        "now": timezone.now(),
        **extra,
    }
    return render(request, "models_ui/people.html", context, status=status)


# --- The link of an invitation, without login


@login_not_required
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask for a name and a password. Only the POST that makes the account spends the link."""
    now = timezone.now()
    found = invitations.invitation_with(secret, now) if settings.PASSWORD_SIGN_IN else None
    if found is None:
        return _spent_page(request)
    form = JoinForm(request.POST or None, email=found.email)
    if request.method == "POST" and form.is_valid():
        try:
            person = invitations.accept_invitation(secret, form.save(commit=False), now)
        except LinkIsSpent:
            return _spent_page(request)
        login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
        note_proof(request, person)
        return redirect("first_run" if found.is_setup else "home")
    context = {"form": form, "invitation": found, "role_label": Role.named(found.role).label}
    page = render(request, "models_ui/invitation.html", context, status=422 if form.is_bound else 200)
    return _keep_link_secret(page)


def _spent_page(request: HttpRequest) -> HttpResponse:
    context = {"is_deserted": not invitations.can_anybody_sign_in()}
    return _keep_link_secret(render(request, "models_ui/invitation_spent.html", context, status=404))


def _keep_link_secret(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex"
    # The host alone. With no-referrer a browser sends the form's origin as null, which the CSRF check refuses.
    response["Referrer-Policy"] = "strict-origin"
    return response
