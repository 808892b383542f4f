"""The catalog as a good Django engineer would build it in the admin: same rows, same columns, same facets with counts.

`admin` has a yes/no filter for each capability, so that they combine as on the catalog page, and counts as Django does.
`stock_admin` is Django's as it comes, over a table with an indexed boolean column for each capability.
`lean_admin` is tuned: one list of capabilities to choose one from, which can do less but needs one query for them all
instead of one for each, and conditions that are counted without Django's subqueries. Both leave out what would only
slow them down: actions and their checkboxes, the raw payload of each row, other models in the sidebar.
"""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin, ShowFacets, SimpleListFilter, display
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from bench.models import ColumnModel
from models_ui.models import CatalogModel
from models_ui.text.humanize import short_tokens
from models_ui.text.labels import capability_label
from models_ui.vocabulary import CAPABILITIES

Rows = QuerySet[CatalogModel]


class ConditionFilter(SimpleListFilter):
    """A filter whose values are conditions on the row."""

    def conditions(self) -> dict[str, Q]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value.replace("_", " ")) for value in self.conditions()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        condition = self.conditions().get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


class StateFilter(ConditionFilter):
    title = parameter_name = "state"

    def conditions(self) -> dict[str, Q]:
        listed = Q(missing_since=None)
        return {"live": listed & Q(archived=False), "archived": listed & Q(archived=True), "missing": ~listed}


class LifecycleFilter(ConditionFilter):
    title = parameter_name = "lifecycle"

    def conditions(self) -> dict[str, Q]:
        now = timezone.now()
        return {"active": Q(deprecation=None), "retiring": Q(deprecation__gt=now), "retired": Q(deprecation__lte=now)}


class CapabilityFilter(ConditionFilter):
    title = parameter_name = "capability"

    def conditions(self) -> dict[str, Q]:
        return {key: Q(**{f"capabilities__{key}": True}) for key in CAPABILITIES}


def has(key: str) -> type[ConditionFilter]:
    """The yes/no filter of one capability."""
    condition = Q(**{f"capabilities__{key}": True})

    class HasFilter(ConditionFilter):
        title = capability_label(key)
        parameter_name = key

        def conditions(self) -> dict[str, Q]:
            return {"yes": condition, "no": ~condition}

    return HasFilter


def direct(filter_: type[ConditionFilter]) -> type[ConditionFilter]:
    """The same filter, counted without the subquery (`pk__in`) that Django's own counts make for each value."""

    class DirectFilter(filter_):
        def get_facet_counts(self, pk_attname: str, filtered_qs: Rows) -> dict[str, Count]:
            conditions = self.conditions().values()
            return {f"{number}__c": Count(pk_attname, filter=each) for number, each in enumerate(conditions)}

    return DirectFilter


class LeanCatalogAdmin(ModelAdmin):
    list_display = ("label", "aliases_text", "type", "context", "abilities", "deprecation", "owned_by", "state")
    list_filter: tuple[Any, ...] = (
        "type",
        *map(direct, (CapabilityFilter, LifecycleFilter, StateFilter)),
        "owned_by",
        "root",
    )
    search_fields = ("model_id", "name", "description", "aliases", "owned_by")
    ordering = ("model_id",)
    list_per_page = 50
    show_facets = ShowFacets.ALWAYS
    actions = None

    def get_queryset(self, request: HttpRequest) -> Rows:
        return super().get_queryset(request).defer("raw", "pending", "problems")

    @display(description="model", ordering="model_id")
    def label(self, row: CatalogModel) -> str:
        return f"{row.name} ({row.model_id})" if row.name else row.model_id

    @display(description="aliases")
    def aliases_text(self, row: CatalogModel) -> str:
        return ", ".join(row.aliases)

    @display(description="context", ordering="max_context_length")
    def context(self, row: CatalogModel) -> str | None:
        return short_tokens(row.max_context_length) if row.max_context_length else None

    @display(description="capabilities")
    def abilities(self, row: CatalogModel) -> str:
        return ", ".join(capability_label(key) for key, able in row.capabilities.items() if able)

    @display(description="state")
    def state(self, row: CatalogModel) -> str:
        return "missing" if row.missing_since else "archived" if row.archived else "live"


class CatalogAdmin(LeanCatalogAdmin):
    list_filter = ("type", *map(has, CAPABILITIES), LifecycleFilter, StateFilter, "owned_by", "root")


class ColumnModelAdmin(ModelAdmin):
    list_display = ("model_id", "name", "aliases", "type", "context", "abilities", "deprecation", "owned_by", "state")
    list_filter = ("type", *CAPABILITIES, "lifecycle", "state", "owned_by", "root")
    search_fields = ("model_id", "name", "description", "aliases", "owned_by")
    ordering = ("model_id",)
    list_per_page = 50
    show_facets = ShowFacets.ALWAYS
    actions = None

    @display(description="capabilities")
    def abilities(self, row: Any) -> str:
        return ", ".join(capability_label(key) for key in CAPABILITIES if getattr(row, key))


admin = AdminSite("bench_admin")
admin.register(CatalogModel, CatalogAdmin)
lean_admin = AdminSite("bench_lean")
lean_admin.register(CatalogModel, LeanCatalogAdmin)
stock_admin = AdminSite("bench_stock")
stock_admin.register(ColumnModel, ColumnModelAdmin)
