"""Triggers that refuse UPDATE, DELETE (and TRUNCATE, and SQLite's REPLACE) on the ledger, on both engines.

Reversing takes them away, which is only for migrations that must rebuild the table.
"""

from django.db import migrations

from projects_api import engine


def create(apps, schema_editor):
    for statement in engine.write_once(engine.LEDGER_TABLE):
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in engine.rewritable(engine.LEDGER_TABLE):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("projects_api", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
