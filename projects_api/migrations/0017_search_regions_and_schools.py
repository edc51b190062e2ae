from django.db import migrations

from projects_api.models.base import SearchField

BATCH = 500
WORDS = "how it is searched for"


def fill(apps, schema_editor):
    """The rows that are there; 500 at a time, so that a large record needs no large memory."""
    for name in ("Region", "School"):
        rows = apps.get_model("projects_api", name)._default_manager
        last = 0
        while batch := list(rows.filter(pk__gt=last).order_by("pk").only("name_zh", "name_en", "search_text")[:BATCH]):
            rows.bulk_update(batch, ["search_text"])
            last = batch[-1].pk


class Migration(migrations.Migration):
    """Regions and schools are found by pinyin and initials too, and projects by the names of both."""

    dependencies = [
        ("projects_api", "0016_alerts"),
    ]

    operations = [
        migrations.AddField(
            model_name=name,
            name="search_text",
            field=SearchField(of=("name_zh", "name_en"), verbose_name=WORDS),
        )
        for name in ("region", "school")
    ] + [migrations.RunPython(fill, migrations.RunPython.noop)]
