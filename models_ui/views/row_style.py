"""How the rows of a list look to one person, and whether they warn that nobody deletes what is due."""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import User

from models_ui.bulk.jobs import has_live_worker
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.rows import RowStyle
from models_ui.people.preferences import preferences_of, preferred_style


def row_style_of(person: User, query: CatalogQuery, index: CatalogIndex, now: datetime) -> RowStyle:
    """Return the style of the rows of a query."""
    style = preferred_style(preferences_of(person), query)
    some_wait = index.count(CatalogQuery(status=("to_be_deleted",))) > 0
    return replace(style, is_worker_away=True) if some_wait and not has_live_worker(now) else style
