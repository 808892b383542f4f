
import django.db.models.deletion
import models_ui.models.people
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('models_ui', '0011_invitation'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('folded_name', models.CharField(help_text='Two names with the same fold are the same to people', max_length=200)),
                ('query', models.TextField(help_text="The catalog's canonical query string, without a page")),
                ('shared', models.BooleanField(default=False, help_text='Whether everyone sees it; otherwise its owner alone')),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('owner', models.ForeignKey(null=True, on_delete=models_ui.models.people.keep_shared_lists, related_name='saved_lists', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'saved view',
                'ordering': ('folded_name', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('owner', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='preferences', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('theme', models.CharField(choices=[('system', 'As the system'), ('light', 'Light'), ('dark', 'Dark')], default='system', max_length=10)),
                ('density', models.CharField(choices=[('compact', 'Compact'), ('roomy', 'Roomy')], default='compact', max_length=10)),
                ('columns', models.CharField(blank=True, help_text="The catalog's columns, as in its address", max_length=200)),
                ('facets_folded', models.BooleanField(default=False)),
                ('keyboard_shortcuts', models.BooleanField(default=True)),
                ('time_zone', models.CharField(blank=True, help_text='An IANA name; empty for UTC', max_length=64)),
                ('default_tab', models.CharField(blank=True, help_text='The type that Models opens with; empty for all', max_length=20)),
                ('seen_at', models.DateTimeField(help_text='The last request, to a few minutes', null=True)),
                ('last_visit_at', models.DateTimeField(help_text='The last request of the visit before this one', null=True)),
                ('default_list', models.ForeignKey(help_text='The saved view that Models opens with', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='models_ui.savedlist')),
            ],
            options={
                'verbose_name': 'preferences',
                'verbose_name_plural': 'preferences',
            },
        ),
        migrations.AddConstraint(
            model_name='savedlist',
            constraint=models.UniqueConstraint(fields=('owner', 'folded_name'), name='saved_list_once_per_owner'),
        ),
        migrations.AddConstraint(
            model_name='savedlist',
            constraint=models.UniqueConstraint(condition=models.Q(('shared', True)), fields=('folded_name',), name='saved_list_once_among_shared'),
        ),
    ]
