"""The product's own milestone templates: the stages of `choices.STANDARD_STAGES`, one template per kind.

Reversing removes them; projects keep their milestones, which are copies.
"""

from django.db import migrations

from projects_api.choices import STANDARD_STAGES


def create(apps, schema_editor):
    Template = apps.get_model("projects_api", "MilestoneTemplate")
    Stage = apps.get_model("projects_api", "TemplateStage")
    for kind, stages in STANDARD_STAGES.items():
        template = Template.objects.create(bureau=None, kind=str(kind), version=1)
        Stage.objects.bulk_create(
            Stage(
                template=template,
                key=stage.key,
                position=position,
                title_zh=stage.name_zh,
                title_en=stage.name_en,
                weight=stage.weight,
                public=stage.public,
            )
            for position, stage in enumerate(stages, start=1)
        )


def remove(apps, schema_editor):
    Template = apps.get_model("projects_api", "MilestoneTemplate")
    Template.objects.filter(bureau=None, version=1).delete()


class Migration(migrations.Migration):
    dependencies = [("projects_api", "0002_ledger_is_append_only")]

    operations = [migrations.RunPython(create, remove)]
