"""What tells people before something breaks: feeds, calendars, watch lists and digests."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from models_ui.models.mirror import CatalogModel


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

    class Meta:
        verbose_name = _("feed address")
        verbose_name_plural = _("feed addresses")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class CalendarEvent(models.Model):
    """What calendars were last told of a model's end. `feeds/events.py` alone writes these rows.

    The uid never changes; `sequence` rises whenever the date moves, is withdrawn or comes back,
    or becomes the model's own.
    """

    # No constraint in the database: it would lock the model's row against a sync.
    row = models.OneToOneField(CatalogModel, models.CASCADE, db_constraint=False, related_name="+")
    uid = models.UUIDField(unique=True, default=uuid.uuid4)
    at = models.DateTimeField(help_text="When the model stops working; of a cancelled event, when it was to")
    inherited_from = models.CharField(
        max_length=300, blank=True, help_text="The id of the base model whose date it is; empty for the model's own"
    )
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
        UNKNOWN = "unknown", _("unknown")  # never sent again; the reader's watch list says that it may be lost

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, help_text="The webhook's idempotency key")
    reader = models.ForeignKey(DigestReader, models.CASCADE, related_name="deliveries")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.CLAIMED)
    items = models.PositiveIntegerField(help_text="How many things it tells")
    claimed_at = models.DateTimeField()

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
