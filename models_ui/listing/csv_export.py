"""CSV that spreadsheets read well and never run.

A spreadsheet splits a file at the separator of its reader's country: a comma, or a semicolon where the comma parts
decimals. The reader's language decides, and the parameter `separator` of an address overrules it.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from models_ui.listing.querystring import split_query
from models_ui.text.isolation import balance

# Excel takes UTF-8 for what it is only with this mark in front.
_BYTE_ORDER_MARK = "\ufeff"
# A cell that starts with one of these is a formula to a spreadsheet, to some also behind spaces.
_FORMULA_SIGNS = "=+@\uff1d\uff0b\uff0d\uff20-"
_FORMULA_STARTS = (*_FORMULA_SIGNS, "\t", "\r", "\n")
# What may stand before the sign without being seen, for a character class: spaces, controls, format characters.
_UNSEEN = r"\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_UNSEEN_START = re.compile(f"[{_UNSEEN}]*")


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How cells and decimals are parted."""

    name: str  # the value of `separator` in an address
    separator: str
    decimal_point: str
    label: Promise
    other_separators: str  # a spreadsheet that expects another format starts cells after these


COMMA: Final = CsvFormat("comma", ",", ".", _("Comma-separated"), ";\t\r\n")
SEMICOLON: Final = CsvFormat("semicolon", ";", ",", _("Semicolon-separated"), ",\t\r\n")
_FORMATS: Final = {csv_format.name: csv_format for csv_format in (COMMA, SEMICOLON)}


@dataclass(frozen=True, slots=True)
class Download:
    address: str
    label: Promise


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


def usual_format() -> CsvFormat:
    """Return the format for readers of the active language."""
    return SEMICOLON if get_format("DECIMAL_SEPARATOR") == "," else COMMA


def find_format(query_string: str) -> CsvFormat:
    """Return the format that an address names, else the usual one."""
    names = (value for name, value in split_query(query_string)[0] if name == "separator")
    return next((_FORMATS[name] for name in names if name in _FORMATS), usual_format())


def other_download(address: str) -> Download:
    """Return the link to a CSV file in the format that is not the usual one."""
    other = COMMA if usual_format() is SEMICOLON else SEMICOLON
    return Download(f"{address}{'&' if '?' in address else '?'}separator={other.name}", other.label)


def csv_download(
    query_string: str, name: str, columns: Iterable[str], rows: Iterable[Iterable[object]], *, times: Collection[str]
) -> HttpResponse:
    """Return a file of today to be saved: models-2026-11-23.csv. `times` are the columns that hold moments."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.csv"'
    headings = (f"{column} (UTC)" if column in times else column for column in columns)
    write_csv(response, headings, rows, find_format(query_string))
    return response


def write_csv(
    file: Writable, headings: Iterable[str], rows: Iterable[Iterable[object]], csv_format: CsvFormat = COMMA
) -> None:
    """Write lists joined by spaces, moments in UTC, and formulas neutralised with an apostrophe."""
    file.write(_BYTE_ORDER_MARK)
    writer = csv.writer(file, delimiter=csv_format.separator)
    write_cell = _cell_writer(csv_format)
    writer.writerow(headings)
    writer.writerows([write_cell(value) for value in row] for row in rows)


def _cell_writer(csv_format: CsvFormat) -> Callable[[object], object]:
    """Return a function that makes a value one that no spreadsheet will run, in whichever format it reads the file."""
    before_sign = rf"{csv_format.other_separators}{_UNSEEN}\""
    # One whole run at a time, so that a long one is not read again from each of its characters.
    inner_formula = re.compile(rf"(?<![{before_sign}])[{before_sign}]++(?=[{_FORMULA_SIGNS}])")

    def part(run: re.Match[str]) -> str:
        return run[0] + ("'" if any(separator in run[0] for separator in csv_format.other_separators) else "")

    def write_cell(value: object) -> object:
        if isinstance(value, tuple):
            value = " ".join(value)
        if isinstance(value, datetime):
            return _utc_text(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return str(value).replace(".", csv_format.decimal_point)
        if isinstance(value, str):
            value = balance(value)
            start = _UNSEEN_START.match(value)
            is_formula = value.startswith(_FORMULA_STARTS) or (
                start is not None and value.startswith(_FORMULA_STARTS, start.end())
            )
            return ("'" if is_formula else "") + inner_formula.sub(part, value)
        return value

    return write_cell


def _utc_text(at: datetime) -> str:
    """Return `2026-11-23 12:00:00`: with a T, a zone or parts of a second, Excel takes it for text."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")
