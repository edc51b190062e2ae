"""The outbox of notifications, what people chose, the due times of periodic tasks, and the bureau's rules for them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects_api", "0010_places_as_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="PeriodicTask",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False, verbose_name="name")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="last finished")),
            ],
            options={
                "verbose_name": "periodic task",
                "verbose_name_plural": "periodic tasks",
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="bureau",
            name="notifications",
            field=models.JSONField(blank=True, default=dict, verbose_name="rules of the notifications"),
        ),
        migrations.CreateModel(
            name="NotificationChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(blank=True, max_length=10, verbose_name="language of the e-mails")),
                ("kinds", models.JSONField(blank=True, default=dict, verbose_name="kinds")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_choice",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "choice of notifications",
                "verbose_name_plural": "choices of notifications",
                "ordering": ["user__username"],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("report_waiting", "A report waits for review"),
                            ("report_returned", "Your report was returned"),
                            ("report_accepted", "Your report was accepted"),
                            ("finding", "A finding is to be mended"),
                            ("finding_mended", "A finding waits for re-inspection"),
                            ("finding_due", "A finding’s deadline comes near"),
                            ("finding_overdue", "A finding is overdue"),
                            ("certificate", "A certificate was issued"),
                            ("due_soon", "A stage is due soon"),
                            ("overdue", "A stage is overdue"),
                            ("stale", "Nobody reports on a site"),
                            ("escalation", "Something has been waiting too long"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("key", models.CharField(max_length=200, verbose_name="key")),
                ("facts", models.JSONField(blank=True, default=dict, verbose_name="facts")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("in_app", models.BooleanField(default=True, verbose_name="shown in the app")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read")),
                (
                    "mail",
                    models.CharField(
                        choices=[("off", "no e-mail"), ("now", "at once"), ("digest", "once a day, together")],
                        default="off",
                        max_length=10,
                        verbose_name="e-mail",
                    ),
                ),
                ("emailed_at", models.DateTimeField(blank=True, null=True, verbose_name="e-mailed")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True, verbose_name="next attempt")),
                (
                    "mail_error",
                    models.CharField(blank=True, max_length=300, verbose_name="last answer of the mail server"),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to="projects_api.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recipient",
                    ),
                ),
            ],
            options={
                "verbose_name": "notification",
                "verbose_name_plural": "notifications",
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(fields=["recipient", "-created_at"], name="notification_by_reader"),
                    models.Index(
                        condition=models.Q(("in_app", True), ("read_at__isnull", True)),
                        fields=["recipient"],
                        name="notification_unread",
                    ),
                    models.Index(
                        condition=models.Q(("emailed_at__isnull", True), models.Q(("mail", "off"), _negated=True)),
                        fields=["next_attempt_at"],
                        name="notification_to_mail",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("recipient", "project", "key"), name="notification_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "report_waiting",
                                    "report_returned",
                                    "report_accepted",
                                    "finding",
                                    "finding_mended",
                                    "finding_due",
                                    "finding_overdue",
                                    "certificate",
                                    "due_soon",
                                    "overdue",
                                    "stale",
                                    "escalation",
                                ],
                            )
                        ),
                        name="notification_kind_known",
                        violation_error_code="kind",
                        violation_error_message="Unknown kind.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mail__in", ["off", "now", "digest"])),
                        name="notification_mail_known",
                        violation_error_code="mail",
                        violation_error_message="Unknown way of sending it.",
                    ),
                ],
            },
        ),
    ]
