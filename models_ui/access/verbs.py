"""What each verb is called in the history, which field it changes, and what takes it back."""

from enum import StrEnum
from typing import Final


class Verb(StrEnum):
    """What a person can do to a fine-tune; the word is the same in URLs, views, actions and tests."""

    RENAME = "rename"
    DESCRIBE = "describe"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"
    PROTECT = "protect"
    UNPROTECT = "unprotect"


KINDS: Final = {
    Verb.RENAME: "model.renamed",
    Verb.DESCRIBE: "model.described",
    Verb.ARCHIVE: "model.archived",
    Verb.UNARCHIVE: "model.unarchived",
    Verb.DELETE: "model.deleted",
    Verb.PROTECT: "model.protected",
    Verb.UNPROTECT: "model.unprotected",
}
VERBS: Final = {kind: verb for verb, kind in KINDS.items()}
# The field a verb changes; a deletion takes the whole model.
FIELDS: Final = {
    Verb.RENAME: "name",
    Verb.DESCRIBE: "description",
    Verb.ARCHIVE: "archived",
    Verb.UNARCHIVE: "archived",
    Verb.PROTECT: "protected",
    Verb.UNPROTECT: "protected",
}
REVERSE: Final = {
    Verb.RENAME: Verb.RENAME,
    Verb.DESCRIBE: Verb.DESCRIBE,
    Verb.ARCHIVE: Verb.UNARCHIVE,
    Verb.UNARCHIVE: Verb.ARCHIVE,
    Verb.PROTECT: Verb.UNPROTECT,
    Verb.UNPROTECT: Verb.PROTECT,
}
