"""The filters of dates, in words."""

from collections.abc import Iterator

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from models_ui.retirements.ends import ModelEnd
from models_ui.retirements.query import HORIZONS, RetirementsQuery
from models_ui.text.humanize import UNMISTAKABLE


def offered_times(query: RetirementsQuery) -> Iterator[tuple[str, RetirementsQuery]]:
    """Yield the choices of a time, each with the query that asks for it."""
    yield _("All dates"), query.at()
    yield pgettext("dates", "Ahead"), query.at(when="ahead")
    for days in HORIZONS:
        yield _horizon_label(days), query.at(within=days)
    yield pgettext("dates", "Past"), query.at(when="past")


def day_by_which(end: ModelEnd) -> str:
    """Return the day of an end for the middle of a sentence: 24 January; with its year where it is far."""
    return date_format(end.day, "j F" if 0 <= end.days < UNMISTAKABLE else "j F Y")


def affected_label() -> str:
    return _("Only what our fine-tunes hang on")


def date_filters(query: RetirementsQuery) -> Iterator[tuple[str, RetirementsQuery]]:
    """Yield the filters in use, each with the query without it. The type is not among them: it is one of models."""
    if query.when:
        yield pgettext("dates", "Ahead") if query.when == "ahead" else pgettext("dates", "Past"), query.changed(when="")
    if query.within is not None:
        yield _horizon_label(query.within), query.changed(within=None)
    if query.affected:
        yield affected_label(), query.changed(affected=False)


def _horizon_label(days: int) -> str:
    return ngettext("Within %(days)d day", "Within %(days)d days", days) % {"days": days}
