"""What a filter's value may look like: dates, times, numbers, codes and text of a query string, each read in one way only."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext as _

from projects_api.bounds import EARLIEST, LATEST, MOMENT
from projects_api.errors import InvalidInput
from projects_api.text import clean_line

MAX_VALUE = 200
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,10})?", re.ASCII)
YEAR = re.compile(r"\d{4}", re.ASCII)


class DateField(forms.DateField):
    """``YYYY-MM-DD`` and nothing else, within what the record can hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def clean(self, value: Any) -> date | None:
        if value and not DATE.fullmatch(str(value)):
            raise forms.ValidationError(_("A date like 2023-06-30."), code="invalid")
        cleaned: date | None = super().clean(value)
        if cleaned is not None and not EARLIEST <= cleaned <= LATEST:
            raise forms.ValidationError(_("A date between 1949-10-01 and 2100-12-31."), code="out_of_range")
        return cleaned


class DateFilter(filters.DateFilter):
    field_class = DateField


class MomentField(filters.fields.IsoDateTimeField):
    """An RFC 3339 time, with its zone, within what the record can hold: at the ends of the calendar there is no other zone."""

    def clean(self, value: Any) -> datetime | None:
        if value and not MOMENT.fullmatch(str(value)):
            raise forms.ValidationError(
                _("A time with its zone, like 2023-06-30T08:00:00Z; in an address a + is written %2B."), code="invalid"
            )
        cleaned: datetime | None = super().clean(value)
        if cleaned is not None and not EARLIEST <= cleaned.date() <= LATEST:
            raise forms.ValidationError(_("A date between 1949-10-01 and 2100-12-31."), code="out_of_range")
        return cleaned


class MomentFilter(filters.IsoDateTimeFilter):
    field_class = MomentField


class YearField(forms.IntegerField):
    """Four digits."""

    def clean(self, value: Any) -> int | None:
        if value and not YEAR.fullmatch(str(value)):
            raise forms.ValidationError(_("A year like 2023."), code="invalid")
        year: int | None = super().clean(value)
        return year


class PlainNumberField(forms.DecimalField):
    """Digits, and a point: what Decimal() also takes (1e-999999, NaN, 1_000, other scripts) means nothing here."""

    def clean(self, value: Any) -> Decimal | None:
        if value and not NUMBER.fullmatch(str(value)):
            raise forms.ValidationError(_("A number like 1200 or 0.5."), code="invalid")
        number: Decimal | None = super().clean(value)
        return number


class NumberFilter(filters.NumberFilter):
    field_class = PlainNumberField


class YearFilter(filters.NumberFilter):
    field_class = YearField


class StrictBooleanField(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise forms.ValidationError(_("true or false."), code="invalid")
        return bool(value == "true")


class BooleanFilter(filters.Filter):
    field_class = StrictBooleanField


class LineField(forms.CharField):
    """Text to search for: one line, no control characters, at most 200 characters."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return clean_line(text, pointer="", max_length=MAX_VALUE)
        except InvalidInput as error:
            raise forms.ValidationError(
                [forms.ValidationError(str(e.message), code=e.code) for e in error.errors]
            ) from error


class LineFilter(filters.CharFilter):
    field_class = LineField


class CodeField(LineField):
    """A code of something that there may be. Blanks are none: stripped they would be no filter, and everything an answer."""

    def clean(self, value: Any) -> str:
        if value and not str(value).strip():
            raise forms.ValidationError(_("This may not be blank."), code="blank")
        return super().clean(value)


class CodeFilter(filters.CharFilter):
    field_class = CodeField


class CodesField(forms.Field):
    """One or more codes of a vocabulary: ``status=a,b`` or ``status=a&status=b``."""

    def __init__(self, *, codes: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.codes = codes

    def to_python(self, value: Any) -> list[str]:
        wanted = [code for part in value or [] for code in part.split(",") if code]
        for code in wanted or (part for part in value or [] if part):  # of commas alone is no code either
            if code not in self.codes:
                raise forms.ValidationError(
                    _("Not one of: %(codes)s.") % {"codes": ", ".join(self.codes)}, code="invalid_choice"
                )
        return wanted


class CodesFilter(filters.Filter):
    """Rows whose column is one of the codes given; no code, no narrowing."""

    field_class = CodesField

    def __init__(self, *, choices: type[TextChoices], **kwargs: Any) -> None:
        super().__init__(codes=list(choices.values), widget=forms.MultipleHiddenInput, **kwargs)

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs
