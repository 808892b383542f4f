"""The tables of bulk jobs: one verb on many models, item by item.

In `bulk/`, `jobs.py` makes, starts and stops jobs, `claim.py` leases items to workers, `write_step.py` writes the
outcome of each attempt, and `pauses.py` ends pauses. `runner.py` puts these together for `manage.py run_jobs`.
"""

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


def new_job_id() -> str:
    return secrets.token_hex(8)


class BulkJob(models.Model):
    """One verb on a list of models, which is frozen when a person reviews it. Written by `bulk/` alone.

    It is a draft until it is started; then `manage.py run_jobs` works through its items.
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
    names = models.JSONField(default=dict, help_text="Tags, people or teams: what to add and what to remove")

    # How the models were chosen.
    query = models.TextField(blank=True, help_text="The catalog's query string on the page they were chosen on")
    whole = models.BooleanField(default=False, help_text="All that match the query, not just some rows")
    moved = models.BooleanField(default=False, help_text="The mirror had changed since that page was shown")

    # The maker chose the models. The actor started the job, and everything is done in the actor's name.
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_by = models.CharField(max_length=150)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    started_by = models.CharField(max_length=150, blank=True)
    request_id = models.CharField(max_length=40, blank=True, help_text="Of the request that started it")

    created_at = models.DateTimeField(db_index=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, help_text="When no item was left, also after it was cancelled")

    # Nothing is sent before this moment, because upstream asked for a break or cannot be reached.
    paused_until = models.DateTimeField(null=True)
    pauses = models.PositiveIntegerField(default=0, help_text="Breaks since a call last succeeded")
    pause = models.JSONField(default=dict, help_text="The failure that caused the break")
    failure = models.JSONField(default=dict, help_text="The failure that every other model would have met too")

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
    """One model of a job, and its state.

    The worker that works on it holds a lease. A worker whose lease was taken over has an old token, so it writes
    nothing.
    """

    deletion_note = ""  # what it has done to a planned deletion, as `page.py` reads it beside the row

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


class JobWorker(models.Model):
    """A process that works on jobs, and the time of its last heartbeat."""

    token = models.CharField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.token
