"""Lines by offset, for whoever goes through a text from its beginning to its end."""

from typing import NamedTuple


class Line(NamedTuple):
    number: int  # from one
    start: int
    end: int  # where its line feed is, or the text ends


class Lines:
    """The lines of a text. Offsets must come in order, and then each line is measured once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line = self._line_from(1, 0, 0)

    def at(self, offset: int) -> Line:
        passed = self._line
        if offset > passed.end:
            start = self._text.rfind("\n", passed.end, offset) + 1
            number = passed.number + self._text.count("\n", passed.end, start)
            self._line = self._line_from(number, start, offset)
        return self._line

    def _line_from(self, number: int, start: int, offset: int) -> Line:
        end = self._text.find("\n", offset)
        return Line(number, start, len(self._text) if end < 0 else end)
