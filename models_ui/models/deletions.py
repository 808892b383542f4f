"""The table of deletions that people ask for and plan."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PlannedDeletion(models.Model):
    """One deletion, from the request to its end. `actions/deletion_states.py` has its states and their changes.

    The row of a deletion that is over stays. A model has at most one deletion that is not over.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("to be decided")
        PLANNED = "planned", _("waits for its day")
        DELETING = "deleting", _("being deleted")  # the attempt is recorded; its outcome is not
        WAITS = "waits", _("waits for a person")  # its day came, and it was not deleted
        TAKEN_BACK = "taken back", _("taken back")
        DECLINED = "declined", _("declined")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("deleted")

    # No constraint in the database: it would lock the model's row against a sync.
    row = models.ForeignKey("models_ui.CatalogModel", models.CASCADE, db_constraint=False, related_name="+")
    model_id = models.CharField(max_length=300, db_index=True)
    state = models.CharField(max_length=20, choices=State.choices)

    # Who asked for it. `decider` is the Manager who planned or accepted it: it is deleted in the decider's name.
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    reason = models.TextField(blank=True)
    decider = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True, help_text="What the Manager said to the request")

    # What was planned, of a model that looked so.
    due_at = models.DateTimeField(null=True, db_index=True, help_text="Never deleted before")
    seen = models.JSONField(default=dict, help_text="Its name and description when the deletion was planned")
    was_live = models.BooleanField(default=False, help_text="Whether it was archived for this deletion")

    # The two warnings, see `alerts/deletion_warnings.py`.
    told = models.JSONField(default=dict, help_text="The people who got each warning: first and last")
    first_warned_at = models.DateTimeField(null=True, help_text="When everybody had got the first warning")
    last_warned_at = models.DateTimeField(null=True, help_text="When everybody had got the warning a day before")
    warning_failed_at = models.DateTimeField(null=True, help_text="When a warning last could not be sent")

    # What the worker does. The lease's token is the fence: who comes back late writes nothing.
    attempt = models.PositiveIntegerField(default=0, help_text="Attempts begun; each has an action id of its own")
    action_id = models.CharField(max_length=64, blank=True, db_index=True, help_text="Of the last attempt")
    not_before = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    failure = models.JSONField(default=dict, help_text="Why it was not deleted")
    ended_at = models.DateTimeField(null=True)
    ended_by_action = models.CharField(max_length=64, blank=True, db_index=True, help_text="The action that ended it")

    class Meta:
        verbose_name = _("planned deletion")
        verbose_name_plural = _("planned deletions")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("row",),
                condition=models.Q(state__in=("asked", "planned", "deleting", "waits")),
                name="one_open_deletion_of_a_row",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.model_id} {self.state}"
