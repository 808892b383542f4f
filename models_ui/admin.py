"""The admin: people and roles. The mirror can be looked at here, and changed only by syncing and by actions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from models_ui.folding import fold_for_search
from models_ui.models import AuditEvent, CatalogModel, SyncRun


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only for the type checker
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CatalogModel)
class CatalogModelAdmin(ReadOnlyAdmin):
    list_display = ("model_id", "name", "type", "owned_by", "max_context_length", "deprecation", "missing_since")
    list_filter = ("type", "archived", "owned_by")
    search_fields = ("model_id", "name", "description")


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "outcome", "asked_by", "entries", "added", "changed", "missing")
    list_filter = ("outcome",)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "kind", "model_id", "outcome", "correlation_id")
    list_filter = ("outcome", "kind", "actor")
    search_fields = ("search_text",)
    ordering = ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """Search as the page Activity does."""
        return super().get_search_results(request, queryset, fold_for_search(search_term))
