"""django-allauth's page for the link of a new e-mail address, for whoever asked for the link alone."""

from typing import Any

from allauth.account.views import ConfirmEmailView


class ConfirmAddressView(ConfirmEmailView):  # type: ignore[misc]  # allauth has no types
    """Asks for a login, as every page does: whoever reads a mistyped address has the link, too."""

    def logout_other_user(self, confirmation: Any) -> None:
        """Sign nobody out: looking at a link changes nothing."""


confirm_address = ConfirmAddressView.as_view()
confirm_address.login_required = True  # django-allauth says that its page is open
