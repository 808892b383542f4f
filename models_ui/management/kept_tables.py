"""Which tables a backup holds: all but those that are of no use elsewhere, or are made anew."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from django.apps.registry import Apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# Who is signed in, who holds a lease, what was counted a minute ago; the admin's own log; what Django itself fills.
LEFT_OUT: Final = frozenset(
    {
        "account.EmailConfirmation",
        "admin.LogEntry",
        "auth.Group_permissions",
        "auth.Permission",
        "auth.User_user_permissions",
        "contenttypes.ContentType",
        "models_ui.JobWorker",
        "models_ui.Lease",
        "models_ui.RateCount",
        "sessions.Session",
        "usersessions.UserSession",
    }
)
# Migrations and pages fill these in an installation that nobody has used: the roles, and rows that hold no facts yet.
FILLED_BY_ITSELF: Final = frozenset({"auth.Group", "models_ui.AuditHead", "models_ui.Mirror"})


def kept_models(apps: Apps) -> Iterator[type[models.Model]]:
    """Yield the models whose rows a backup holds, tables between two others among them."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label not in LEFT_OUT and model._meta.managed and not model._meta.proxy:
            yield model


def columns_of(model: type[models.Model]) -> list[Any]:
    """Return the fields that are columns of the table."""
    return list(model._meta.concrete_fields)


def applied_migrations() -> dict[str, list[str]]:
    """Return the names of the migrations that the database has, by app; none for an empty database."""
    applied: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        applied.setdefault(app, []).append(name)
    return applied


def unknown_migrations(loader: MigrationLoader, keys: Collection[tuple[str, str]]) -> list[str]:
    """Return those of the migrations that only a newer version of an installed app can have, as words."""
    return sorted(".".join(key) for key in keys if key[0] in loader.migrated_apps and key not in loader.disk_migrations)


def models_after(loader: MigrationLoader, keys: Collection[tuple[str, str]]) -> list[type[models.Model]]:
    """Return the models that a backup holds as they are when these migrations are applied and no others."""
    return list(kept_models(loader.project_state(last_migrations(loader, keys)).apps))


def last_migrations(loader: MigrationLoader, keys: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of the migrations that no other of them depends on."""
    known = {key for key in keys if key in loader.graph.nodes}
    return sorted(key for key in known if not any(child in known for child in loader.graph.node_map[key].children))


def rows_by_table(kept: Iterable[type[models.Model]]) -> dict[str, int]:
    """Return how many rows the tables hold that exist, by label."""
    tables = set(connection.introspection.table_names())
    return {model._meta.label: model._base_manager.count() for model in kept if model._meta.db_table in tables}
