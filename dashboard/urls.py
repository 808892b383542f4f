"""The project's addresses: the app's own, login, language and the admin."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from models_ui.web.account_views import confirm_address, sign_in
from models_ui.web.passkeys import reauthenticate_passkey, remove_passkey

urlpatterns = [
    path("", include("models_ui.urls")),
    # django-allauth's own page would make an address the person's before it is confirmed.
    path("accounts/email/", RedirectView.as_view(pattern_name="profile"), name="account_email"),
    re_path(r"^accounts/confirm-email/(?P<key>[-:\w]+)/$", confirm_address, name="account_confirm_email"),
    path("accounts/login/", sign_in, name="account_login"),
    path("accounts/2fa/", RedirectView.as_view(pattern_name="profile"), name="mfa_index"),
    path("accounts/2fa/webauthn/", RedirectView.as_view(pattern_name="profile"), name="mfa_list_webauthn"),
    path("accounts/2fa/webauthn/reauthenticate/", reauthenticate_passkey, name="mfa_reauthenticate_webauthn"),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", remove_passkey, name="mfa_remove_webauthn"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
]
if settings.DJANGO_ADMIN:
    # The admin's own login page would be a second door without the first one's lock-out.
    admin.autodiscover()
    admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
    urlpatterns.append(path("admin/", admin.site.urls))

handler400 = "models_ui.views.errors.bad_request"
handler403 = "models_ui.views.errors.forbidden"
handler404 = "models_ui.views.errors.not_found"
handler429 = "models_ui.views.errors.too_many_requests"  # django-allauth's, not Django's
handler500 = "models_ui.views.errors.server_error"
