"""Queries whose SQL is made once.

Every page reads a session, a person and the state of the mirror. For one row of a small table Django takes ten times
as long to make the SQL as the database takes to answer it, so here it is made once for each connection.
"""

from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, QuerySet


class PreparedQuery:
    """A query for the columns of one row. `examples` are values like those that it is asked with, each different.

    _SESSION = PreparedQuery(lambda key: Session.objects.filter(pk=key).values_list("session_data"), key="example")
    row = _SESSION.first(key="…")
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **examples: Any) -> None:
        self._build = build
        self._examples = examples

    def first(self, **values: Any) -> tuple[Any, ...] | None:
        """Return the first row, or None."""
        connection = connections[DEFAULT_DB_ALIAS]
        # Kept with the connection, which a thread has for itself, and which it refers to.
        prepared = vars(connection).setdefault("prepared_queries", {})
        if self not in prepared:
            prepared[self] = _Prepared(connection, self._build(**self._examples)[:1], self._examples)
        row: tuple[Any, ...] | None = prepared[self].first(values)
        return row


class _Prepared:
    """The SQL for one connection, and where the values stand among its parameters."""

    def __init__(self, connection: BaseDatabaseWrapper, queryset: QuerySet[Any, Any], examples: dict[str, Any]) -> None:
        self._connection = connection
        self._compiler = queryset.query.get_compiler(connection=connection)
        self._sql, params = self._compiler.as_sql()
        self._params = list(params)
        names = {self._adapt(example): name for name, example in examples.items()}
        self._places = [(place, names[param]) for place, param in enumerate(params) if param in names]
        assert len({name for _, name in self._places}) == len(examples), "a value is no parameter of its own"

    def first(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        params = self._params.copy()
        for place, name in self._places:
            params[place] = self._adapt(values[name])
        with self._connection.cursor() as cursor:
            cursor.execute(self._sql, params)
            row = cursor.fetchone()
        return None if row is None else tuple(next(iter(self._compiler.results_iter([[row]]))))

    def _adapt(self, value: Any) -> Any:
        is_time = hasattr(value, "tzinfo")
        return DateTimeField().get_db_prep_value(value, self._connection) if is_time else value
