"""Many new rows at once, as fast as each engine takes them: COPY on PostGIS, one prepared statement on SpatiaLite.

For tables without geometry whose new keys nobody needs; Django's ``bulk_create`` is for the others. On an import it takes
a third of ``bulk_create``'s time, which on PostGIS goes into quoting every JSON document as an array element.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection, models

from projects_api import engine


def insert_rows(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Insert unsaved rows of one model, in their order; their keys stay unset. One statement for any number.

    No signal is sent and no value checked beyond the table's own constraints. Raises IntegrityError, DataError.
    """
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    values = _values(fields, rows)
    with connection.cursor() as cursor:
        if engine.is_postgres():
            # `copy` is psycopg's own: Django neither counts it nor translates its errors by itself.
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # type: ignore[arg-type]


def _values(fields: list[Any], rows: Iterable[models.Model]) -> Iterator[list[Any]]:
    """The rows as the driver takes them. A row may have been made before the row it refers to had its key."""
    for row in rows:
        values = []
        for field in fields:
            value = getattr(row, field.attname)
            if value is None and field.is_relation and field.is_cached(row):
                related = field.get_cached_value(row)
                value = related.pk if related is not None else None
            values.append(None if value is None else field.get_db_prep_save(value, connection))
        yield values
