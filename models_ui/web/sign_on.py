"""django-allauth's OpenID Connect, set up from the settings alone, with every answer of the provider checked.

allauth asks for the code, with state and PKCE, and signs in. Added here: the nonce, the signature of the id_token
(which allauth takes on trust from the token endpoint), that userinfo is about the same person, limits on the calls,
pages of ours for whatever fails, and people as `people/sign_on.py` knows them.
"""

import hashlib
import logging
import time
from typing import Any, Final

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.access.rate_limits import may_use
from models_ui.people.sign_on import Identity, NotAdmitted, admit_person
from models_ui.public_url import full_address
from models_ui.services import openid
from models_ui.services.openid import NotTrusted, ProviderUnreachable, TooManyWait
from models_ui.text.isolation import fill
from models_ui.text.plain import plain_text

logger = logging.getLogger(__name__)

MOST_BEGUN: Final = 60  # times that sign-on is begun from one network address in a minute
UNREACHABLE = gettext_lazy("%(name)s does not answer, so nobody can sign in by it now. Try again in a minute.")
NOT_TRUSTED = gettext_lazy(
    "%(name)s sent an answer that this dashboard does not accept. Try again; if it stays so, tell whoever runs the "
    "dashboard."
)
DECLINED = gettext_lazy("You declined at %(name)s, so you are not signed in.")
REFUSED = gettext_lazy("%(name)s did not sign you in. Try again, or ask whoever looks after your account there.")
STALE = gettext_lazy("That sign-in is too old, was finished already, or began in another browser. Begin again here.")
BUSY = gettext_lazy("Too many people are signing in at this moment. Try again.")
KEPT_MANAGER = gettext_lazy("Your groups no longer give you the role Manager. You keep it until somebody else has it.")


def provider_name() -> str:
    """Return what people call the identity provider."""
    return settings.OIDC_NAME or _("Single sign-on")


class SignOnProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """The provider of the settings. Nothing of a request changes what is asked of it."""

    pkce_enabled_default = True

    @property
    def server_url(self) -> str:
        return openid.discovery_address(settings.OIDC_ISSUER)

    def get_oauth2_adapter(self, request: HttpRequest) -> "SignOnOAuth2Adapter":
        return SignOnOAuth2Adapter(request, settings.OIDC_ISSUER)

    def get_pkce_params(self) -> dict[str, Any]:
        """Return the parameters of PKCE, and the nonce, which follows from the same secret of the session."""
        params: dict[str, Any] = super().get_pkce_params()
        return {**params, "nonce": nonce_of(params["code_verifier"])}

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Store nothing of what the provider says beside who it is."""
        return {}


class SignOnClient(OAuth2Client):  # type: ignore[misc]  # allauth has no types
    """Keeps what the provider's own address of authorization asks for already, as RFC 6749 demands."""

    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, Any]) -> str:
        start, _, own = authorization_url.partition("?")
        address: str = super().get_redirect_url(start, scope, extra_params)
        return f"{address}&{own}" if own else address


def nonce_of(code_verifier: str) -> str:
    return hashlib.sha256(f"nonce of {code_verifier}".encode()).hexdigest()


class SignOnOAuth2Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """The exchange of one sign-in. What is wrong with an answer is raised as allauth expects it."""

    client_class = SignOnClient
    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        is_new = not hasattr(self, "_openid_config")
        config: dict[str, Any] = super().openid_config
        if is_new:
            _check(openid.check_discovery, config, settings.OIDC_ISSUER)
        return config

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        self.nonce = nonce_of(pkce_code_verifier or "")
        data: dict[str, Any] = super().get_access_token_data(request, app, client, pkce_code_verifier)
        return data

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Return the token for the call that follows; it is stored nowhere."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        config = self.openid_config
        with SignOnAdapter(request).get_requests_session() as session:
            keys = session.get(config["jwks_uri"])
        keys.raise_for_status()
        claims = _check(
            openid.read_id_token,
            kwargs["response"].get("id_token"),
            keys.json(),
            issuer=settings.OIDC_ISSUER,
            client_id=app.client_id,
            nonce=self.nonce,
        )
        userinfo = self._fetch_user_info(token.token) if "userinfo_endpoint" in config else None
        claims = _check(openid.join_claims, claims, userinfo)
        login = self.get_provider().sociallogin_from_response(request, {"sub": claims["sub"]})
        login.identity = Identity.of_claims(claims)
        return login

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return full_address(reverse("sign_on_callback"), request)


def _check(check: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return check(*args, **kwargs)
    except NotTrusted as error:
        raise ProviderException(str(error)) from None


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What allauth asks of the project: which provider there is, how to call it, and what follows."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> Any:
        """Return the provider of the settings. None is read from the database."""
        if not settings.OIDC_ISSUER or provider not in (None, settings.OIDC_ISSUER, SignOnProvider.id):
            return []
        return [
            SocialApp(
                provider=SignOnProvider.id,
                provider_id=settings.OIDC_ISSUER,
                name=provider_name(),
                client_id=settings.OIDC_CLIENT_ID,
                secret=settings.OIDC_CLIENT_SECRET,
                settings={"scope": settings.OIDC_SCOPES},
            )
        ]

    def get_requests_session(self) -> openid.ProviderSession:
        """Return a session whose calls end in time, all calls of one request together."""
        deadline = getattr(self.request, "_sign_on_deadline", None)
        if deadline is None:
            deadline = self.request._sign_on_deadline = time.monotonic() + openid.SIGN_IN_TIMEOUT
        return openid.ProviderSession(deadline)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Put the person of the identity in the place of what allauth found or would sign up."""
        try:
            admission = admit_person(sociallogin.identity)
        except NotAdmitted as refused:
            raise ImmediateHttpResponse(failed_page(request, 403, refused.sentence)) from None
        sociallogin.account, sociallogin.user = admission.account, admission.account.user
        if admission.kept_manager:
            messages.warning(request, KEPT_MANAGER)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Answer with a page of ours, whatever it was."""
        if exception is not None:
            raise ImmediateHttpResponse(broken_page(request, exception)) from None
        if "state_id" in (extra_context or {}):
            logger.warning("Sign-on: a state that this session does not know")
            raise ImmediateHttpResponse(failed_page(request, 400, STALE))
        told = plain_text(request.GET.get("error", ""), 80)
        logger.warning("Sign-on: the provider answered with the error %r", told)
        sentence = DECLINED if error == AuthError.CANCELLED else REFUSED
        raise ImmediateHttpResponse(failed_page(request, 403, sentence))


def begin_sign_on(request: HttpRequest) -> HttpResponse:
    """Return a page that leads on to the provider.

    Chromium holds redirects after a form to `form-action`, and nobody knows which hosts a provider redirects to. So the
    form's answer is a page, which the browser leaves by itself.
    """
    address = get_account_adapter(request).get_client_ip(request)
    if not may_use(f"sign-on from {address}", most=MOST_BEGUN, seconds=60):
        return failed_page(request, 429, BUSY)
    provider = SignOnAdapter(request).get_provider(request, settings.OIDC_ISSUER)
    try:
        answer = provider.redirect(request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request))
    except (openid.CallFailed, ProviderException) as error:
        return broken_page(request, error)
    except ImmediateHttpResponse as answered:
        response: HttpResponse = answered.response
        return response
    page = render(request, "account/sign_on_leaving.html", {"address": answer["Location"], "name": provider_name()})
    page["Refresh"] = f"0; url={answer['Location']}"
    return page


def finish_sign_on(request: HttpRequest) -> HttpResponseBase:
    """Sign in who comes back from the provider, or return a page that says why not."""
    view = OAuth2CallbackView.adapter_view(SignOnOAuth2Adapter(request, settings.OIDC_ISSUER))
    answer: HttpResponseBase = view(request)
    return answer


def broken_page(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the page for an exchange that failed, and log why."""
    if isinstance(error, TooManyWait):
        return failed_page(request, 503, BUSY)
    is_unreachable = isinstance(error, ProviderUnreachable)
    # Of errors that are not ours the name alone: their text may hold the code, or what the provider sent.
    why = str(error) if isinstance(error, ProviderUnreachable | ProviderException) else type(error).__name__
    logger.warning("Sign-on failed: %s", why)
    return failed_page(request, 503 if is_unreachable else 502, UNREACHABLE if is_unreachable else NOT_TRUSTED)


def failed_page(request: HttpRequest, status: int, sentence: str | Promise) -> HttpResponse:
    """Return the page that says why somebody is not signed in."""
    context = {
        "sentence": fill(sentence, {"name": provider_name()}) if "%(name)s" in str(sentence) else str(sentence),
        "is_provider_down": status in (502, 503),
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "account/sign_on_failed.html", context, status=status)
