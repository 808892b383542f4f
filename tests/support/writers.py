"""Which module writes which table, read from the source: what is saved, deleted or updated, and whose rows that are.

A name stands for a table's rows by its annotation, by what it was assigned or what it loops over; a function by what
it says to return. That sees a write in several lines, through a queryset in a variable and on a row, and not one
through `setattr`, raw SQL or a name that says nothing of itself.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

WRITES = {
    *("save", "delete", "update", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    "_raw_delete",
}
Known = dict[str, set[str]]


def writers(paths: Iterable[Path], tables: set[str]) -> dict[str, set[Path]]:
    """For each table the files that write it."""
    trees = {path: ast.parse(path.read_text()) for path in paths}
    told: Known = defaultdict(set)  # functions and fields, wherever they are from
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                told[node.name] |= _named(node.returns, tables)
            elif isinstance(node, ast.ClassDef):
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                        told[field.target.id] |= _named(field.annotation, tables)
    found: dict[str, set[Path]] = {table: set() for table in tables}
    for path, tree in trees.items():
        for function in _functions(tree):
            for table in _Reader(tables, told).written(function):
                found[table].add(path)
    return found


def _functions(tree: ast.Module) -> Iterable[ast.AST]:
    """Each function by itself, as its names are its own; methods too."""
    for node in tree.body:
        yield from node.body if isinstance(node, ast.ClassDef) else [node]


def _named(annotation: ast.AST | None, tables: set[str]) -> set[str]:
    return {each.id for each in ast.walk(annotation) if isinstance(each, ast.Name)} & tables if annotation else set()


class _Reader:
    def __init__(self, tables: set[str], told: Known) -> None:
        self.tables, self.told = tables, told
        self.names: Known = defaultdict(set)

    def written(self, function: ast.AST) -> set[str]:
        nodes = list(ast.walk(function))
        for _ in range(3):  # what a name stands for may follow from another that is read later
            for node in nodes:
                self._learn(node)
        calls = (node.func for node in nodes if isinstance(node, ast.Call))
        found = (self._of(each.value) for each in calls if isinstance(each, ast.Attribute) and each.attr in WRITES)
        return set().union(*found)

    def _learn(self, node: ast.AST) -> None:
        match node:
            case (
                ast.arg(arg=name, annotation=annotation)
                | ast.AnnAssign(target=ast.Name(id=name), annotation=annotation)
            ):
                self.names[name] |= _named(annotation, self.tables)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.names[name] |= self._of(value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                self.names[name] |= self._of(value)
            case (
                ast.For(target=ast.Name(id=name), iter=value) | ast.comprehension(target=ast.Name(id=name), iter=value)
            ):
                self.names[name] |= self._of(value)
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                self.names[name] |= self._of(value)

    def _of(self, node: ast.AST) -> set[str]:
        """The tables whose rows an expression stands for."""
        match node:
            case ast.Name(id=name):
                return {name} & self.tables or (self.names if name in self.names else self.told).get(name, set())
            case ast.Attribute(value=value, attr=name):
                return self.told.get(name) or self._of(value)
            case ast.Call(func=called):
                return self._of(called)
            case ast.Subscript(value=value):
                return self._of(value)
            case ast.BoolOp(values=values):
                return set().union(*map(self._of, values))
        return set()
