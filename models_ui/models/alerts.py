"""The tables of what warns people before a model stops working: feeds, calendars, watch lists and digests."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class FeedAddress(models.Model):
    """A secret address of one person's feeds, for a calendar or feed reader. Written by `feeds/addresses.py` alone.

    Only a hash of the secret is stored, so reading this table opens no feed. Deleting a row revokes its address.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feed_addresses")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret")
    form_id = models.CharField(
        max_length=64, unique=True, help_text="The form that made it: sent twice, that makes one address"
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
    """The calendar event of a model's end, as calendars have it. Written by `feeds/events.py` alone.

    The uid never changes. `sequence` rises whenever the date moves, is withdrawn or comes back, or becomes the
    model's own.
    """

    # No constraint in the database: it would lock the model's row against a sync.
    row = models.OneToOneField("models_ui.CatalogModel", models.CASCADE, db_constraint=False, related_name="+")
    uid = models.UUIDField(unique=True, default=uuid.uuid4)
    at = models.DateTimeField(help_text="When the model stops working; of a cancelled event, when it was to")
    inherited_from = models.CharField(
        max_length=300, blank=True, help_text="The id of the base model whose date it is; empty for the model's own"
    )
    cancelled = models.BooleanField(default=False)
    sequence = models.PositiveIntegerField(default=0)
    facts = models.CharField(max_length=64, help_text="SHA-256 of the event's text")
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    class Meta:
        verbose_name = "calendar event"

    def __str__(self) -> str:
        return f"{self.uid} {self.at:%Y-%m-%d %H:%M} #{self.sequence}{' cancelled' if self.cancelled else ''}"


class Watch(models.Model):
    """A model that one person wants to be warned about. Written by `alerts/watch_list.py` alone.

    The person is not warned while the model's concern is the acknowledged one, or until the day on which a snooze
    ends. A watch is acknowledged or snoozed, never both.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")
    model_id = models.CharField(max_length=300, help_text="An id, or an alias that is watched as such")
    acknowledged = models.TextField(blank=True, help_text="The key of the concern that its owner has acknowledged")
    snoozed_until = models.DateField(null=True, help_text="The day (UTC) from which its owner is warned again")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "watch"
        verbose_name_plural = "watches"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("owner", "model_id"), name="watch_once"),)

    def __str__(self) -> str:
        return f"{self.owner_id} {self.model_id}"


class DigestReader(models.Model):
    """A receiver of digests: a person, or without an owner the team's webhook. Written by `digest/readers.py` alone.

    The webhook's address is a secret, so it is in the environment and not in this table.
    """

    class Scope(models.TextChoices):
        NOTHING = "nothing", _("nothing")
        LOOKED_AFTER = "looked_after", _("what I look after")
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
    """One digest to one reader, written before it is sent. Written by `digest/delivery.py` alone.

    The row of a digest that certainly was not sent is deleted with its `Said` rows, so that the next run sends it.
    """

    class Outcome(models.TextChoices):
        CLAIMED = "claimed", _("under way")
        SENT = "sent", _("sent")
        UNKNOWN = "unknown", _("unknown")  # perhaps sent, so it is never sent again

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, help_text="The webhook's idempotency key")
    reader = models.ForeignKey(DigestReader, models.CASCADE, related_name="deliveries")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.CLAIMED)
    items = models.PositiveIntegerField(help_text="Number of items in it")
    claimed_at = models.DateTimeField()

    class Meta:
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"
        ordering = ("claimed_at",)

    def __str__(self) -> str:
        return f"{self.id} {self.outcome}"


class Said(models.Model):
    """One item that one reader was told or is being told, so that it is told once. Written with its delivery."""

    reader = models.ForeignKey(DigestReader, models.CASCADE, related_name="said")
    key = models.CharField(max_length=120, help_text="change:12, or ends:7:2026-12-31T12:00:00+00:00:30")
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="said")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("reader", "key"), name="said_once"),)

    def __str__(self) -> str:
        return self.key
