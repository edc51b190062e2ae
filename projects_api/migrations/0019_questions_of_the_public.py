"""Questions of the public, and who is told of them."""

import uuid

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import projects_api.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("projects_api", "0018_how_places_came"),
    ]

    operations = [
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField(blank=True, null=True, verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[("question", "A question"), ("observation", "Something I have seen")],
                        default="question",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits to be looked at"),
                            ("released", "Public, not yet answered"),
                            ("answered", "Answered"),
                            ("refused", "Not published"),
                            ("spam", "Unwanted"),
                        ],
                        default="waiting",
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "text",
                    projects_api.models.base.ProseField(blank=True, max_length=2000, verbose_name="as it was written"),
                ),
                (
                    "public_text",
                    projects_api.models.base.ProseField(blank=True, max_length=2000, verbose_name="as it is shown"),
                ),
                ("salt", models.CharField(blank=True, editable=False, max_length=32)),
                (
                    "language",
                    models.CharField(
                        choices=[("zh-hans", "Chinese"), ("en", "English")], max_length=10, verbose_name="language"
                    ),
                ),
                ("name", projects_api.models.base.LineField(blank=True, max_length=60, verbose_name="name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                (
                    "place",
                    django.contrib.gis.db.models.fields.PointField(
                        blank=True, null=True, spatial_index=False, srid=4326, verbose_name="place"
                    ),
                ),
                ("place_public", models.BooleanField(default=False, verbose_name="place is public")),
                ("photo", models.BooleanField(default=False, verbose_name="has a photo")),
                ("photo_public", models.BooleanField(default=False, verbose_name="photo is public")),
                ("careful", models.BooleanField(default=False, verbose_name="look twice")),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("due_on", models.DateField(verbose_name="to be answered by")),
                ("released_at", models.DateTimeField(blank=True, null=True, verbose_name="released")),
                (
                    "draft",
                    projects_api.models.base.ProseField(blank=True, max_length=4000, verbose_name="proposed answer"),
                ),
                ("answer", projects_api.models.base.ProseField(blank=True, max_length=4000, verbose_name="answer")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "refusal",
                    projects_api.models.base.ProseField(
                        blank=True, max_length=500, verbose_name="why it is not published"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("next_attempt_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assigned to",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="projects_api.project",
                        verbose_name="project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "state", "number"], name="question_by_project"),
                    models.Index(fields=["state", "due_on"], name="question_by_term"),
                    models.Index(
                        condition=models.Q(("next_attempt_at__isnull", False)),
                        fields=["next_attempt_at"],
                        name="question_to_mail",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("project", "number"), name="question_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["question", "observation"])),
                        name="question_kind_known",
                        violation_error_code="kind",
                        violation_error_message="Unknown kind.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "released", "answered", "refused", "spam"])),
                        name="question_state_known",
                        violation_error_code="state",
                        violation_error_message="Unknown state.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["released", "answered"]), _negated=True),
                            models.Q(
                                ("number__isnull", False),
                                ("released_at__isnull", False),
                                models.Q(("public_text", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="question_public_was_released",
                        violation_error_code="state",
                        violation_error_message="What is public was released.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "answered"), _negated=True),
                            models.Q(("answered_at__isnull", False), models.Q(("answer", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="question_answered_has_answer",
                        violation_error_code="answer",
                        violation_error_message="An answered question has an answer.",
                    ),
                ],
                "verbose_name": "question of the public",
                "verbose_name_plural": "questions of the public",
                "ordering": ["asked_at", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="notification",
            name="notification_kind_known",
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
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
                    ("question_waiting", "The public asks"),
                    ("question_assigned", "A question of the public is yours to answer"),
                    ("question_overdue", "A question of the public is overdue"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
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
                            "question_waiting",
                            "question_assigned",
                            "question_overdue",
                        ],
                    )
                ),
                name="notification_kind_known",
                violation_error_code="kind",
                violation_error_message="Unknown kind.",
            ),
        ),
    ]
