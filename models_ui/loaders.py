"""Templates without their layout: it is for whoever reads the source, and a tenth of what a page weighs."""

import re

from django.template import Origin
from django.template.loaders import filesystem

_INDENTATION = re.compile(r"\n\s*")
# A line that holds nothing but a tag which writes nothing.
_SILENT = "if|elif|else|endif|for|empty|endfor|with|endwith|block|endblock|partialdef|endpartialdef|load|get_[a-z_]+"
_LONE_TAG = re.compile(r"(?<=\n)(\{% (?:" + _SILENT + r")\b(?:(?!%\}).)*%\}|\{#.*?#\})\n")
# An HTML tag with each attribute on a line of its own.
_ATTRIBUTE = re.compile(r"(?<=[\"\w])\n(?=[a-z-]+=\"|>)")


class Loader(filesystem.Loader):
    """Loads our templates with each line break and the blanks after it as one line break, or none where a line holds
    only a tag, and with an element's attributes on one line: what is alike compresses best where it is spelt alike.

    So no message in a template may span lines, or its translation would not be found; a test holds that.
    """

    def get_contents(self, origin: Origin) -> str:
        lines = _INDENTATION.sub("\n", super().get_contents(origin))
        return _ATTRIBUTE.sub(" ", _LONE_TAG.sub(r"\1", lines))
