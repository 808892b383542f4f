"""Texts as iCalendar (RFC 5545) carries them to every parser. `icalendar` writes the rest."""

import re
from typing import Final

from icalendar import vText

CONTENT_TYPE: Final = "text/calendar; charset=utf-8"

# All that some parser takes for the end of a line. A name must not be able to end its own.
_LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")


class Text(vText):
    """A text that both ends up as it is and stays one property, whatever it holds."""

    def __new__(cls, text: str) -> "Text":
        return super().__new__(cls, _FORBIDDEN.sub("\ufffd", _LINE_ENDS.sub("\n", text)))

    def to_ical(self) -> bytes:
        r"""Return it escaped. To vText a backslash before an N is the end of a line, as in `C:\New`."""
        return b"\\\\N".join(vText(piece).to_ical() for piece in self.split("\\N"))
