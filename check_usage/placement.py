"""Where an id stands: whether a model is named there, or something else that has the same name.

An ordinary word such as `mistral-small` is an id behind a model's key, option, variable or call. Beside a service, an
image or a file it is that thing's name.
"""

import re

_MODEL = re.compile(
    r"(?:model|llm|engine|deployment)(?!\w*[_-]?(?:path|dir|file|folder|card|icon|logo|image|label|title|desc|family|class\b))",
    re.IGNORECASE,
)
_CALL = re.compile(r"""mistral\w*(?:\.\w+)*\(\s*["'`]?$""", re.IGNORECASE)
_OPTION = re.compile(r"""(?:^|\s)-m[\s=]+["']?$""")
_OTHER_THING = re.compile(
    r"""(?:^|[\s"'{,(.\[-])(?:image|images|container(?:_name|name)?|hostname|host|service|service_name|namespace|repo|repository
    |path|file|filename|dir|directory|folder|logo|icon|class|classname|css|href|src|url|branch|tag|tags|author|owner|user
    |package|dependency|import|title|label|description|text|slug|theme|color|id_prefix|tokenizer|chat_template|template
    |depends_on|network|volume|app|role|queue|topic|bucket|table|schema|index)["']?\s*(?:=>|[:=(])\s*[\[{(]?\s*["'`]?$""",
    re.IGNORECASE | re.VERBOSE,
)


def line_before(text: str, start: int) -> str:
    """The text of the line before a place, as far as it is worth reading."""
    near = max(0, start - 200)
    return text[max(text.rfind("\n", near, start) + 1, near) : start]


def names_model(before: str) -> bool:
    """Whether the text before a place on its line, or the head of its block, says that a model follows."""
    return bool(_MODEL.search(before) or _CALL.search(before) or _OPTION.search(before))


def names_other_thing(before: str) -> bool:
    return _OTHER_THING.search(before) is not None
