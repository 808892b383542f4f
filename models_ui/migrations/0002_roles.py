"""The three roles, as groups. Who makes people gives each one a group; without one a person is a Viewer."""

from django.db import migrations


def make_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name in ("Viewer", "Editor", "Manager"):
        Group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("models_ui", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
