"""The index that is current: built from the mirror's rows when their version moves, shared by a process's threads."""

import threading
from datetime import datetime
from functools import lru_cache

from models_ui.catalog.facets import FACETS
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.models import CatalogModel, Mirror
from models_ui.vocabulary import id_is_routable

_lock = threading.Lock()
_current: CatalogIndex | None = None

# Everything a row needs and nothing more: the raw payloads would be most of the bytes.
_COLUMNS = (
    "pk",
    "model_id",
    "aliases",
    "type",
    "name",
    "description",
    "owned_by",
    "created_at",
    "max_context_length",
    "capabilities",
    "deprecation",
    "replacement",
    "default_temperature",
    "root",
    "job",
    "archived",
    "first_seen_at",
    "last_seen_at",
    "missing_since",
    "deleted_at",
    "protected",
    "problems",
)


def current_index(mirror: Mirror, now: datetime) -> CatalogIndex:
    """The index of the mirror's version, or of a later one.

    The version is read before the rows, so an index may hold newer rows than its version says, never older ones:
    at worst the next request builds another.
    """
    global _current
    index = _current
    if index is None or not _holds(index, mirror.version, now):
        with _lock:
            # While this thread waited another may have built it, from a version that is newer than the caller's.
            version = Mirror.objects.filter(pk=mirror.pk).values_list("version", flat=True).first() or mirror.version
            index = _current
            if index is None or not _holds(index, version, now):
                index = _current = CatalogIndex.build(load_rows(), now=now, version=version)
    return index


def _holds(index: CatalogIndex, version: str, now: datetime) -> bool:
    return index.version == version and (index.expires_at is None or now < index.expires_at)


def load_rows() -> list[Row]:
    """Every row of the mirror as the index wants it."""
    return [_row(*values) for values in CatalogModel.objects.values_list(*_COLUMNS)]


def _row(
    pk: int,
    model_id: str,
    aliases: list[str],
    type_: str,
    name: str | None,
    description: str | None,
    owner: str,
    created_at: datetime | None,
    context: int | None,
    capabilities: dict[str, bool],
    deprecation: datetime | None,
    replacement: str,
    default_temperature: float | None,
    root: str,
    job: str,
    archived: bool,
    first_seen_at: datetime,
    last_seen_at: datetime,
    missing_since: datetime | None,
    deleted_at: datetime | None,
    protected: bool,
    problems: list[str],
) -> Row:
    has, lacks = _abilities(tuple(capabilities.items()))
    return Row(
        pk=pk,
        model_id=model_id,
        aliases=tuple(aliases),
        type=type_,
        name=name,
        description=description,
        owner=owner,
        created_at=created_at,
        context=context,
        capabilities=has,
        lacks=lacks,
        deprecation=deprecation,
        replacement=replacement,
        default_temperature=default_temperature,
        root=root,
        job=job,
        archived=archived,
        first_seen_at=first_seen_at,
        last_seen_at=last_seen_at if missing_since else None,
        missing_since=missing_since,
        deleted_at=deleted_at,
        protected=protected,
        problems=tuple(problems),
        routable=id_is_routable(model_id),
    )


@lru_cache(maxsize=1024)
def _abilities(flags: tuple[tuple[str, bool], ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What it can and what it cannot do, in the facets' order: databases need not keep upstream's."""
    keys = sorted(flags, key=lambda flag: FACETS["capability"].order(flag[0], 0))
    return tuple(key for key, has in keys if has), tuple(key for key, has in keys if not has)
