"""What a record says in words, in the project's own language; each text is looked up once."""

from __future__ import annotations

from functools import lru_cache

from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext

DJANGO = {"zh": "zh-hans", "en": "en"}


@lru_cache(maxsize=1000)
def said(text: str, language: str) -> str:
    """A text that the catalogue knows, in ``zh`` or ``en``."""
    with translation.override(DJANGO[language]):
        return gettext(text)


@lru_cache(maxsize=1000)
def label(choices: type[TextChoices], value: str, language: str) -> str:
    """The words of a code."""
    with translation.override(DJANGO[language]):
        return str(choices(value).label)
