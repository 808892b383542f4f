from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('models_ui', '0008_feed_served_gone'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='delivery',
            name='admitted',
        ),
    ]
