"""Django's admin, for superusers where DJANGO_ADMIN is on: tables to look at, and nothing to change."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

# Imported for what they register, which is taken off below.
import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.utils import display_for_field
from django.contrib.auth.models import Group, User
from django.db.models import JSONField, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from models_ui.access.roles import role_of
from models_ui.models import AuditEvent, CatalogModel, SyncRun
from models_ui.text.folding import fold_for_search, words_to_find
from models_ui.text.isolation import escape_controls, isolate


def is_superuser(request: HttpRequest) -> bool:
    """Return whether this person may enter the admin. Django's staff flag does not count."""
    return request.user.is_active and request.user.is_authenticated and request.user.is_superuser


def lead_to_password_page(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """Redirect to our page for passwords. The admin's own one does not limit guesses at the old password."""
    return HttpResponseRedirect(reverse("account_change_password"))


admin.site.has_permission = is_superuser  # type: ignore[method-assign]
admin.site.password_change = lead_to_password_page  # type: ignore[assignment,method-assign]


@cache  # the admin compares the columns of one request with each other
def _isolated_column(field: Any) -> Callable[[Model], str]:
    """Return what shows a field of a row so that no value turns its surroundings."""

    @admin.display(description=field.verbose_name, ordering=field.name)
    def show_value(row: Model) -> str:
        text = str(display_for_field(getattr(row, field.name), field, "-"))
        return isolate(escape_controls(text) if isinstance(field, JSONField) else text)

    return show_value


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only for the type checker
    """Rows to look at. Names are anybody's text, so each value is isolated."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row. Django itself fails on an empty name of a field, as `?_to_field=` gives."""
        return super().get_object(request, object_id, from_field or None)

    def get_list_display(self, request: HttpRequest) -> Any:
        return [_isolated_column(self.model._meta.get_field(str(name))) for name in self.list_display]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [_isolated_column(field) for field in self.model._meta.fields if field.editable]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FoldedSearchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Searches as every page does. Databases fold case alone, and each in its own way, so this reads the table."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = words_to_find(search_term)
        if not words:
            return queryset, False
        rows = queryset.order_by().values_list("pk", *map(str, self.search_fields))
        keys = [key for key, *texts in rows if has_words(words, texts)]
        return queryset.filter(pk__in=keys), False


def has_words(words: Iterable[str], texts: Iterable[str | None]) -> bool:
    folded = fold_for_search("\n".join(text for text in texts if text))
    return all(word in folded for word in words)


@admin.register(CatalogModel)
class CatalogModelAdmin(FoldedSearchAdmin, ReadOnlyAdmin):
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


# --- People and roles

for table in (User, Group, UserSession, EmailAddress, SocialAccount, SocialApp, SocialToken, Authenticator):
    admin.site.unregister(table)  # below for what is shown of people; the rest is set up elsewhere, or holds secrets


@admin.register(User)
class PersonAdmin(FoldedSearchAdmin, ReadOnlyAdmin):
    """People, to look at. A Manager gives roles and access on the page of people, which leaves a Manager."""

    list_display = ("username", "first_name", "email", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    shown = ("username", "first_name", "last_name", "email", "is_active", "is_superuser", "last_login", "date_joined")

    @admin.display(description=_("role"))
    def role(self, person: User) -> str:
        return role_of(person).label

    def get_list_display(self, request: HttpRequest) -> Any:
        return [*super().get_list_display(request), "role"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*(_isolated_column(User._meta.get_field(name)) for name in self.shown), "role"]


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """Groups, to look at: the three roles are known by their names."""

    list_display = ("name",)
    ordering = ("name",)
