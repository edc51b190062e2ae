from django.db import migrations


def forget(apps, schema_editor):
    """The day that was computed before work stopped; `tail` of what is ready is empty, and that day is a fact."""
    halted = apps.get_model("projects_api", "Project").objects.filter(status="suspended", finish_tail__isnull=False)
    halted.update(finish=None, finish_tail=0)


class Migration(migrations.Migration):
    """Of what is suspended no day of opening is stored (`schedule.outlook`), as no page has said one for some time."""

    dependencies = [
        ("projects_api", "0027_places_are_counted_from_the_index"),
    ]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
