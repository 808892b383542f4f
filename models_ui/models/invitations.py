"""The table of one-time links: invitations of people, and the link by which the first Manager sets this up."""

from django.conf import settings
from django.db import models


class Invitation(models.Model):
    """One link that makes one account. The link's secret is stored nowhere, only its hash.

    `invited_by` is the Manager who made the link; only the setup link, made in a terminal, never had one.
    """

    digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10)  # the name of a `Role`, in lower case
    email = models.EmailField(blank=True)
    is_setup = models.BooleanField(default=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="invitations_made"
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="invitation"
    )

    class Meta:
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return f"invitation {self.pk}"
