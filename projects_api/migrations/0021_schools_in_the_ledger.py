"""Schools become subjects of the ledger, and an alteration keeps what it replaced."""

import django.db.models.deletion
from django.db import migrations, models

from projects_api import engine


def open_ledger(apps, schema_editor):
    """The ledger gets a fourth kind of subject; SQLite rebuilds its table for that."""
    for statement in engine.rewritable(engine.LEDGER_TABLE):
        schema_editor.execute(statement)


def close_ledger(apps, schema_editor):
    for statement in engine.write_once(engine.LEDGER_TABLE):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("projects_api", "0020_evidence_held_elsewhere"),
    ]

    operations = [
        migrations.RunPython(open_ledger, close_ledger),
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledger_entry_has_one_subject",
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="school",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ledger",
                to="projects_api.school",
                verbose_name="school",
            ),
        ),
        migrations.AddField(
            model_name="school",
            name="head_hash",
            field=models.CharField(blank=True, editable=False, max_length=64, verbose_name="hash of the newest entry"),
        ),
        migrations.AddField(
            model_name="school",
            name="version",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="version"),
        ),
        migrations.AddField(
            model_name="schoolevent",
            name="before",
            field=models.JSONField(blank=True, default=dict, verbose_name="what stood before"),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("bureau__isnull", True),
                        ("plan__isnull", True),
                        ("project__isnull", False),
                        ("school__isnull", True),
                    ),
                    models.Q(
                        ("bureau__isnull", True),
                        ("plan__isnull", False),
                        ("project__isnull", True),
                        ("school__isnull", True),
                    ),
                    models.Q(
                        ("bureau__isnull", False),
                        ("plan__isnull", True),
                        ("project__isnull", True),
                        ("school__isnull", True),
                    ),
                    models.Q(
                        ("bureau__isnull", True),
                        ("plan__isnull", True),
                        ("project__isnull", True),
                        ("school__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="ledger_entry_has_one_subject",
            ),
        ),
        migrations.RunPython(close_ledger, open_ledger),
    ]
