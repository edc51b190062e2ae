"""What several tables share: names in two languages, and the words a broken constraint answers with."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.db.models.query_utils import DeferredAttribute
from django.utils import translation

from projects_api.figures import unsigned_zero
from projects_api.spelling import search_text
from projects_api.text import validate_line, validate_text

M = TypeVar("M", bound=models.Model)


def in_reader_language(zh: str, en: str) -> str:
    """The name in the language of the request, or the other one where it is missing."""
    first, second = (zh, en) if (translation.get_language() or "zh").startswith("zh") else (en, zh)
    return first or second


def the_one(rows: models.QuerySet[M]) -> M | None:
    """The row that a key found, None where it found none. One query. Not `first`: that puts the one row in order, and for this
    compares all its columns, a quarter of the time that a project takes."""
    return next(iter(rows.order_by()[:1]), None)


def between(field: str, low: Any, high: Any, *, name: str, message: Any, null: bool = True) -> CheckConstraint:
    condition = Q(**{f"{field}__gte": low, f"{field}__lte": high})
    if null:
        condition |= Q(**{f"{field}__isnull": True})
    return CheckConstraint(condition=condition, name=name, violation_error_code=field, violation_error_message=message)


def one_of(
    field: str, choices: type[models.TextChoices], *, name: str, message: Any, blank: bool = False
) -> CheckConstraint:
    values = [*choices.values, ""] if blank else list(choices.values)
    return CheckConstraint(
        condition=Q(**{f"{field}__in": values}),
        name=name,
        violation_error_code=field,
        violation_error_message=message,
    )


def in_order(first: str, second: str, *, name: str, message: Any) -> CheckConstraint:
    return CheckConstraint(
        condition=Q(**{f"{first}__isnull": True})
        | Q(**{f"{second}__isnull": True})
        | Q(**{f"{second}__gte": F(first)}),
        name=name,
        violation_error_code=second,
        violation_error_message=message,
    )


class LineField(models.CharField):  # type: ignore[type-arg]
    """A name, a title, a number of a document: one line without invisible or misleading characters."""

    default_validators = [validate_line]


class ProseField(models.TextField):  # type: ignore[type-arg]
    """Running text of at most ``max_length`` characters, which Django itself checks in forms only."""

    default_validators = [validate_text]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))


class _Figure(DeferredAttribute):
    """Whoever sets the column, by whatever way: what the document says of it is what the table says when read again."""

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = unsigned_zero(value)


class FigureField(models.DecimalField):  # type: ignore[type-arg]
    """An amount or an area, spelled in one way (`figures`). To the database and the migrations it is Django's own field."""

    descriptor_class = _Figure

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs


class _Searched:
    """What the column holds follows from the others whenever it is asked for: it cannot be written, or be out of date."""

    def __init__(self, field: SearchField) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else search_text(*(getattr(instance, name) for name in self.field.of))

    def __set__(self, instance: Any, value: Any) -> None:
        """What the table says is not looked at; that it was loaded is, for `Model.save` writes loaded columns only."""
        instance.__dict__[self.field.attname] = value


class SearchField(models.TextField):  # type: ignore[type-arg]
    """The columns ``of`` in every way that they are typed (`spelling.search_text`), stored to be searched.

    Derived by the model itself, so whatever writes a row writes it right: services, imports in bulk, fixtures, which do not
    hold it.
    """

    descriptor_class = _Searched

    def __init__(self, *args: Any, of: tuple[str, ...] = (), **kwargs: Any) -> None:
        kwargs |= {"editable": False, "serialize": False, "default": ""}
        super().__init__(*args, **kwargs)
        self.of = tuple(of)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("editable", "serialize", "default"):
            kwargs.pop(fixed, None)
        return name, path, args, kwargs | {"of": self.of}
