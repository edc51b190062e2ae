"""When a project was last reported on, where what came after it was about a question of the public."""

from django.db import migrations, models
from django.db.models import Max


def reports_before_questions(apps, schema_editor):
    """Of projects whose newest entry is about a question. The day from which they are stale follows with their next write."""
    projects = apps.get_model("projects_api", "Project").objects
    entries = apps.get_model("projects_api", "LedgerEntry").objects.filter(project__questions__number__isnull=False)
    heard = dict(
        entries.exclude(action__startswith="question.").order_by().values_list("project").annotate(at=Max("at"))
    )
    for project in projects.filter(pk__in=heard).only("pk", "updated_at"):
        if heard[project.pk] < project.updated_at:
            projects.filter(pk=project.pk).update(reported_at=heard[project.pk])


class Migration(migrations.Migration):
    dependencies = [
        ("projects_api", "0022_why_a_project_stands_still"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="reported_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last report"),
        ),
        migrations.RunPython(reports_before_questions, migrations.RunPython.noop),
    ]
