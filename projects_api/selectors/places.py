"""Regions and schools: which rows, for whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from projects_api.choices import Decision, Kind, SchoolEventKind, Status
from projects_api.models import Project, Region, School, SchoolEvent, User, roles_of
from projects_api.models.projects import READS_ALL
from projects_api.spelling import search_words

AnyPlace = TypeVar("AnyPlace", Region, School)


# GB/T 2260: provinces, prefectures, counties (also written with zeros to six digits); NBS: townships, villages.
_OFFICIAL = re.compile(r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}", re.ASCII)


def region_prefix(code: str) -> str:
    """What the codes of a division and of everything in it begin with.

    GB/T 2260: provinces end in 0000, prefectures in 00; townships extend the county's six digits, and in longer codes a level
    that is not meant is 000. Codes of other countries' mappings (``NYC``, ``NYC-D08``) have no such zeros: they are prefixes.
    """
    if not _OFFICIAL.fullmatch(code):
        return code
    while len(code) > 6 and code.endswith("000"):
        code = code[:-3]
    if len(code) == 6:
        return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    return code


def within_region(path: str, code: str) -> Q:
    """Rows whose region code (at ``path``) is the division ``code`` or lies in it.

    A code has one of the official lengths or is that of a division that is held. What is neither (``61052``, ``NYC-D0``: somebody
    is still typing, or has lost a digit) is nowhere, as an unknown bureau is: it does not widen to all that begins so.
    """
    begins = Q(**{f"{path}__startswith": region_prefix(code)})
    return begins if _OFFICIAL.fullmatch(code) else begins & Q(Exists(Region.objects.filter(code=code)))


def lies_in(code: str) -> Callable[[str], bool]:
    """The same of a division's code by itself; without ``code`` everything does. One query where it is no official one."""
    prefix = region_prefix(code)
    known = not code or _OFFICIAL.fullmatch(code) or Region.objects.filter(code=code).exists()
    return lambda land: bool(known) and land.startswith(prefix)


def named(rows: QuerySet[AnyPlace], typed: str) -> QuerySet[AnyPlace]:
    """Regions or schools whose name has every word of what somebody typed: Chinese, English, pinyin, initials."""
    for word in search_words(typed):
        rows = rows.filter(search_text__contains=word)
    return rows


def regions() -> QuerySet[Region]:
    return Region.objects.select_related("parent").order_by("code")


def region_names(codes: Iterable[str]) -> dict[str, str]:
    """The names of divisions in the reader's language, by code. One query."""
    found = Region.objects.filter(code__in=set(codes)).defer("boundary", "point")
    return {region.code: region.name for region in found}


def schools_visible_to(user: User | AnonymousUser) -> QuerySet[School]:
    """The schools that exist for this user, archived ones too (decision 39).

    One that is only planned, by a project that the user does not see, would tell of that project: it is there from its first
    approved act on, or from the project's publication. One that was entered by mistake never was. At most one query for the
    roles.
    """
    new = Project.objects.filter(school=OuterRef("pk"), kind=Kind.NEW_BUILD).order_by()
    acts = _acts().filter(decision=Decision.APPROVED)
    planned = ~Exists(acts) & Exists(new) & ~Exists(new.filter(status=Status.IN_USE))
    seen = Exists(Project.objects.visible_to(user).filter(school=OuterRef("pk")).order_by())
    return School.objects.filter((~planned | seen) & Q(withdrawn=False) | _reads_whole(user))


def schools_read_whole_by(user: User | AnonymousUser) -> QuerySet[School]:
    """Those of the bureaus whose projects this user sees all."""
    return School.objects.filter(_reads_whole(user))


def _reads_whole(user: User | AnonymousUser) -> Q:
    if isinstance(user, User) and user.is_active and user.is_superuser:
        return Q(pk__isnull=False)
    return Q(bureau__in=[bureau for bureau, held in roles_of(user).items() if held & READS_ALL])


def standing() -> Q:
    """Of today's register: not closed, not entered by mistake, and its cancellation not approved."""
    cancelled = _acts().filter(kind=SchoolEventKind.CANCELLATION, decision=Decision.APPROVED)
    return Q(~Exists(cancelled), archived_at__isnull=True, withdrawn=False)


def established() -> Q:
    """May teach (`approvals.established`)."""
    acts = _acts().filter(kind=SchoolEventKind.ESTABLISHMENT)
    return Q(~Exists(acts)) | Q(Exists(acts.filter(decision=Decision.APPROVED)))


def _acts() -> QuerySet[SchoolEvent]:
    """A school's acts, but for those set aside."""
    return SchoolEvent.objects.filter(school=OuterRef("pk"), archived=False).order_by()
