from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('models_ui', '0007_inherited_calendar_events'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='feedaddress',
            name='served',
        ),
    ]
