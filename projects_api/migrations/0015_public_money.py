from django.db import migrations, models


class Migration(migrations.Migration):
    """Money and inspections that the bureau publishes: as before nothing of them is public until it says so."""

    dependencies = [
        ("projects_api", "0014_photo_direction"),
    ]

    operations = [
        migrations.AddField(
            model_name=name,
            name="public",
            field=models.BooleanField(default=False, editable=False, verbose_name="public"),
        )
        for name in ("estimate", "allocation", "spending", "inspection")
    ]
