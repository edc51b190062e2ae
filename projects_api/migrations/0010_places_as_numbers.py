from django.db import migrations, models

import projects_api.models.projects
from projects_api.tiling import place_of

BATCH = 2000


def number_places(apps, schema_editor):
    """Gives every site that is here its number, as `save` gives it to those that come."""
    Project = apps.get_model("projects_api", "Project")
    batch = []
    for project in Project.objects.filter(site__isnull=False).only("site").order_by("pk").iterator(chunk_size=BATCH):
        project.place = place_of(project.site.x, project.site.y)
        batch.append(project)
        if len(batch) == BATCH:
            write(schema_editor, Project, batch)
            batch = []
    write(schema_editor, Project, batch)


def write(schema_editor, model, projects):
    with schema_editor.connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {model._meta.db_table} SET place = %s WHERE id = %s", [(p.place, p.pk) for p in projects]
        )


class Migration(migrations.Migration):
    """Tiles and clusters ask for ranges of one number (docs/decisions/0023)."""

    dependencies = [
        ("projects_api", "0009_held_back"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="place",
            field=projects_api.models.projects.PlaceField(
                editable=False, null=True, serialize=False, verbose_name="site as one number"
            ),
        ),
        migrations.RunPython(number_places, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(fields=["place"], name="project_place"),
        ),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(fields=["status", "place", "published", "archived_at", "bureau"], name="project_crowd"),
        ),
    ]
