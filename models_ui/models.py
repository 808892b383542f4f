"""The tables: what upstream said (the mirror of it), what the runs that fetched it did, and what people did.

`CatalogModel` is one real model; only `sync.py` and `actions.py` write these rows. `AuditEvent` is the history of
actions; only `audit.py` writes it, and nothing changes or deletes an event. `BulkJob` is one action on many models.
"""

import secrets
import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from models_ui.services import id_is_routable


class Mirror(models.Model):
    """The state of the whole mirror, in its only row."""

    upstream = models.CharField(max_length=300, blank=True, help_text="Address the rows came from; no other may mix in")
    version = models.CharField(max_length=32, blank=True, help_text="Random; changes whenever a row changes")
    last_synced_at = models.DateTimeField(null=True, help_text="End of the last run that succeeded")
    unreadable = models.PositiveIntegerField(default=0, help_text="Entries of its list that were no objects at all")

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


# In `CatalogModel.problems`, before a field on which the entries of one model disagree.
DISPUTED = "disputed:"


class CatalogModel(models.Model):
    """One real model: its confirmed facts, and when it was seen. Rows are never deleted."""

    # Who it is. `identity` is the model id, and more where one id means two models.
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

    # What we know of it.
    pending = models.JSONField(default=dict, help_text="Losses seen once, shown when a second run confirms them")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(help_text="Kept up only once it is missing; before that it is the last sync")
    missing_since = models.DateTimeField(_("missing since"), null=True)
    deleted_at = models.DateTimeField(null=True, help_text="When it was deleted from here; the row is its tombstone")
    acted_at = models.DateTimeField(null=True, help_text="Last action from here: a list fetched before it is older")
    protected = models.BooleanField(default=False, help_text="A Manager forbade to rename, archive or delete it")

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")

    def __str__(self) -> str:
        return self.name or self.model_id or self.identity

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_missing(self) -> bool:
        return self.missing_since is not None

    @property
    def routable(self) -> bool:
        """Whether an address may carry its id."""
        return id_is_routable(self.model_id)


class SyncRun(models.Model):
    """One run of mirroring, for the people who ask what happened when."""

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
    unreadable = models.PositiveIntegerField(default=0, help_text="Entries that were no objects at all")
    added = models.PositiveIntegerField(_("added"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    missing = models.PositiveIntegerField(_("missing"), default=0)
    failure = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("sync run")

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S} {self.outcome}"


class AppendOnly(models.QuerySet["AuditEvent"]):
    """Events are written once. Whoever wants to change one has to go round Django, and the hash chain tells."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events are never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit events are never deleted.")

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events are added one by one, each to the chain's end.")


class AuditEvent(models.Model):
    """One step of one action. An action starts with an attempt and goes on with what came of it.

    People and models are named as text: the history outlives both.
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
    after = models.JSONField(default=dict, help_text="What was asked for; once it succeeded, what is")
    reason = models.TextField(blank=True)
    undoes = models.CharField(max_length=64, blank=True, db_index=True, help_text="The action that this one takes back")
    job = models.CharField(max_length=64, blank=True, db_index=True, help_text="The bulk job it is part of")
    failure = models.JSONField(default=dict)
    correlation_id = models.CharField(_("correlation id"), max_length=100, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = AppendOnly.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor}: {self.kind} {self.model_id} {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Audit events are never changed.")
        # A new event with the key of an old one would otherwise be saved over it.
        super().save(force_insert=True, using=kwargs.get("using"))

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events are never deleted.")


class AuditHead(models.Model):
    """The end of the hash chain, in its only row. Locked while an event is added, so that the chain never forks."""

    last_hash = models.CharField(max_length=64, blank=True)
    events = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.events} events"


class ActionLock(models.Model):
    """One action at a time on one model, across all processes. Expires, should its holder die."""

    model_id = models.CharField(max_length=300, primary_key=True)
    token = models.CharField(max_length=32)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.model_id


def new_job_id() -> str:
    return secrets.token_hex(8)


class BulkJob(models.Model):
    """One verb on a list of models that was frozen when somebody reviewed it. Only `jobs.py` and `job_runner.py` write.

    Draft until it is started; then its items are worked through by `manage.py run_jobs`, whoever is looking.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("not started")
        QUEUED = "queued", _("waiting to start")
        RUNNING = "running", _("under way")
        CANCELLED = "cancelled", _("cancelled")
        DONE = "done", _("finished")

    id = models.CharField(primary_key=True, max_length=32, default=new_job_id)
    verb = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    undoes = models.CharField(max_length=32, blank=True, db_index=True, help_text="The job that this one takes back")
    reason = models.TextField(blank=True)

    # How the models were chosen.
    query = models.TextField(blank=True, help_text="The catalog's query string on the page they were chosen on")
    whole = models.BooleanField(default=False, help_text="All that match the query, not just some rows")
    moved = models.BooleanField(default=False, help_text="The mirror had changed since that page was shown")

    # Who. The maker chose the models; the actor started it, and everything is done in their name.
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_by = models.CharField(max_length=150)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    started_by = models.CharField(max_length=150, blank=True)
    request_id = models.CharField(max_length=40, blank=True, help_text="Of the request that started it")

    created_at = models.DateTimeField(db_index=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, help_text="When nothing of it was left, also after it was cancelled")

    # Upstream asked for a break, or cannot be reached: nothing is sent before this moment.
    paused_until = models.DateTimeField(null=True)
    pauses = models.PositiveIntegerField(default=0, help_text="Breaks since something last worked")
    pause = models.JSONField(default=dict, help_text="The failure that caused the break")
    failure = models.JSONField(default=dict, help_text="The failure that would have met every other model, too")

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")

    def __str__(self) -> str:
        return f"{self.id} {self.verb} {self.state}"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None

    @property
    def was_started(self) -> bool:
        return self.started_at is not None


class BulkItem(models.Model):
    """One model of a job, and how far it is.

    Whoever works on it holds a lease: the token is the fence for a worker that comes back after the lease expired.
    """

    class State(models.TextChoices):
        SKIPPED = "skipped", _("skipped")  # known before the start
        WAITING = "waiting", _("not sent yet")
        WORKING = "working", _("under way")
        UNSETTLED = "unsettled", _("being looked into")  # sent, and nobody knows yet what came of it
        DONE = "done", _("done")
        SAME = "same", _("nothing to do")  # it already was as wished when its turn came
        FAILED = "failed", _("failed")
        REFUSED = "refused", _("refused")
        UNKNOWN = "unknown", _("not known")  # it was looked into for long enough
        CANCELLED = "cancelled", _("not sent")

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    model_id = models.CharField(max_length=300)
    label = models.TextField(blank=True, help_text="What the model was called when it was chosen")
    undoes = models.CharField(max_length=64, blank=True, help_text="The action that this one takes back")

    state = models.CharField(max_length=20, choices=State.choices)
    attempt = models.PositiveIntegerField(default=0, help_text="Attempts begun; each has an action id of its own")
    tries = models.PositiveIntegerField(
        default=0, help_text="Attempts that count: a break that upstream asks for does not"
    )
    action_id = models.CharField(max_length=64, blank=True, help_text="Of the last attempt")
    not_before = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_expires_at = models.DateTimeField(null=True)

    failure = models.JSONField(default=dict, help_text="Why it was skipped, refused or failed; why it is tried again")
    correlation_id = models.CharField(max_length=100, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("bulk item")
        verbose_name_plural = _("bulk items")
        ordering = ("position",)
        indexes = (models.Index(fields=("job", "state"), name="bulkitem_job_state"),)
        constraints = (models.UniqueConstraint(fields=("job", "model_id"), name="bulkitem_once_in_a_job"),)

    def __str__(self) -> str:
        return f"{self.job_id} {self.model_id} {self.state}"

    @property
    def routable(self) -> bool:
        """Whether an address may carry the model's id."""
        return id_is_routable(self.model_id)


class JobWorker(models.Model):
    """A process that works on jobs, and when it last said so."""

    token = models.CharField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.token


class CatalogChange(models.Model):
    """Something upstream changed by itself, confirmed and told once. `sync.py` alone writes these rows.

    Kinds: model.added, model.missing, model.returned, alias.repointed, deprecation.announced, deprecation.moved,
    deprecation.withdrawn, replacement.changed, capability.added, capability.removed, context.changed, name.changed.
    """

    at = models.DateTimeField(db_index=True, help_text="When the run that confirmed it read the list (UTC)")
    kind = models.CharField(max_length=40)
    model_id = models.CharField(max_length=300, db_index=True, help_text="The model it happened to, as text")
    label = models.TextField(blank=True, help_text="What the model was called then")
    subject = models.CharField(
        max_length=300, blank=True, db_index=True, help_text="The alias or capability it is about, where there is one"
    )
    before = models.JSONField(null=True, help_text="The value before: a date as ISO text, an id, a number, a name")
    after = models.JSONField(null=True)

    class Meta:
        verbose_name = _("change upstream")
        verbose_name_plural = _("changes upstream")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind} {self.model_id} {self.subject}".rstrip()


class FeedAddress(models.Model):
    """A secret address of one person's feeds, for a calendar or feed reader. `feeds/addresses.py` alone writes these.

    The secret itself is nowhere: whoever reads this table can open no feed. To revoke an address is to delete its row.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feed_addresses")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret")
    form_id = models.CharField(
        max_length=64, unique=True, help_text="Of the form that made it: sent twice, it makes one"
    )
    name = models.CharField(_("name"), max_length=100)
    query = models.TextField(blank=True, help_text="The filters, as the catalog's canonical query string")
    language = models.CharField(_("language"), max_length=10)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, help_text="To the minute")
    served = models.JSONField(default=dict, help_text="For each feed the ETag of its last content, and since when")

    class Meta:
        verbose_name = _("feed address")
        verbose_name_plural = _("feed addresses")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class CalendarEvent(models.Model):
    """What calendars were last told of a model's end. `feeds/events.py` alone writes these rows.

    The uid never changes; `sequence` rises whenever the date moves, is withdrawn or comes back.
    """

    # No constraint in the database: it would lock the model's row against a sync.
    row = models.OneToOneField(CatalogModel, models.CASCADE, db_constraint=False, related_name="+")
    uid = models.UUIDField(unique=True, default=uuid.uuid4)
    at = models.DateTimeField(help_text="When the model stops working; of a cancelled event, when it was to")
    cancelled = models.BooleanField(default=False)
    sequence = models.PositiveIntegerField(default=0)
    facts = models.CharField(max_length=64, help_text="A digest of all that the event tells beside its date")
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    class Meta:
        verbose_name = "calendar event"

    def __str__(self) -> str:
        return f"{self.uid} {self.at:%Y-%m-%d %H:%M} #{self.sequence}{' cancelled' if self.cancelled else ''}"


class Watch(models.Model):
    """A model that one person wants to be warned about. `watching.py` alone writes these rows.

    It is quiet while its concern is the acknowledged one, or until the day on which a snooze ends; never both at once.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")
    model_id = models.CharField(max_length=300, help_text="An id, or an alias that is watched as such")
    acknowledged = models.TextField(blank=True, help_text="The key of the concern that its owner knows of")
    snoozed_until = models.DateField(null=True, help_text="The day (UTC) on which it speaks up again")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "watch"
        verbose_name_plural = "watches"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("owner", "model_id"), name="watch_once"),)

    def __str__(self) -> str:
        return f"{self.owner_id} {self.model_id}"


class DigestReader(models.Model):
    """Who gets a digest: a person, or without an owner the team's webhook. `digest/readers.py` alone writes these rows.

    Where the webhook is stands in the environment: its address is a secret.
    """

    class Scope(models.TextChoices):
        NOTHING = "nothing", _("nothing")
        WATCHED = "watched", _("what I watch")
        EVERYTHING = "everything", _("everything")

    name = models.CharField(max_length=40, unique=True, help_text="webhook, or person-7")
    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="digest_reader")
    scope = models.CharField(max_length=20, choices=Scope.choices, default=Scope.NOTHING)
    language = models.CharField(max_length=10)
    since = models.DateTimeField(help_text="Changes from then on are told")

    class Meta:
        verbose_name = "digest reader"

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One digest to one reader, written before it is sent. `digest/delivery.py` alone writes these rows.

    A digest that certainly did not leave is deleted, with what it had claimed, so that the next run says it again.
    """

    class Outcome(models.TextChoices):
        CLAIMED = "claimed", _("under way")
        SENT = "sent", _("sent")
        UNKNOWN = "unknown", _("unknown")  # never sent again; the reader's next digest says that it may be lost

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, help_text="The webhook's idempotency key")
    reader = models.ForeignKey(DigestReader, models.CASCADE, related_name="deliveries")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.CLAIMED)
    items = models.PositiveIntegerField(help_text="How many things it tells")
    claimed_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="A claim that is older was left behind by a process that died")
    admitted = models.BooleanField(default=False, help_text="A later digest has said that this one may be lost")

    class Meta:
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"
        ordering = ("claimed_at",)

    def __str__(self) -> str:
        return f"{self.id} {self.outcome}"


class Said(models.Model):
    """One thing that one reader was told, or is being told, and is never told again. Written with its delivery."""

    reader = models.ForeignKey(DigestReader, models.CASCADE, related_name="said")
    key = models.CharField(max_length=120, help_text="change:12, or ends:7:2026-12-31T12:00:00+00:00:30")
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="said")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("reader", "key"), name="said_once"),)

    def __str__(self) -> str:
        return self.key
