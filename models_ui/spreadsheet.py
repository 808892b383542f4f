"""CSV that spreadsheets read well and never run."""

import csv
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from django.http import HttpResponse
from django.utils import timezone

# Excel takes UTF-8 for what it is only with this mark in front.
_BYTE_ORDER_MARK = "\ufeff"
# A cell that starts with one of these is a formula to a spreadsheet, to some also behind spaces.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


def csv_download(name: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """A file of today to be saved: models-2026-11-23.csv."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.csv"'
    write_csv(response, columns, rows)
    return response


def write_csv(file: Writable, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Lists are joined by spaces, formulas neutralised with an apostrophe."""
    file.write(_BYTE_ORDER_MARK)
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    """A value that no spreadsheet will run. Numbers stay numbers."""
    if isinstance(value, tuple):
        value = " ".join(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and (value.startswith(_FORMULA_STARTS) or value.lstrip().startswith(_FORMULA_STARTS)):
        return f"'{value}"
    return value
