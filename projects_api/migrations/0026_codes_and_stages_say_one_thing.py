from django.db import migrations, models

from projects_api.migrations import _held as held


class Migration(migrations.Migration):
    """What services and imports have always held to, held to by the tables: codes' letters, a stage's date and percent."""

    dependencies = [
        ("projects_api", "0025_questions_have_a_version"),
    ]

    operations = [
        *(
            held.asked("Milestone", finds, held.STAGE, words)
            for finds, words in (
                (held.complete_without_date, "stages are at 100 percent and have no actual date."),
                (held.dated_and_not_complete, "stages have an actual date and are not at 100 percent."),
                (held.begun_and_scheduled, "stages are scheduled, or do not apply, and have begun."),
                (held.explained_without_reason, "stages explain a delay without a reason."),
            )
        ),
        held.asked(
            "Project",
            held.codes_of_no_form,
            held.CODE,
            "codes of projects hold other signs than letters, digits, hyphens and underscores.",
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("percent", 100), _negated=True), ("actual__isnull", False), _connector="OR"
                ),
                name="milestone_complete_has_date",
                violation_error_code="actual",
                violation_error_message="A milestone that is complete is met: give the actual date.",
            ),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.CheckConstraint(
                condition=models.Q(("actual__isnull", True), ("percent__gte", 100), _connector="OR"),
                name="milestone_with_date_is_complete",
                violation_error_code="percent",
                violation_error_message="A milestone with an actual date is complete.",
            ),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["scheduled", "not_applicable"]), _negated=True),
                    models.Q(("percent", 0), ("started__isnull", True)),
                    _connector="OR",
                ),
                name="milestone_not_begun_says_nothing",
                violation_error_code="state",
                violation_error_message="A milestone that is begun is no longer scheduled.",
            ),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.CheckConstraint(
                condition=models.Q(("delay_note", ""), models.Q(("delay_reason", ""), _negated=True), _connector="OR"),
                name="milestone_explains_a_reason",
                violation_error_code="delay_reason",
                violation_error_message="An explanation of a delay needs its reason.",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(("code", ""), ("code__regex", "^[0-9A-Za-z][0-9A-Za-z_-]*$"), _connector="OR"),
                name="project_code_has_form",
                violation_error_code="code",
                violation_error_message="A code has letters, digits, hyphens and underscores alone.",
            ),
        ),
    ]
