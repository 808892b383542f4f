"""What can go wrong between the dashboard and the Models API, one class a cause.

    ModelsAPIError                 code                    when
    ├── NotConfigured              not_configured          no key, a bad address or dialect; `.setting` names it
    ├── InvalidModelId             invalid_model_id        an id that no route may carry; nothing was sent
    ├── TooBusy                    too_busy                too many of us wait for it already; nothing was sent
    ├── Unreachable                unreachable             no connection, so nothing was sent; in `connection_errors.py`
    │   ├── ConnectionRefused      connection_refused
    │   ├── NameNotResolved        name_not_resolved       DNS
    │   ├── ConnectTimedOut        connect_timed_out
    │   ├── ProxyFailed            proxy_failed
    │   └── TLSFailed              tls_failed              usually a certificate
    ├── TimedOut                   timed_out               connected, but no whole answer in time
    ├── ConnectionCut              connection_cut          connected, then cut off
    ├── BadAnswer                  bad_answer              an answer that cannot be one of the Models API
    │   ├── Redirected             redirected              3xx; never followed, it would carry the key elsewhere
    │   ├── TooLarge               too_large
    │   ├── NotJSON                not_json                HTML, truncated JSON, nothing at all
    │   └── WrongShape             wrong_shape             JSON, but not what the route promises
    ├── Unauthorized               unauthorized            401
    ├── Forbidden                  forbidden               403
    │   ├── TierNotAllowed         tier_not_allowed
    │   ├── LabsNotEnabled         labs_not_enabled
    │   └── BaseModelProtected     base_model_protected    a write on a model that is Mistral's own
    ├── NotFound                   not_found               404 that does not say what was not found
    │   ├── ModelGone              model_gone              the parent to catch: this model is not there
    │   │   ├── ModelNotFound      model_not_found
    │   │   └── ModelRetired       model_retired
    │   └── RouteNotFound          route_not_found         404 "no Route", 405: wrong dialect or address
    ├── UpstreamConflict           conflict                409
    ├── Gone                       gone                    410
    ├── Invalid                    invalid                 400, 422 and any other 4xx
    │   └── NameCannotBeCleared    name_cannot_be_cleared  the contract dialect has no null name; nothing was sent
    ├── RateLimited                rate_limited            429
    │   └── NotInPlan              not_in_plan             429 with a limit of 0: waiting never helps
    └── UpstreamFailed             upstream_failed         5xx

No text here ever holds the API key, a header or a whole body: upstream's words pass through `text/plain.py`.
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.text.isolation import fill
from models_ui.text.plain import plain_text


class ModelsAPIError(Exception):
    """A call to the Models API did not do what was asked.

    `user_message`     what happened and who can do what about it, in the language of the reader
    `detail`           upstream's own sentence, or ""
    `status`           the HTTP status, or None when there was no answer
    `correlation_id`   what Mistral's support asks for, or ""
    `retryable`        whether the same call may succeed later without anybody changing anything
    `no_connection`    whether there was no connection at all, so that even a write may be repeated
    `outcome_unknown`  a write was sent and may have happened; only re-reading the model can tell
    `retry_after`      seconds upstream asked us to wait, or None
    `model_id`         the model the call was about, or ""
    `code`             a stable slug for tests, logs and stored rows
    """

    code: ClassVar[str] = "models_api_error"
    retryable: ClassVar[bool] = False
    no_connection: ClassVar[bool] = False
    sentence: ClassVar[str | Promise] = gettext_lazy("The Models API could not be used.")
    # What to say instead where the call was about no model: then it was the list that was asked for.
    list_sentence: ClassVar[str | Promise] = ""
    # What to say instead of a write that may have happened: nobody should repeat that.
    unknown_sentence: ClassVar[str | Promise] = ""
    quotes_detail: ClassVar[bool] = False

    def __init__(
        self,
        detail: str = "",
        *,
        status: int | None = None,
        correlation_id: str = "",
        outcome_unknown: bool = False,
        retry_after: float | None = None,
        model_id: str = "",
    ) -> None:
        self.detail = plain_text(detail)
        self.status = status
        self.correlation_id = plain_text(correlation_id, 100)
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after
        self.model_id = plain_text(model_id, 100)
        super().__init__(self.detail)

    @property
    def user_message(self) -> str:
        doubt = _("Whether the change was made is not known until the model is read again.")
        return f"{self.message_once_read} {doubt}" if self.outcome_unknown else self.message_once_read

    @property
    def message_once_read(self) -> str:
        """The message for a write that may have happened, once the model was read again; else `user_message`."""
        sentence = (self.outcome_unknown and self.unknown_sentence) or (not self.model_id and self.list_sentence)
        told = fill(sentence or self.sentence, self._words())
        parts = [told if self.model_id else capfirst(told)]
        if self.quotes_detail and self.detail:
            parts.append(fill(_("The Models API says: “%(detail)s”"), {"detail": self.detail}))
        return " ".join(parts)

    def _words(self) -> dict[str, object]:
        return {"model": self.model_id or _("this model"), "status": self.status or ""}

    def __str__(self) -> str:
        """One line for logs: never translated, never a secret."""
        facts = [
            self.code,
            "" if self.status is None else f"status {self.status}",
            self.detail,
            f"correlation id {self.correlation_id}" if self.correlation_id else "",
            "outcome unknown" if self.outcome_unknown else "",
        ]
        return "; ".join(filter(None, facts))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"


# Nothing was sent


class NotConfigured(ModelsAPIError):
    """A setting is missing or wrong. `setting` is its name, `detail` the problem with it."""

    code = "not_configured"
    sentence = gettext_lazy(
        "The dashboard is not set up: ask whoever runs it to correct the setting %(setting)s (%(problem)s)."
    )

    def __init__(self, problem: str = "", *, setting: str = "MISTRAL_API_KEY") -> None:
        self.setting = setting
        super().__init__(problem)

    def _words(self) -> dict[str, object]:
        return {"setting": self.setting, "problem": _(self.detail) if self.detail else _("it is missing")}


class InvalidModelId(ModelsAPIError):
    code = "invalid_model_id"
    sentence = gettext_lazy("“%(model)s” cannot be a model id, so nothing was sent to the Models API.")


class TooBusy(ModelsAPIError):
    """As many web requests as may wait for the Models API do so already, see `bulkhead.py`."""

    code = "too_busy"
    retryable = True
    sentence = gettext_lazy(
        "The Models API keeps too many people waiting just now, so nothing was sent to it: try again in a moment."
    )


# Sent, but no usable answer


class TimedOut(ModelsAPIError):
    code = "timed_out"
    retryable = True
    sentence = gettext_lazy("The Models API did not answer in time: try again in a minute.")
    unknown_sentence = gettext_lazy("The Models API did not answer in time.")


class ConnectionCut(ModelsAPIError):
    code = "connection_cut"
    retryable = True
    sentence = gettext_lazy("The connection to the Models API was cut before its answer was complete: try again.")


class BadAnswer(ModelsAPIError):
    code = "bad_answer"
    sentence = gettext_lazy(
        "The Models API gave an answer that makes no sense: try again later, and if it lasts ask whoever runs "
        "the dashboard to check the setting MODELS_API_BASE_URL."
    )


class Redirected(BadAnswer):
    code = "redirected"
    sentence = gettext_lazy(
        "The Models API’s address sends us elsewhere, which we do not follow because it could give the key away: "
        "ask whoever runs the dashboard to correct the setting MODELS_API_BASE_URL."
    )


class TooLarge(BadAnswer):
    code = "too_large"
    sentence = gettext_lazy(
        "The Models API’s answer is too large to be true, so we stopped reading it: ask whoever runs the "
        "dashboard to check the setting MODELS_API_BASE_URL."
    )


class NotJSON(BadAnswer):
    code = "not_json"
    sentence = gettext_lazy(
        "The answer is not JSON, so something other than the Models API may be speaking, or it broke off: try "
        "again, and if it lasts ask whoever runs the dashboard to check the setting MODELS_API_BASE_URL."
    )


class WrongShape(BadAnswer):
    code = "wrong_shape"
    sentence = gettext_lazy(
        "The Models API’s answer does not have the expected shape: try again later, and if it lasts ask whoever "
        "runs the dashboard to look for a newer version of it."
    )


# Refused


class Unauthorized(ModelsAPIError):
    code = "unauthorized"
    quotes_detail = True
    sentence = gettext_lazy(
        "The Models API does not accept the dashboard’s API key: ask whoever runs the dashboard to check the "
        "setting MISTRAL_API_KEY (keys for Codestral or Vibe do not work here)."
    )


class Forbidden(ModelsAPIError):
    code = "forbidden"
    quotes_detail = True
    sentence = gettext_lazy(
        "The Models API does not allow this with the dashboard’s key: ask an administrator of your organisation "
        "at Mistral which rights the key has."
    )
    list_sentence = gettext_lazy(
        "The Models API refused to list the models with the dashboard’s key: ask an administrator of your organisation "
        "at Mistral which rights the key has."
    )


class TierNotAllowed(Forbidden):
    code = "tier_not_allowed"
    quotes_detail = False
    sentence = gettext_lazy(
        "%(model)s is not part of your organisation’s plan: an administrator of your organisation can change "
        "the plan at Mistral."
    )
    list_sentence = gettext_lazy(
        "The Models API refused to list the models, because your organisation’s plan does not allow it: an "
        "administrator of your organisation can change the plan at Mistral."
    )


class LabsNotEnabled(Forbidden):
    code = "labs_not_enabled"
    quotes_detail = False
    sentence = gettext_lazy(
        "%(model)s is a Labs model: an administrator of your organisation must first enable Labs in Mistral’s "
        "admin console, under Privacy."
    )
    list_sentence = gettext_lazy(
        "The Models API refused to list the models while Labs is not enabled: an administrator of your organisation "
        "can enable Labs in Mistral’s admin console, under Privacy."
    )


class BaseModelProtected(Forbidden):
    code = "base_model_protected"
    sentence = gettext_lazy("%(model)s is one of Mistral’s own models: only fine-tuned models can be changed.")


class NotFound(ModelsAPIError):
    """A 404 that does not say what was not found; no reason to think that the model is gone."""

    code = "not_found"
    quotes_detail = True
    sentence = gettext_lazy(
        "The Models API answered “not found” without saying whether it means the model or its own address: "
        "refresh the list to see whether the model is still there."
    )


class ModelGone(NotFound):
    code = "model_gone"
    quotes_detail = False
    sentence = gettext_lazy("%(model)s is no longer there: refresh the list.")


class ModelNotFound(ModelGone):
    code = "model_not_found"
    sentence = gettext_lazy(
        "The Models API knows no model %(model)s: it was deleted, or it belongs to another organisation."
    )


class ModelRetired(ModelGone):
    code = "model_retired"
    sentence = gettext_lazy("%(model)s has been retired by Mistral and can no longer be used.")


class RouteNotFound(NotFound):
    """The address has no such route, so the dialect or the base URL is wrong. `allow`: verbs a 405 says it takes."""

    code = "route_not_found"
    allow: tuple[str, ...] = ()
    sentence = gettext_lazy(
        "The address does not know this part of the Models API: ask whoever runs the dashboard to check the "
        "settings MODELS_API_DIALECT and MODELS_API_BASE_URL with “manage.py check_api”."
    )
    list_sentence = gettext_lazy(
        "The address has no list of models, so it may not be that of the Models API: ask whoever runs the dashboard "
        "to check the setting MODELS_API_BASE_URL with “manage.py check_api”."
    )


class UpstreamConflict(ModelsAPIError):
    code = "conflict"
    quotes_detail = True
    sentence = gettext_lazy("The model was changed or is in use by someone else: read it again, then decide.")
    list_sentence = gettext_lazy("The Models API refused to list the models just now: try again in a minute.")


class Gone(ModelsAPIError):
    code = "gone"
    quotes_detail = True
    sentence = gettext_lazy("Mistral has switched this part of the Models API off, so it cannot be done any more.")
    list_sentence = gettext_lazy(
        "Mistral has switched this list of models off: ask whoever runs the dashboard to look for a newer version of "
        "it."
    )


class Invalid(ModelsAPIError):
    code = "invalid"
    quotes_detail = True
    sentence = gettext_lazy("The Models API does not accept this: change what you entered and try again.")
    list_sentence = gettext_lazy(
        "The Models API refused to list the models, as if the dashboard had asked wrongly: try again later, and if it "
        "lasts ask whoever runs the dashboard to check the setting MODELS_API_BASE_URL or to look for a newer version "
        "of the dashboard."
    )


class NameCannotBeCleared(Invalid):
    code = "name_cannot_be_cleared"
    sentence = gettext_lazy("This Models API cannot take a name away: give the model another name instead.")


class RateLimited(ModelsAPIError):
    code = "rate_limited"
    retryable = True
    sentence = gettext_lazy(
        "The Models API is getting too many calls from your organisation: wait a moment, then try again."
    )

    def _words(self) -> dict[str, object]:
        return {**super()._words(), "seconds": f"{self.retry_after or 0:.0f}"}

    @property
    def user_message(self) -> str:
        if self.retryable and self.retry_after:
            return fill(
                _("The Models API is getting too many calls from your organisation: try again in %(seconds)s seconds."),
                self._words(),
            )
        return super().user_message


class NotInPlan(RateLimited):
    code = "not_in_plan"
    retryable = False
    sentence = gettext_lazy(
        "Your organisation’s plan gives no quota for this, so waiting does not help: an administrator of your "
        "organisation can change the plan at Mistral."
    )


class UpstreamFailed(ModelsAPIError):
    code = "upstream_failed"
    retryable = True
    quotes_detail = True
    sentence = gettext_lazy(
        "The Models API is in trouble (%(status)s): try again in a few minutes; status.mistral.ai tells whether "
        "others see it too."
    )
