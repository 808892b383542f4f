"""Queries whose SQL is made once.

Every page reads a session, a person and the state of the mirror. For a few rows of a small table Django takes ten times
as long to make the SQL as the database takes to answer it, so here it is made once for each connection.
"""

from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, QuerySet


class PreparedQuery:
    """A query for columns of rows. `examples` are values like those that it is asked with, each different.

    _SESSION = PreparedQuery(lambda key: Session.objects.filter(pk=key).values_list("session_data"), key="example")
    row = _SESSION.first(key="…")
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **examples: Any) -> None:
        self._build = build
        self._examples = examples

    def first(self, **values: Any) -> tuple[Any, ...] | None:
        """Return the first row, or None."""
        return next(iter(self._prepared(most=1).rows(values)), None)

    def all(self, **values: Any) -> list[tuple[Any, ...]]:
        return self._prepared(most=None).rows(values)

    def all_raw(self, **values: Any) -> list[tuple[Any, ...]]:
        """Return all rows as the database's driver gives them: equal ones are equal rows, at a fraction of the time."""
        return self._prepared(most=None).raw_rows(values)

    def converted(self, raw_rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return rows of `all_raw` with the values that Django makes of them."""
        return self._prepared(most=None).converted(raw_rows)

    def _prepared(self, most: int | None) -> "_Prepared":
        connection = connections[DEFAULT_DB_ALIAS]
        # Kept with the connection, which a thread has for itself, and which it refers to.
        prepared: dict[Any, _Prepared] = vars(connection).setdefault("prepared_queries", {})
        key = self, most
        if key not in prepared:
            prepared[key] = _Prepared(connection, self._build(**self._examples)[:most], self._examples)
        return prepared[key]


class _Prepared:
    """The SQL for one connection, and where the values stand among its parameters."""

    def __init__(self, connection: BaseDatabaseWrapper, queryset: QuerySet[Any, Any], examples: dict[str, Any]) -> None:
        self._connection = connection
        self._compiler = queryset.query.get_compiler(connection=connection)
        self._sql, params = self._compiler.as_sql()
        self._params = list(params)
        names = {self._adapt(example): name for name, example in examples.items()}
        self._places = [(place, names[param]) for place, param in enumerate(params) if param in names]
        columns = [expression for expression, *_ in self._compiler.select]
        self._converters = self._compiler.get_converters(columns)
        assert len({name for _, name in self._places}) == len(examples), "a value is no parameter of its own"

    def rows(self, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        return self.converted(self.raw_rows(values))

    def converted(self, raw_rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        if not self._converters:
            return raw_rows
        return [tuple(row) for row in self._compiler.apply_converters(raw_rows, self._converters)]

    def raw_rows(self, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        params = self._params.copy()
        for place, name in self._places:
            params[place] = self._adapt(values[name])
        with self._connection.cursor() as cursor:
            cursor.execute(self._sql, params)
            raw_rows: list[tuple[Any, ...]] = cursor.fetchall()
        return raw_rows

    def _adapt(self, value: Any) -> Any:
        is_time = hasattr(value, "tzinfo")
        return DateTimeField().get_db_prep_value(value, self._connection) if is_time else value
