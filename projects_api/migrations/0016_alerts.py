"""E-mail alerts without an account, and the counters of limits."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects_api", "0015_public_money"),
    ]

    operations = [
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("since", models.DateTimeField(db_index=True)),
                ("used", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "counter of a limit",
                "verbose_name_plural": "counters of limits",
                "ordering": ["key"],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("address", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("scope", models.CharField(blank=True, max_length=1000, verbose_name="what it is about")),
                (
                    "language",
                    models.CharField(
                        choices=[("zh-hans", "Chinese"), ("en", "English")], max_length=10, verbose_name="language"
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("now", "at once"),
                            ("daily", "once a day, together"),
                            ("weekly", "once a week, on Mondays"),
                        ],
                        default="now",
                        max_length=10,
                        verbose_name="how often",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="signed up")),
                ("asking", models.BooleanField(default=True, editable=False)),
                ("asked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed")),
                ("told_up_to", models.PositiveBigIntegerField(default=0, editable=False)),
                ("until", models.PositiveBigIntegerField(blank=True, editable=False, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="last sent")),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("next_attempt_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "verbose_name": "e-mail alert",
                "verbose_name_plural": "e-mail alerts",
                "ordering": ["made_at", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_attempt_at__isnull", False)),
                        fields=["next_attempt_at"],
                        name="alert_to_look_at",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("address", "scope"), name="alert_once"),
                    models.CheckConstraint(
                        condition=models.Q(("how__in", ["now", "daily", "weekly"])),
                        name="alert_how_known",
                        violation_error_code="how",
                        violation_error_message="Unknown way of sending it.",
                    ),
                ],
            },
        ),
    ]
