from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('models_ui', '0006_leases_and_limits'),
    ]

    operations = [
        migrations.AddField(
            model_name='calendarevent',
            name='inherited_from',
            field=models.CharField(blank=True, default='', help_text="The id of the base model whose date it is; empty for the model's own", max_length=300),
            preserve_default=False,
        ),
    ]
