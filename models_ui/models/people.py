"""The tables of what people set up for themselves and for each other: preferences and saved views."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def keep_shared_lists(collector: Any, field: Any, sub_objs: models.QuerySet["SavedList"], using: str) -> None:
    """Delete a person's private views with the account, and leave the shared ones without an owner."""
    models.SET_NULL(collector, field, sub_objs.filter(shared=True), using)
    models.CASCADE(collector, field, sub_objs.filter(shared=False), using)


class SavedList(models.Model):
    """A saved view: a name for an address of the catalog. Written by `catalog/saved_lists.py` alone."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, keep_shared_lists, null=True, related_name="saved_lists")
    name = models.CharField(_("name"), max_length=60)
    folded_name = models.CharField(max_length=200, help_text="Two names with the same fold are the same to people")
    query = models.TextField(help_text="The catalog's canonical query string, without a page")
    shared = models.BooleanField(default=False, help_text="Whether everyone sees it; otherwise its owner alone")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "saved view"
        ordering = ("folded_name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("owner", "folded_name"), name="saved_list_once_per_owner"),
            models.UniqueConstraint(
                fields=("folded_name",), condition=models.Q(shared=True), name="saved_list_once_among_shared"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Preferences(models.Model):
    """What one person has chosen, and when they were here. Written by `people/preferences.py` alone.

    A person without a row has the defaults.
    """

    class Theme(models.TextChoices):
        SYSTEM = "system", pgettext_lazy("theme", "As the system")
        LIGHT = "light", pgettext_lazy("theme", "Light")
        DARK = "dark", pgettext_lazy("theme", "Dark")

    class Density(models.TextChoices):
        COMPACT = "compact", pgettext_lazy("density", "Compact")
        ROOMY = "roomy", pgettext_lazy("density", "Roomy")

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="preferences")
    theme = models.CharField(max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(max_length=10, choices=Density.choices, default=Density.COMPACT)
    columns = models.CharField(max_length=200, blank=True, help_text="The catalog's columns, as in its address")
    facets_folded = models.BooleanField(default=False)
    keyboard_shortcuts = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=64, blank=True, help_text="An IANA name; empty for UTC")
    default_tab = models.CharField(
        max_length=20, blank=True, help_text="The type that Models opens with; empty for all"
    )
    default_list = models.ForeignKey(
        SavedList, models.SET_NULL, null=True, related_name="+", help_text="The saved view that Models opens with"
    )
    seen_at = models.DateTimeField(null=True, help_text="The last request, to a few minutes")
    last_visit_at = models.DateTimeField(null=True, help_text="The last request of the visit before this one")

    class Meta:
        verbose_name = "preferences"
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.owner_id}"
