"""The tables that the processes of one installation share: leases, counts behind rate limits, reports of browsers."""

from django.db import models


class Lease(models.Model):
    """The right of one holder at a time to do one thing, until it expires. Written by `leases.py` alone."""

    name = models.CharField(
        max_length=340, primary_key=True, help_text="What the holder may do: sync, model:ID, digest:READER"
    )
    token = models.CharField(
        max_length=32, help_text="The holder's; who comes back after the lease expired has the wrong one"
    )
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = "lease"

    def __str__(self) -> str:
        return self.name


class RateCount(models.Model):
    """The recent uses of one rate limit. Written by `access/rate_limits.py` alone."""

    key = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of what is limited, and for whom")
    uses = models.JSONField(default=list, help_text="Seconds since 1970, the newest first")
    expires_at = models.DateTimeField(db_index=True, help_text="From then on no use counts")

    class Meta:
        verbose_name = "rate count"

    def __str__(self) -> str:
        return f"{self.key} {len(self.uses)}"


class BrowserReport(models.Model):
    """What browsers refused to load or run on our pages. Written by `web/browser_reports.py` alone."""

    key = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the three fields below")
    directive = models.CharField(max_length=40, help_text="The part of the policy that forbade it")
    blocked = models.CharField(max_length=200, help_text="inline, eval, or the origin that it would have come from")
    page = models.CharField(max_length=100, help_text="The name of the address, never the address itself")
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "report of a browser"
        verbose_name_plural = "reports of browsers"

    def __str__(self) -> str:
        return f"{self.directive} {self.blocked} {self.page}"
