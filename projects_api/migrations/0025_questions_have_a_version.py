"""Each act of the office on a question raises its version, so that of two at once the second is told (decision 47)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects_api", "0024_acts_are_set_aside"),
    ]

    operations = [
        # Django would make the table anew on SQLite, and stumbles over a place that has no spatial index.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE projects_api_question ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version >= 0)",
                    "ALTER TABLE projects_api_question DROP COLUMN version",
                )
            ],
            state_operations=[
                migrations.AddField(
                    model_name="question",
                    name="version",
                    field=models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
                ),
            ],
        ),
    ]
