"""A folded column to search the history and the changes in, filled for what is there already.

The hash chain does not cover the column, so events verify as before.
"""

from django.db import migrations, models

from models_ui.text.folding import fold_for_search

BATCH = 500


def _texts_of_event(event):
    values = [side.get(field) for side in (event.before, event.after) for field in ("name", "description")]
    named = [event.model_id, event.label, event.actor, event.reason]
    return [*named, event.correlation_id, event.request_id, event.job, *values]


def _texts_of_change(change):
    return [change.model_id, change.label, change.subject, change.kind, change.before, change.after]


def _fold(texts):
    return fold_for_search("\n".join(str(text) for text in texts if text and isinstance(text, (str, int, float))))


def _readable(rows):
    """Yield the rows that can be read. An event that somebody damaged stays as it is, for verify_audit to name."""
    try:
        yield from list(rows)
    except (ValueError, TypeError):
        for key in list(rows.values_list("pk", flat=True)):
            try:
                yield rows.model.objects.get(pk=key)
            except (ValueError, TypeError):
                continue


def _fill(table, texts_of):
    last = None
    while True:
        rows = table.objects.order_by("pk") if last is None else table.objects.filter(pk__gt=last).order_by("pk")
        keys = list(rows.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        last = keys[-1]
        batch = []
        for row in _readable(rows.filter(pk__lte=last)):
            try:
                row.search_text = _fold(texts_of(row))
            except AttributeError:  # damaged: a list or a text where an object belongs
                continue
            batch.append(row)
        table.objects.bulk_update(batch, ["search_text"])


def fill_search_texts(apps, schema_editor):
    _fill(apps.get_model("models_ui", "AuditEvent"), _texts_of_event)
    _fill(apps.get_model("models_ui", "CatalogChange"), _texts_of_change)


class Migration(migrations.Migration):
    dependencies = [("models_ui", "0004_undone_events")]
    operations = [
        migrations.AddField("auditevent", "search_text", models.TextField(blank=True, default="", editable=False)),
        migrations.AddField("catalogchange", "search_text", models.TextField(blank=True, default="", editable=False)),
        migrations.RunPython(fill_search_texts, migrations.RunPython.noop),
    ]
