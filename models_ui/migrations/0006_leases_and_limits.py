"""One table for all leases, and one for the counts behind rate limits. Leases that are held go on being held."""

from django.db import migrations, models


def carry_leases_over(apps, schema_editor):
    Lease = apps.get_model("models_ui", "Lease")
    held = {}
    for mirror in apps.get_model("models_ui", "Mirror").objects.exclude(lease_expires_at=None):
        held["sync"] = (mirror.lease_token, mirror.lease_expires_at)
    for lock in apps.get_model("models_ui", "ActionLock").objects.all():
        held[f"model:{lock.model_id}"] = (lock.token, lock.expires_at)
    deliveries = apps.get_model("models_ui", "Delivery").objects.filter(outcome="claimed")
    for delivery in deliveries.order_by("expires_at"):
        held[f"digest:{delivery.reader_id}"] = (delivery.pk.hex, delivery.expires_at)
    Lease.objects.bulk_create(
        [Lease(name=name, token=token, expires_at=expires_at) for name, (token, expires_at) in held.items()]
    )


class Migration(migrations.Migration):

    dependencies = [
        ("models_ui", "0005_event_search_text"),
    ]

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("name", models.CharField(help_text="What it is on: sync, model:ID, digest:READER", max_length=340, primary_key=True, serialize=False)),
                ("token", models.CharField(help_text="The holder's; the fence for one who comes back too late", max_length=32)),
                ("expires_at", models.DateTimeField()),
            ],
            options={"verbose_name": "lease"},
        ),
        migrations.CreateModel(
            name="RateCount",
            fields=[
                ("key", models.CharField(help_text="SHA-256 of what is limited, and for whom", max_length=64, primary_key=True, serialize=False)),
                ("uses", models.JSONField(default=list, help_text="Seconds since 1970, the newest first")),
                ("expires_at", models.DateTimeField(db_index=True, help_text="From then on nothing of it counts")),
            ],
            options={"verbose_name": "rate count"},
        ),
        migrations.RunPython(carry_leases_over, migrations.RunPython.noop),
        migrations.RemoveField(model_name="mirror", name="lease_token"),
        migrations.RemoveField(model_name="mirror", name="lease_expires_at"),
        migrations.RemoveField(model_name="delivery", name="expires_at"),
        migrations.DeleteModel(name="ActionLock"),
    ]
