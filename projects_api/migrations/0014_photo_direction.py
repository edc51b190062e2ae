from django.core.validators import MaxValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    """Which way the camera looked: shown to insiders on the project's own map, beside where it stood."""

    dependencies = [
        ("projects_api", "0013_children_by_township"),
    ]

    operations = [
        migrations.AddField(
            model_name="photo",
            name="exif_direction",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[MaxValueValidator(359)],
                verbose_name="direction, by the camera (°)",
            ),
        ),
    ]
