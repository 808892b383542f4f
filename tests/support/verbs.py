"""Each verb as a function, as tests like to call them."""

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context, Done
from models_ui.actions.perform import edit_text, set_state


def rename_model(*, context: Context, model_id: str, name: str | None, seen: str | None) -> Done:
    return edit_text(context, Verb.RENAME, model_id, text=name, seen=seen)


def describe_model(*, context: Context, model_id: str, description: str | None, seen: str | None) -> Done:
    return edit_text(context, Verb.DESCRIBE, model_id, text=description, seen=seen)


def archive_model(*, context: Context, model_id: str) -> Done:
    return set_state(context, Verb.ARCHIVE, model_id)


def unarchive_model(*, context: Context, model_id: str) -> Done:
    return set_state(context, Verb.UNARCHIVE, model_id)


def protect_model(*, context: Context, model_id: str) -> Done:
    return set_state(context, Verb.PROTECT, model_id)


def unprotect_model(*, context: Context, model_id: str) -> Done:
    return set_state(context, Verb.UNPROTECT, model_id)
