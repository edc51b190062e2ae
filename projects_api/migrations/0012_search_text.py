from django.db import migrations

from projects_api.models.base import SearchField

BATCH = 500


def fill(apps, schema_editor):
    """The rows that are there; 500 at a time, so that a large record needs no large memory."""
    projects = apps.get_model("projects_api", "Project").objects
    needed = ("title_zh", "title_en", "code", "address", "search_text")
    last = 0
    while batch := list(projects.filter(pk__gt=last).order_by("pk").only(*needed)[:BATCH]):
        projects.bulk_update(batch, ["search_text"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    """Projects are found by pinyin, initials and English: one column holds all the ways in which they are typed."""

    dependencies = [
        ("projects_api", "0011_notifications"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="search_text",
            field=SearchField(of=("title_zh", "title_en", "code", "address"), verbose_name="how it is searched for"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
