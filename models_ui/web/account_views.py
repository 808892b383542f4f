"""django-allauth's pages where ours have a rule more: who may confirm an address, and whether passwords are taken."""

from typing import Any

from allauth.account.views import ConfirmEmailView, LoginView
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from models_ui.people.sign_on import is_linked
from models_ui.text.isolation import fill
from models_ui.web.sign_on import provider_name


def check_password_use(user: User) -> None:
    """Raise PermissionDenied where the person signs in by the identity provider, and so has no password here."""
    if is_linked(user) and not user.is_superuser:
        sentence = _("You sign in with %(name)s, so there is no password of yours here.")
        raise PermissionDenied(fill(sentence, {"name": provider_name()}))


class ConfirmAddressView(ConfirmEmailView):  # type: ignore[misc]  # allauth has no types
    """Asks for a login, as every page does: whoever reads a mistyped address has the link, too."""

    def logout_other_user(self, confirmation: Any) -> None:
        """Sign nobody out: looking at a link changes nothing."""


confirm_address = ConfirmAddressView.as_view()
confirm_address.login_required = True  # django-allauth says that its page is open


class SignInView(LoginView):  # type: ignore[misc]  # allauth has no types
    """The sign-in page. Passwords are refused where they are switched off, whoever sends one."""

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return what the form takes: labels without a colon, as everywhere."""
        return {**super().get_form_kwargs(), "label_suffix": ""}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.PASSWORD_SIGN_IN:
            raise PermissionDenied(_("Nobody signs in with a password here. Sign in as the sign-in page says."))
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer


sign_in = SignInView.as_view()
