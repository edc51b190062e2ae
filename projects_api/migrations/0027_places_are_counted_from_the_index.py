from django.db import migrations, models


class Migration(migrations.Migration):
    """Whether a tile is crowded is counted from the index alone, where the public asks."""

    dependencies = [
        ("projects_api", "0026_codes_and_stages_say_one_thing"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="project", name="project_place"),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(fields=["place", "published", "archived_at"], name="project_place"),
        ),
    ]
