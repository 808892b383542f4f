"""Numbers, dates and distances as people write them."""

from datetime import UTC, date, datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from models_ui.text.isolation import LEFT_TO_RIGHT_MARK, fill, isolate

# Django shortens these French months to « jan. » and « fév. »; our messages say « janv. » and « févr. ».
_SHORT_MONTHS = (pgettext_lazy("abbrev. month", "Jan."), pgettext_lazy("abbrev. month", "Feb."))
UNMISTAKABLE: Final = 330  # days for which a day and a month say which year is meant


def svg_percent(share: float) -> str:
    """Return a share of the width as SVG wants it, whatever the reader's language does to decimals."""
    return f"{share * 100:.3f}".rstrip("0").rstrip(".") + "%"


def utc_moment(at: datetime) -> str:
    """Return a moment in UTC for a reader anywhere: 31 Aug 2026, 12:00 UTC."""
    return fill(_("%(day)s, %(time)s UTC"), {"day": date_format(at, "j M Y"), "time": date_format(at, "H:i")})


def short_tokens(tokens: int) -> str:
    """Return 131072 as 128k, 256000 as 256k, 1048576 as 1M: by 1,000 or 1,024 where exact, else the nearer k."""
    for kilo in (1000, 1024):
        if tokens % kilo == 0:
            thousands = tokens // kilo
            if thousands >= kilo and thousands % kilo == 0:
                return f"{thousands // kilo}M"
            return f"{thousands}k"
    return str(tokens) if tokens < 1000 else f"{round(tokens / 1000)}k"


def short_id(model_id: str) -> str:
    """Return ft:…:923a7369 for the long id of a fine-tune, and the ends of any other that is long."""
    first, _separator, rest = model_id.partition(":")
    last = rest.rpartition(":")[2]
    if rest != last and len(first) + len(last) < 20:
        return f"{first}:…:{last}"
    return model_id if len(model_id) <= 28 else f"{model_id[:14]}…{model_id[-9:]}"


def exact_number(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)


def quote_text(text: object) -> str:
    """Return a person's own words in the quotation marks of the reader's language.

    An element that takes its direction from its first letter would take that of the words, and move the quotation
    marks: so a left-to-right mark comes first where the words have another direction.
    """
    words = str(text)
    quotation = fill(_("“%(text)s”"), {"text": words})
    return quotation if isolate(words) == words else f"{LEFT_TO_RIGHT_MARK}{quotation}"


def in_days(days: int) -> str:
    """Return a calendar distance in words: today, in 23 days, 2 days ago."""
    if days == 0:
        return _("today")
    if days > 0:
        return ngettext("in %(count)d day", "in %(count)d days", days) % {"count": days}
    return ngettext("%(count)d day ago", "%(count)d days ago", -days) % {"count": -days}


def in_days_short(days: int) -> str:
    """Return a calendar distance as a table's cell has room for it: today, 23 d, 2 d ago."""
    if days == 0:
        return _("today")
    if days > 0:
        return _("%(count)d d") % {"count": days}
    return _("%(count)d d ago") % {"count": -days}


def day_near(day: date, days: int) -> str:
    """Return a day that is so many days from today, without its year where the nearest one is meant: 18 Dec."""
    return date_format(day, "j M" if abs(days) < UNMISTAKABLE else "j M Y")


def time_ago(seconds: int) -> str:
    """Return in words how long ago: just now, 2 min ago, 3 h ago, 4 days ago."""
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return _("%(count)d min ago") % {"count": seconds // 60}
    if seconds < 86_400:
        return _("%(count)d h ago") % {"count": seconds // 3600}
    return in_days(-(seconds // 86_400))


def recent_day(at: date) -> str:
    """Return a day that is past: Today, Tuesday, 12 Nov, 12 Nov 2025. A moment's day is that of the reader's zone."""
    day = timezone.localdate(at) if isinstance(at, datetime) else at
    today = timezone.localdate()
    distance = (today - day).days
    if distance == 0:
        return capfirst(_("today"))
    if 0 < distance < 7:
        return capfirst(date_format(day, "l"))
    return date_format(day, "j M" if day.year == today.year else "j M Y")


def short_day(day: date) -> str:
    """Return a day in UTC as 18 Dec; with its year where it is more than ten months away."""
    return date_format(_day_of(day), "j M" if _is_near(day) else "j M Y")


def long_day(day: date) -> str:
    """Return a day in UTC for the middle of a sentence: 24 January; with its year as `short_day` does."""
    return date_format(_day_of(day), "j F" if _is_near(day) else "j F Y")


def _day_of(day: date) -> date:
    return day.astimezone(UTC).date() if isinstance(day, datetime) else day


def _today() -> date:
    return timezone.now().astimezone(UTC).date()


def _is_near(day: date) -> bool:
    return abs((_day_of(day) - _today()).days) <= 300
