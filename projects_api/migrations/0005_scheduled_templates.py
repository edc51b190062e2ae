"""Version 2 of the product's own templates: with usual durations, dependencies and statutory terms.

Projects keep the milestones that they have; moving one to a new version is an act of the office.
"""

from django.db import migrations

from projects_api.choices import STANDARD_STAGES


def create(apps, schema_editor):
    Template = apps.get_model("projects_api", "MilestoneTemplate")
    Stage = apps.get_model("projects_api", "TemplateStage")
    for kind, stages in STANDARD_STAGES.items():
        template = Template.objects.create(bureau=None, kind=str(kind), version=2)
        Stage.objects.bulk_create(
            Stage(
                template=template,
                key=stage.key,
                position=position,
                title_zh=stage.name_zh,
                title_en=stage.name_en,
                weight=stage.weight,
                public=stage.public,
                shortest=stage.days[0],
                duration=stage.days[1],
                longest=stage.days[2],
                after={key: {"kind": link, "lag": lag} for key, link, lag in stage.after},
                needs_acceptance=stage.needs_acceptance,
                limit=stage.limit,
            )
            for position, stage in enumerate(stages, start=1)
        )


def remove(apps, schema_editor):
    Template = apps.get_model("projects_api", "MilestoneTemplate")
    Template.objects.filter(bureau=None, version=2).delete()


class Migration(migrations.Migration):
    dependencies = [("projects_api", "0004_schedule")]

    operations = [migrations.RunPython(create, remove)]
