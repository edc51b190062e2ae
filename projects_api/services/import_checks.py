"""The checks of many rows' values before they are written together: `Model.clean_fields`, but each value once.

A table repeats its dates, states and names; a field's own check looks at the value alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, JSONField, Model

from projects_api.errors import FieldError, InvalidInput
from projects_api.models import Project

REPORTED = 200


class FieldChecks:
    """Lengths, vocabularies, characters, in memory; the tables' own constraints follow on writing."""

    def __init__(self) -> None:
        self.problems: list[FieldError] = []
        self._fields: dict[type[Model], list[Field[Any, Any]]] = {}
        self._seen: dict[tuple[Any, ...], tuple[Any, str]] = {}

    def check(self, project: Project, parts: Iterable[Model]) -> bool:
        """Check a project and its parts; whether a field keeps a value otherwise than it was given, and it was set so."""
        moved = False
        for row in (project, *parts):
            for field in self._fields_of(type(row)):
                value = getattr(row, field.attname)
                if field.blank and value in field.empty_values:
                    continue
                # The type is part of the key: True, 1 and Decimal("1.00") are equal.
                key = (field, type(value), value)
                found = self._seen.get(key)
                if found is None:
                    found = self._seen[key] = _cleaned(field, value, row)
                cleaned, words = found
                if words:
                    pointer = f"/{project.code}/{row._meta.model_name}/{field.name}"
                    self.problems.append(FieldError(pointer, "invalid", words))
                elif cleaned is not value and cleaned != value:
                    setattr(row, field.attname, cleaned)
                    moved = True
        return moved

    def refuse(self) -> None:
        """Raises InvalidInput when any value broke a check."""
        if self.problems:
            raise InvalidInput(self.problems[:REPORTED])

    def _fields_of(self, model: type[Model]) -> list[Field[Any, Any]]:
        if model not in self._fields:
            # JSON comes from templates alone, which were checked when they were written.
            self._fields[model] = [
                f for f in model._meta.fields if not (f.is_relation or f.primary_key or isinstance(f, JSONField))
            ]
        return self._fields[model]


def _cleaned(field: Field[Any, Any], value: Any, row: Model) -> tuple[Any, str]:
    """The value as the field keeps it, and what is wrong with it ("" for nothing)."""
    try:
        return field.clean(value, row), ""
    except ValidationError as error:
        return value, "; ".join(error.messages)
