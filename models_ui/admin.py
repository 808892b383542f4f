"""Django's admin, for superusers where DJANGO_ADMIN is on: people and groups to change, all other tables to look at."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import allauth.account.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401  # registers what is taken off below
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_field
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import JSONField, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from models_ui.access import people
from models_ui.access.roles import Role, role_of
from models_ui.mirror.state import move_version
from models_ui.models import AuditEvent, CatalogModel, SyncRun
from models_ui.text.folding import fold_for_search, words_to_find
from models_ui.text.isolation import escape_controls, isolate

ROLE_NAMES = [role.group_name for role in Role]


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


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    """The form of one person. A change that would leave nobody with the Manager role is an error of the form."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self._stays_manager(cleaned) and people.is_last_manager(self.instance):
            self.add_error(None, str(people.NEEDS_A_MANAGER))
        return cleaned

    def _stays_manager(self, cleaned: dict[str, Any]) -> bool:
        person: User = self.instance
        groups = cleaned["groups"] if "groups" in cleaned else person.groups.all()
        is_manager = cleaned.get("is_superuser", person.is_superuser) or any(
            group.name == Role.MANAGER.group_name for group in groups
        )
        return bool(is_manager and cleaned.get("is_active", person.is_active))


admin.site.unregister(UserSession)  # its keys are those of sessions; the profile ends sessions
admin.site.unregister(EmailAddress)  # the profile changes them, once they are confirmed
for table in (SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(table)  # sign-on is set up by the environment alone
admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(FoldedSearchAdmin, UserAdmin):  # type: ignore[type-arg]
    """People, superusers among them. A Manager gives roles on the page of people instead.

    Every change is an event of the history, written in the transaction of the change.
    """

    form = PersonForm
    actions = None  # deleting many at once would go past the last Manager
    list_display = ("username", "email", "role", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
        (None, {"classes": ("wide",), "fields": ("email", "groups")}),
    )

    @admin.display(description=_("role"))
    def role(self, person: User) -> str:
        return role_of(person).label

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Ask no permission of its own for what is deleted with a person, such as their e-mail addresses."""
        to_delete, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    # Changing, one after the other

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with transaction.atomic():
            people.lock_roles()
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            form.state_before = people.PersonState.of(User.objects.get(pk=obj.pk))
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        person: User = form.instance
        assert isinstance(request.user, User)
        super().save_related(request, form, formsets, change)
        if change:
            people.record_changes(request.user, form.state_before, person)
            if person.email != form.state_before.email:
                EmailAddress.objects.filter(user=person).delete()  # a former address would still get new passwords
            move_version()
        else:
            people.record_added(request.user, person)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if request.method != "POST":
            return super().user_change_password(request, id, form_url)
        with transaction.atomic():
            before = _password_of(id)
            answer = super().user_change_password(request, id, form_url)
            if _password_of(id) != before:
                assert isinstance(request.user, User)
                people.record_password(request.user, User.objects.get(pk=id))
            return answer

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        if request.method != "POST":
            return super().delete_view(request, object_id, extra_context)
        with transaction.atomic():
            people.lock_roles()
            person = self.get_object(request, object_id)
            if person is not None and people.is_last_manager(person):
                messages.error(request, str(people.NEEDS_A_MANAGER))
                return HttpResponseRedirect(reverse("admin:auth_user_change", args=(person.pk,)))
            return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        assert isinstance(request.user, User)
        people.record_deleted(request.user, obj)
        super().delete_model(request, obj)


def _password_of(key: str) -> str | None:
    return User.objects.filter(pk=key).values_list("password", flat=True).first() if key.isdecimal() else None


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Groups. The three roles are known by their names, and stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.name not in ROLE_NAMES)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.name not in ROLE_NAMES)
