"""The tables: what upstream said (the mirror of it), and what the runs that fetched it did.

`CatalogModel` is one real model. Only `sync.py` and `actions.py` write these rows.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mirror(models.Model):
    """The state of the whole mirror, in its only row."""

    upstream = models.CharField(max_length=300, blank=True, help_text="Address the rows came from; no other may mix in")
    version = models.CharField(max_length=32, blank=True, help_text="Random; changes whenever a row changes")
    last_synced_at = models.DateTimeField(null=True, help_text="End of the last run that succeeded")

    # The lease on syncing: whoever holds the token may write, until it expires.
    lease_token = models.CharField(max_length=32, blank=True)
    lease_expires_at = models.DateTimeField(null=True)

    # The last run's failure, cleared by the next success.
    failed_at = models.DateTimeField(null=True)
    failure = models.JSONField(default=dict, help_text="code, detail, status and correlation id of the failure")

    class Meta:
        verbose_name = "mirror"
        verbose_name_plural = "mirror"

    def __str__(self) -> str:
        return self.upstream or "not synced yet"


class CatalogModel(models.Model):
    """One real model: its confirmed facts, and when it was seen. Rows are never deleted."""

    # Who it is. `identity` is the model id, and more where one id means two models.
    identity = models.CharField(max_length=600, unique=True)
    model_id = models.CharField(max_length=300, blank=True, db_index=True)
    aliases = models.JSONField(default=list, help_text="Every other id it answers to")

    # What upstream says.
    type = models.CharField(_("type"), max_length=60)
    name = models.TextField(null=True)  # noqa: DJ001 - upstream tells null from ""
    description = models.TextField(null=True)  # noqa: DJ001
    owned_by = models.CharField(_("owner"), max_length=300, blank=True)
    created_at = models.DateTimeField(null=True, help_text="Fine-tunes only: a base model's is the request's clock")
    max_context_length = models.BigIntegerField(_("context length"), null=True, help_text="Tokens")
    capabilities = models.JSONField(default=dict, help_text="Every flag upstream sent, by its key")
    deprecation = models.DateTimeField(null=True, help_text="When it stops working (UTC), not when that was announced")
    replacement = models.CharField(max_length=300, blank=True)
    default_temperature = models.FloatField(null=True)
    root = models.CharField(_("base model"), max_length=300, blank=True, help_text="What a fine-tune was trained from")
    job = models.CharField(max_length=300, blank=True)
    archived = models.BooleanField(default=False)
    raw = models.JSONField(default=dict, help_text="The payload as it came")
    problems = models.JSONField(default=list, help_text="Fields that were missing, null or mistyped")

    # What we know of it.
    pending = models.JSONField(default=dict, help_text="Losses seen once, shown when a second run confirms them")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(help_text="Kept up only once it is missing; before that it is the last sync")
    missing_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")

    def __str__(self) -> str:
        return self.name or self.model_id or self.identity


class SyncRun(models.Model):
    """One run of mirroring, for the people who ask what happened when."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")

    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    asked_by = models.CharField(max_length=150, blank=True, help_text="Username, or empty for a page or cron")
    entries = models.PositiveIntegerField(default=0, help_text="Entries in upstream's list")
    unreadable = models.PositiveIntegerField(default=0, help_text="Entries that were no objects at all")
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    failure = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = "sync run"

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S} {self.outcome}"
