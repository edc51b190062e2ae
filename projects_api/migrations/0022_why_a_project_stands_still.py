import datetime

from django.db import migrations, models

import projects_api.models.base


class Migration(migrations.Migration):
    """Why and since when a project is suspended or cancelled; of those that are already, nobody has said it."""

    dependencies = [
        ("projects_api", "0021_schools_in_the_ledger"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="status_note",
            field=projects_api.models.base.ProseField(
                blank=True, max_length=500, verbose_name="explanation of the status"
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="status_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("school_closed", "School merged or closed"),
                    ("fewer_children", "Fewer children than expected"),
                    ("plan_changed", "Plan changed"),
                    ("safety", "Safety or quality"),
                    ("weather", "Weather"),
                    ("land", "Land"),
                    ("design_change", "Design change"),
                    ("funds", "Funds"),
                    ("contractor", "Contractor"),
                    ("approval", "Approval"),
                    ("force_majeure", "Force majeure"),
                    ("other", "Other"),
                ],
                max_length=20,
                verbose_name="reason for the status",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="status_since",
            field=models.DateField(blank=True, null=True, verbose_name="status since"),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status_reason__in",
                        [
                            "school_closed",
                            "fewer_children",
                            "plan_changed",
                            "safety",
                            "weather",
                            "land",
                            "design_change",
                            "funds",
                            "contractor",
                            "approval",
                            "force_majeure",
                            "other",
                            "",
                        ],
                    )
                ),
                name="project_status_reason_known",
                violation_error_code="status_reason",
                violation_error_message="Unknown reason.",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status_since__gte", datetime.date(1949, 10, 1)),
                        ("status_since__lte", datetime.date(2100, 12, 31)),
                    ),
                    ("status_since__isnull", True),
                    _connector="OR",
                ),
                name="project_status_since_in_range",
                violation_error_code="status_since",
                violation_error_message="A date between 1949-10-01 and 2100-12-31.",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status_note", ""), ("status_reason", ""), ("status_since__isnull", True)),
                    ("status__in", ["cancelled", "suspended"]),
                    _connector="OR",
                ),
                name="project_says_why_it_stands_still",
                violation_error_code="status_reason",
                violation_error_message="Only a project that is suspended or cancelled says why and since when.",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status_note", ""), models.Q(("status_reason", ""), _negated=True), _connector="OR"
                ),
                name="project_explains_a_reason",
                violation_error_code="status_reason",
                violation_error_message="An explanation goes with a reason.",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status_reason", "other"), _negated=True),
                    models.Q(("status_note", ""), _negated=True),
                    _connector="OR",
                ),
                name="project_other_reason_is_explained",
                violation_error_code="status_note",
                violation_error_message='The reason "other" needs an explanation.',
            ),
        ),
    ]
