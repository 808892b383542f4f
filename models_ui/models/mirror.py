"""The tables of the mirror: upstream's models, the runs that fetched them, and what upstream changed by itself."""

import secrets
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from models_ui.models.search_text import SearchTextField
from models_ui.text.isolation import isolate


class Mirror(models.Model):
    """The state of the whole mirror, in its only row."""

    sync_is_running = False  # as `mirror_state` of `mirror/state.py` reads it beside the row

    upstream = models.CharField(
        max_length=300, blank=True, help_text="Address the rows came from; rows of two addresses never mix"
    )
    version = models.CharField(
        max_length=32, blank=True, help_text="Random; changes whenever pages may have to show something new"
    )
    last_synced_at = models.DateTimeField(null=True, help_text="End of the last run that succeeded")
    unreadable = models.PositiveIntegerField(default=0, help_text="Entries of the list that were no JSON objects")

    # The last run's failure, cleared by the next success.
    failed_at = models.DateTimeField(null=True)
    failure = models.JSONField(default=dict, help_text="code, detail, status and correlation id of the failure")

    class Meta:
        verbose_name = "mirror"
        verbose_name_plural = "mirror"

    def __str__(self) -> str:
        return self.upstream or "not synced yet"


# In `CatalogModel.problems`, before a field on which the entries of one model disagree.
DISPUTED = "disputed:"


class Editions(models.QuerySet["CatalogModel"]):
    """A query set that gives every row that it writes a new edition.

    An edition is the number of a write. `catalog/store.py` uses it to read only the rows saved since it last read.
    """

    def update(self, **values: Any) -> int:
        with transaction.atomic():
            return super().update(edition=_next_edition(), **values)

    def bulk_create(self, objs: Iterable["CatalogModel"], **options: Any) -> list["CatalogModel"]:  # type: ignore[override]
        rows = list(objs)
        if options.get("update_fields"):
            options["update_fields"] = [*options["update_fields"], "edition"]
        with transaction.atomic():
            _give_edition(rows)
            return super().bulk_create(rows, **options)


def _next_edition() -> int:
    """Return a number higher than the edition of every row, and lock the mirror's row until the transaction ends.

    The lock makes writers take turns, so a reader that has seen one edition has seen all lower ones. In an empty table
    the first number is random, so that the editions of one database are not taken for those of another.
    """
    Mirror.objects.select_for_update().filter(pk=1).first()
    latest = CatalogModel.objects.aggregate(latest=Max("edition"))["latest"]
    return latest + 1 if latest else secrets.randbelow(2**52) + 1


def _give_edition(rows: Iterable["CatalogModel"]) -> None:
    edition = _next_edition()
    for row in rows:
        row.edition = edition


class CatalogModel(models.Model):
    """One real model: its facts as pages show them, and when it was seen. Rows are never deleted.

    A loss is shown once it is confirmed, an addition at once: see `mirror/pending.py`.
    """

    # Which model it is. `identity` is the model id, with a suffix where upstream gives one id to two models.
    identity = models.CharField(max_length=600, unique=True)
    model_id = models.CharField(_("id"), max_length=300, blank=True, db_index=True)
    aliases = models.JSONField(default=list, help_text="Every other id it answers to")

    # What upstream says.
    type = models.CharField(_("type"), max_length=60)
    name = models.TextField(_("name"), null=True)  # noqa: DJ001 - upstream tells null from ""
    description = models.TextField(null=True)  # noqa: DJ001
    owned_by = models.CharField(_("owner"), max_length=300, blank=True)
    created_at = models.DateTimeField(null=True, help_text="Fine-tunes only: a base model's is the request's clock")
    max_context_length = models.BigIntegerField(_("context length"), null=True, help_text="Tokens")
    capabilities = models.JSONField(default=dict, help_text="Every flag upstream sent, by its key")
    deprecation = models.DateTimeField(
        _("stops working"), null=True, help_text="When it stops working (UTC), not when that was announced"
    )
    replacement = models.CharField(max_length=300, blank=True)
    default_temperature = models.FloatField(null=True)
    root = models.CharField(_("base model"), max_length=300, blank=True, help_text="What a fine-tune was trained from")
    job = models.CharField(max_length=300, blank=True)
    archived = models.BooleanField(_("archived"), default=False)
    raw = models.JSONField(default=dict, help_text="The payload as it came")
    problems = models.JSONField(default=list, help_text="Fields that were missing, null or mistyped")

    # What the dashboard knows about the model.
    pending = models.JSONField(
        default=dict, help_text="What waits for later answers to confirm it, see mirror/pending.py"
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(help_text="Exact for a missing model; for a listed one the last sync counts")
    missing_since = models.DateTimeField(_("missing since"), null=True)
    deleted_at = models.DateTimeField(null=True, help_text="When it was deleted from here; the row is its tombstone")
    acted_at = models.DateTimeField(
        null=True, help_text="Last action from here; a list asked for earlier does not know of it"
    )
    deletion_due_at = models.DateTimeField(null=True, help_text="The day of its `PlannedDeletion`, while that waits")
    protected = models.BooleanField(default=False, help_text="A Manager forbade to rename, archive or delete it")

    # What people keep about the model here: see `text/care.py`. No answer of upstream changes these columns.
    keepers = models.JSONField(default=list, help_text="Who looks after it: people as @username, teams by their name")
    tags = models.JSONField(default=list)
    note = models.TextField(blank=True, default="")
    plan = models.JSONField(default=dict, help_text="What becomes of it: kind, to, by, words")

    edition = models.BigIntegerField(default=0, db_index=True, help_text="Number of the write that saved the row last")

    objects = Editions.as_manager()

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")

    def __str__(self) -> str:
        return isolate(self.name or self.model_id or self.identity)

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Save the row with a new edition, so that every process finds it among the rows to read again."""
        fields = None if update_fields is None else [*update_fields, "edition"]
        with transaction.atomic():
            _give_edition([self])
            super().save(*args, update_fields=fields, **options)

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_missing(self) -> bool:
        return self.missing_since is not None


class SyncRun(models.Model):
    """One run of the sync and its outcome."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")

    started_at = models.DateTimeField(_("started at"), db_index=True)
    finished_at = models.DateTimeField()
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    asked_by = models.CharField(
        _("asked by"), max_length=150, blank=True, help_text="Username, or empty for a page or cron"
    )
    entries = models.PositiveIntegerField(_("entries"), default=0, help_text="Entries in upstream's list")
    unreadable = models.PositiveIntegerField(default=0, help_text="Entries that were no JSON objects")
    added = models.PositiveIntegerField(_("added"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    missing = models.PositiveIntegerField(_("missing"), default=0)
    failure = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("sync run")

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S} {self.outcome}"


class CatalogChange(models.Model):
    """A change that upstream made by itself. Only `mirror/sync.py` writes changes; `changes/kinds.py` lists the kinds.

    A change is recorded when later answers have confirmed it, with one exception: a retirement date less than seven
    days ahead is recorded after one answer, with the subject “seen once”.
    """

    at = models.DateTimeField(db_index=True, help_text="When the list was read after which it was recorded (UTC)")
    kind = models.CharField(max_length=40)
    model_id = models.CharField(max_length=300, db_index=True, help_text="The model it happened to, as text")
    label = models.TextField(blank=True, help_text="What the model was called then")
    subject = models.CharField(
        max_length=300,
        blank=True,
        db_index=True,
        help_text="The alias or capability it is about; “seen once” for a near date told before it is confirmed",
    )
    before = models.JSONField(null=True, help_text="The value before: a date as ISO text, an id, a number, a name")
    after = models.JSONField(null=True)
    search_text = SearchTextField()

    class Meta:
        verbose_name = _("change upstream")
        verbose_name_plural = _("changes upstream")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind} {isolate(self.model_id)} {isolate(self.subject)}".rstrip()

    def searched_texts(self) -> list[Any]:
        """Return what a search of the changes looks at."""
        return [self.model_id, self.label, self.subject, self.kind, self.before, self.after]
