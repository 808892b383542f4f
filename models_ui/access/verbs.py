"""The table of verbs: one row for each action on a model, with its role, its field and its sentences.

A new verb needs:

access/verbs.py                   a word in `Verb` and a row in `VERBS`; for a new field, a row in `FIELD_WORDS`
actions/write_upstream.py         if it is sent to Mistral and is no change of a text: its call in `_call_upstream`
actions/deletion_states.py        if it is to stop a planned deletion: its place in `_STOPPED_BY`
urls.py, views/actions.py         an address and a view; those of verbs of care exist already
templates/models_ui/catalog.html  an entry in the menu of a row (`row_menu`)

What a new field needs that the dashboard keeps itself, such as the note, is listed in `text/care.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext_lazy

from models_ui.access.roles import Role
from models_ui.text import care

Words = str | Promise


class Verb(StrEnum):
    """What a person does to a model. The value stands in stored events and in addresses."""

    RENAME = "rename"
    DESCRIBE = "describe"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"
    PROTECT = "protect"
    UNPROTECT = "unprotect"
    ASSIGN = "assign"
    TAG = "tag"
    NOTE = "note"
    PLAN = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkWords:
    """The sentences of a bulk job. All but `item_done`, `nothing` and `already` take a number."""

    label: Words  # a button
    question: Words  # the title of a draft
    nothing: Words  # the title of a draft in which every model is skipped
    running: Words
    finished: Words
    done: Words  # %(done)d of %(total)d
    same: Words  # models that already were as asked for
    item_done: Words
    already: Words  # why a model is skipped
    told: Words  # who did it, in the history; %(count)d models
    told_partly: Words  # to %(done)d of %(count)d models
    tried: Words  # to none of them


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbRow:
    """What one verb changes, who may use it, and its sentences. `%(model)s` stands for the model."""

    kind: str  # of its audit events
    field: str | None  # the column of CatalogModel that it changes; a deletion takes the whole model
    target: bool | None = None  # the value that it sets; None where the person gives a text
    reverse: Verb | None = None
    role: Role
    is_local: bool = False  # known to the dashboard only: nothing is sent, and it does not matter what upstream lists
    is_care: bool = False  # kept here of every model: of Mistral's own too, and of one that is gone or deleted
    is_blocked_by_protection: bool = False
    asks_first: bool = False  # a button leads to a form; the others act at one click

    label: Words
    waiting: Words  # while it is under way
    explanation: Words  # what the verb does
    done: Words  # may use the new value by the field's name, as %(name)s
    cleared: Words = ""  # instead of `done` where the new value is empty
    not_done: Words
    already: Words = ""  # there was nothing to change; a deletion has no such case
    told: Words  # who did it, in the history; may use the new value as %(after)s
    told_cleared: Words = ""  # instead of `told` where the new value is empty
    tried: Words  # the same without success
    bulk: BulkWords | None = None  # None where there is no bulk job of it

    @property
    def takes_text(self) -> bool:
        """Whether the person gives the new value."""
        return self.field is not None and self.target is None


# In the order of the buttons.
VERBS: Final[dict[Verb, VerbRow]] = {
    Verb.RENAME: VerbRow(
        kind="model.renamed",
        field="name",
        reverse=Verb.RENAME,
        role=Role.EDITOR,
        is_blocked_by_protection=True,
        asks_first=True,
        label=gettext_lazy("Rename"),
        waiting=gettext_lazy("Renaming…"),
        explanation=gettext_lazy("The name is for people. Programs use the id, which never changes."),
        done=gettext_lazy("The name is now “%(name)s”."),
        cleared=gettext_lazy("The name was taken away."),
        not_done=gettext_lazy("%(model)s was not renamed."),
        already=gettext_lazy("Nothing to change: the name of %(model)s is so already."),
        told=gettext_lazy("%(who)s renamed %(model)s to %(after)s"),
        told_cleared=gettext_lazy("%(who)s took the name of %(model)s away"),
        tried=gettext_lazy("%(who)s tried to rename %(model)s"),
    ),
    Verb.DESCRIBE: VerbRow(
        kind="model.described",
        field="description",
        reverse=Verb.DESCRIBE,
        role=Role.EDITOR,
        asks_first=True,
        label=gettext_lazy("Edit description"),
        waiting=gettext_lazy("Saving…"),
        explanation=gettext_lazy("The description is for people. It changes nothing about how the model works."),
        done=gettext_lazy("The description of %(model)s is changed."),
        cleared=gettext_lazy("The description was taken away."),
        not_done=gettext_lazy("The description of %(model)s was not changed."),
        already=gettext_lazy("Nothing to change: the description of %(model)s is so already."),
        told=gettext_lazy("%(who)s changed the description of %(model)s"),
        tried=gettext_lazy("%(who)s tried to change the description of %(model)s"),
    ),
    Verb.ARCHIVE: VerbRow(
        kind="model.archived",
        field="archived",
        target=True,
        reverse=Verb.UNARCHIVE,
        role=Role.EDITOR,
        is_blocked_by_protection=True,
        asks_first=True,
        label=gettext_lazy("Archive"),
        waiting=gettext_lazy("Archiving…"),
        explanation=gettext_lazy("An archived model stops answering. You can restore it at any time."),
        done=gettext_lazy("%(model)s is archived."),
        not_done=gettext_lazy("%(model)s was not archived."),
        already=gettext_lazy("%(model)s is archived already."),
        told=gettext_lazy("%(who)s archived %(model)s"),
        tried=gettext_lazy("%(who)s tried to archive %(model)s"),
        bulk=BulkWords(
            label=ngettext_lazy("Archive %d model", "Archive %d models"),
            question=ngettext_lazy("Archive %d model?", "Archive %d models?"),
            nothing=gettext_lazy("There is nothing to archive"),
            running=ngettext_lazy("Archiving %d model", "Archiving %d models"),
            finished=ngettext_lazy("%d model is archived", "%d models are archived"),
            done=ngettext_lazy("%(done)d of %(total)d archived", "%(done)d of %(total)d archived", "done"),
            same=ngettext_lazy("%d already archived", "%d already archived"),
            item_done=gettext_lazy("archived"),
            already=gettext_lazy("It is archived already"),
            told=ngettext_lazy("%(who)s archived %(count)d model", "%(who)s archived %(count)d models", "count"),
            told_partly=gettext_lazy("%(who)s archived %(done)d of %(count)d models"),
            tried=ngettext_lazy(
                "%(who)s tried to archive %(count)d model", "%(who)s tried to archive %(count)d models", "count"
            ),
        ),
    ),
    Verb.UNARCHIVE: VerbRow(
        kind="model.unarchived",
        field="archived",
        target=False,
        reverse=Verb.ARCHIVE,
        role=Role.EDITOR,
        label=gettext_lazy("Restore"),
        waiting=gettext_lazy("Restoring…"),
        explanation=gettext_lazy("A restored model answers again."),
        done=gettext_lazy("%(model)s is restored."),
        not_done=gettext_lazy("%(model)s was not restored."),
        already=gettext_lazy("%(model)s is live already."),
        told=gettext_lazy("%(who)s restored %(model)s"),
        tried=gettext_lazy("%(who)s tried to restore %(model)s"),
        bulk=BulkWords(
            label=ngettext_lazy("Restore %d model", "Restore %d models"),
            question=ngettext_lazy("Restore %d model?", "Restore %d models?"),
            nothing=gettext_lazy("There is nothing to restore"),
            running=ngettext_lazy("Restoring %d model", "Restoring %d models"),
            finished=ngettext_lazy("%d model is restored", "%d models are restored"),
            done=ngettext_lazy("%(done)d of %(total)d restored", "%(done)d of %(total)d restored", "done"),
            same=ngettext_lazy("%d already live", "%d already live"),
            item_done=gettext_lazy("restored"),
            already=gettext_lazy("It is live already"),
            told=ngettext_lazy("%(who)s restored %(count)d model", "%(who)s restored %(count)d models", "count"),
            told_partly=gettext_lazy("%(who)s restored %(done)d of %(count)d models"),
            tried=ngettext_lazy(
                "%(who)s tried to restore %(count)d model", "%(who)s tried to restore %(count)d models", "count"
            ),
        ),
    ),
    Verb.PROTECT: VerbRow(
        kind="model.protected",
        field="protected",
        target=True,
        reverse=Verb.UNPROTECT,
        role=Role.MANAGER,
        is_local=True,
        label=gettext_lazy("Protect"),
        waiting=gettext_lazy("Protecting…"),
        explanation=gettext_lazy("Nobody can rename, archive or delete it from here until a Manager unprotects it."),
        done=gettext_lazy("%(model)s is protected."),
        not_done=gettext_lazy("%(model)s was not protected."),
        already=gettext_lazy("%(model)s is protected already."),
        told=gettext_lazy("%(who)s protected %(model)s"),
        tried=gettext_lazy("%(who)s tried to protect %(model)s"),
    ),
    Verb.UNPROTECT: VerbRow(
        kind="model.unprotected",
        field="protected",
        target=False,
        reverse=Verb.PROTECT,
        role=Role.MANAGER,
        is_local=True,
        label=gettext_lazy("Unprotect"),
        waiting=gettext_lazy("Unprotecting…"),
        explanation=gettext_lazy("It can be renamed, archived and deleted from here again."),
        done=gettext_lazy("%(model)s is no longer protected."),
        not_done=gettext_lazy("%(model)s is still protected."),
        already=gettext_lazy("%(model)s is not protected."),
        told=gettext_lazy("%(who)s unprotected %(model)s"),
        tried=gettext_lazy("%(who)s tried to unprotect %(model)s"),
    ),
    Verb.ASSIGN: VerbRow(
        kind="model.assigned",
        field="keepers",
        reverse=Verb.ASSIGN,
        role=Role.EDITOR,
        is_local=True,
        is_care=True,
        asks_first=True,
        label=gettext_lazy("Look after"),
        waiting=gettext_lazy("Saving…"),
        explanation=gettext_lazy("Who looks after a model is known here only. Mistral is not told."),
        done=gettext_lazy("%(model)s is looked after by %(keepers)s."),
        cleared=gettext_lazy("Nobody looks after %(model)s any more."),
        not_done=gettext_lazy("Who looks after %(model)s was not changed."),
        already=gettext_lazy("Nothing to change: they look after %(model)s already."),
        told=gettext_lazy("%(who)s changed who looks after %(model)s: %(after)s"),
        tried=gettext_lazy("%(who)s tried to change who looks after %(model)s"),
        bulk=BulkWords(
            label=ngettext_lazy("Change who looks after %d model", "Change who looks after %d models"),
            question=ngettext_lazy("Who looks after %d model?", "Who looks after %d models?"),
            nothing=gettext_lazy("There is nothing to change"),
            running=ngettext_lazy("Changing who looks after %d model", "Changing who looks after %d models"),
            finished=ngettext_lazy("Who looks after %d model is changed", "Who looks after %d models is changed"),
            done=ngettext_lazy("%(done)d of %(total)d changed", "%(done)d of %(total)d changed", "done"),
            same=ngettext_lazy("%d already so", "%d already so"),
            item_done=gettext_lazy("changed"),
            already=gettext_lazy("It is so already"),
            told=ngettext_lazy(
                "%(who)s changed who looks after %(count)d model",
                "%(who)s changed who looks after %(count)d models",
                "count",
            ),
            told_partly=gettext_lazy("%(who)s changed who looks after %(done)d of %(count)d models"),
            tried=ngettext_lazy(
                "%(who)s tried to change who looks after %(count)d model",
                "%(who)s tried to change who looks after %(count)d models",
                "count",
            ),
        ),
    ),
    Verb.TAG: VerbRow(
        kind="model.tagged",
        field="tags",
        reverse=Verb.TAG,
        role=Role.EDITOR,
        is_local=True,
        is_care=True,
        asks_first=True,
        label=gettext_lazy("Tag"),
        waiting=gettext_lazy("Saving…"),
        explanation=gettext_lazy("Tags are known here only. Mistral is not told."),
        done=gettext_lazy("%(model)s has the tags: %(tags)s."),
        cleared=gettext_lazy("%(model)s has no tags any more."),
        not_done=gettext_lazy("The tags of %(model)s were not changed."),
        already=gettext_lazy("Nothing to change: %(model)s has these tags already."),
        told=gettext_lazy("%(who)s changed the tags of %(model)s: %(after)s"),
        tried=gettext_lazy("%(who)s tried to change the tags of %(model)s"),
        bulk=BulkWords(
            label=ngettext_lazy("Change the tags of %d model", "Change the tags of %d models"),
            question=ngettext_lazy("Which tags for %d model?", "Which tags for %d models?"),
            nothing=gettext_lazy("There is nothing to change"),
            running=ngettext_lazy("Changing the tags of %d model", "Changing the tags of %d models"),
            finished=ngettext_lazy("The tags of %d model are changed", "The tags of %d models are changed"),
            done=ngettext_lazy("%(done)d of %(total)d changed", "%(done)d of %(total)d changed", "done"),
            same=ngettext_lazy("%d already so", "%d already so"),
            item_done=gettext_lazy("changed"),
            already=gettext_lazy("It is so already"),
            told=ngettext_lazy(
                "%(who)s changed the tags of %(count)d model",
                "%(who)s changed the tags of %(count)d models",
                "count",
            ),
            told_partly=gettext_lazy("%(who)s changed the tags of %(done)d of %(count)d models"),
            tried=ngettext_lazy(
                "%(who)s tried to change the tags of %(count)d model",
                "%(who)s tried to change the tags of %(count)d models",
                "count",
            ),
        ),
    ),
    Verb.NOTE: VerbRow(
        kind="model.noted",
        field="note",
        reverse=Verb.NOTE,
        role=Role.EDITOR,
        is_local=True,
        is_care=True,
        asks_first=True,
        label=gettext_lazy("Edit note"),
        waiting=gettext_lazy("Saving…"),
        explanation=gettext_lazy("The note is known here only. Mistral is not told."),
        done=gettext_lazy("The note on %(model)s is changed."),
        cleared=gettext_lazy("The note on %(model)s was taken away."),
        not_done=gettext_lazy("The note on %(model)s was not changed."),
        already=gettext_lazy("Nothing to change: the note on %(model)s is so already."),
        told=gettext_lazy("%(who)s changed the note on %(model)s"),
        tried=gettext_lazy("%(who)s tried to change the note on %(model)s"),
    ),
    Verb.PLAN: VerbRow(
        kind="model.planned",
        field="plan",
        reverse=Verb.PLAN,
        role=Role.EDITOR,
        is_local=True,
        is_care=True,
        asks_first=True,
        label=gettext_lazy("Change the plan"),
        waiting=gettext_lazy("Saving…"),
        explanation=gettext_lazy("The plan says what becomes of the model when it ends. Mistral is not told."),
        done=gettext_lazy("The plan for %(model)s: %(plan)s."),
        cleared=gettext_lazy("There is no plan for %(model)s any more."),
        not_done=gettext_lazy("The plan for %(model)s was not changed."),
        already=gettext_lazy("Nothing to change: the plan for %(model)s is so already."),
        told=gettext_lazy("%(who)s changed the plan for %(model)s: %(after)s"),
        tried=gettext_lazy("%(who)s tried to change the plan for %(model)s"),
    ),
    Verb.DELETE: VerbRow(
        kind="model.deleted",
        field=None,
        role=Role.MANAGER,
        is_blocked_by_protection=True,
        asks_first=True,
        label=gettext_lazy("Delete"),
        waiting=gettext_lazy("Deleting…"),
        explanation=gettext_lazy("This cannot be undone."),
        done=gettext_lazy("%(model)s is deleted."),
        not_done=gettext_lazy("%(model)s was not deleted."),
        told=gettext_lazy("%(who)s deleted %(model)s"),
        tried=gettext_lazy("%(who)s tried to delete %(model)s"),
    ),
}
# The verb by the kind of an audit event. Kinds of events about something else have no verb: people, planned deletions,
# saved views, settings and so on.
VERB_OF_KIND: Final = {VERBS[verb].kind: verb for verb in Verb}
CARE_VERBS: Final = tuple(verb for verb, row in VERBS.items() if row.is_care)
BULK_VERBS: Final = tuple(verb for verb, row in VERBS.items() if row.bulk)


@dataclass(frozen=True, slots=True)
class FieldWords:
    """A field's value in words. A text is shown as it is, so it has no `is_set`; a value of parts has `parts`."""

    is_set: Words
    is_empty: Words
    parts: Callable[[Any], str] | None = None


FIELD_WORDS: Final = {
    "name": FieldWords("", gettext_lazy("no name")),
    "description": FieldWords("", gettext_lazy("no description")),
    "archived": FieldWords(gettext_lazy("archived"), gettext_lazy("live")),
    "protected": FieldWords(gettext_lazy("protected"), gettext_lazy("not protected")),
    "keepers": FieldWords("", gettext_lazy("nobody"), care.keepers_words),
    "tags": FieldWords("", gettext_lazy("no tags"), care.tags_words),
    "note": FieldWords("", gettext_lazy("no note")),
    "plan": FieldWords("", gettext_lazy("no plan"), care.plan_words),
}


def kinds_of_field(field: str) -> list[str]:
    """Return the kinds of the events that change a field."""
    return [row.kind for row in VERBS.values() if row.field == field]


def bulk_words_of(verb: str) -> BulkWords:
    """Return the sentences of a job with this verb. Raise ValueError where no job has it."""
    words = VERBS[Verb(verb)].bulk
    if words is None:
        raise ValueError(verb)
    return words
