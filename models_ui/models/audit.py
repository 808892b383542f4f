"""The table of what people did: a history that nothing changes."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from models_ui.models.search_text import SearchTextField
from models_ui.text.isolation import isolate
from models_ui.vocabulary import KEPT_COLUMNS


class AppendOnly(models.QuerySet["AuditEvent"]):
    """A query set that cannot change events. Whoever changes one without Django breaks the hash chain."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events are never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit events are never deleted.")

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events are added one by one, each to the chain's end.")


class AuditEvent(models.Model):
    """One step of one action: first the attempt, then its outcome. Written by `audit/chain.py` alone.

    People and models are named as text, because the history outlives both.
    """

    class Outcome(models.TextChoices):
        ATTEMPTED = "attempted", _("under way")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        REFUSED = "refused", _("refused")
        UNKNOWN = "unknown", _("unknown")

    at = models.DateTimeField(_("at"))
    action_id = models.CharField(max_length=64, db_index=True, help_text="Shared by the events of one action")
    kind = models.CharField(_("what"), max_length=40, help_text="Dotted and past: model.renamed")
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    actor = models.CharField(_("who"), max_length=150)
    model_id = models.CharField(_("model id"), max_length=300, db_index=True)
    label = models.TextField(blank=True, help_text="What the model was called then")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict, help_text="What was asked for; of a success, the values read back")
    reason = models.TextField(blank=True)
    undoes = models.CharField(max_length=64, blank=True, db_index=True, help_text="The action that this one takes back")
    job = models.CharField(max_length=64, blank=True, db_index=True, help_text="The bulk job it is part of")
    failure = models.JSONField(default=dict)
    correlation_id = models.CharField(_("correlation id"), max_length=100, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    search_text = SearchTextField()  # made from the fields above, so the hash need not cover it

    objects = AppendOnly.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ("pk",)

    def __str__(self) -> str:
        actor, model_id = isolate(self.actor), isolate(self.model_id)
        return f"{self.at:%Y-%m-%d %H:%M:%S} {actor}: {self.kind} {model_id} {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Audit events are never changed.")
        # A new event with the key of an old one would otherwise be saved over it.
        super().save(force_insert=True, using=kwargs.get("using"))

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events are never deleted.")

    def searched_texts(self) -> list[Any]:
        """Return what a search of the history looks at."""
        sides = (self.before, self.after)
        values = [side.get(field) for side in sides for field in ("name", "description")]
        values += [text for side in sides for text in _kept_texts(side)]
        named = [self.model_id, self.label, self.actor, self.reason]
        return [*named, self.correlation_id, self.request_id, self.job, *values]


def _kept_texts(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of what is kept, by column: names, words and the parts of a plan."""
    for column in KEPT_COLUMNS:
        value = values.get(column) or ()
        parts = value.values() if isinstance(value, dict) else [value] if isinstance(value, str) else value
        yield from (part for part in parts if isinstance(part, str))


class AuditHead(models.Model):
    """The end of the hash chain, in its only row. Locked while an event is added, so that the chain never forks."""

    last_hash = models.CharField(max_length=64, blank=True)
    events = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.events} events"
