"""Templates without their indentation: it is for whoever reads the source, and a tenth of what a page weighs."""

import re

from django.template import Origin
from django.template.loaders import filesystem

_INDENTATION = re.compile(r"\n\s*")


class Loader(filesystem.Loader):
    """Loads our templates with each line break and the blanks after it as one line break.

    So no message in a template may span lines, or its translation would not be found; a test holds that.
    """

    def get_contents(self, origin: Origin) -> str:
        return _INDENTATION.sub("\n", super().get_contents(origin))
