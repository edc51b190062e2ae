"""Packages: the public projects of a set, written project by project."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Max, QuerySet

from projects_api.interchange.oc4ids import terms
from projects_api.interchange.oc4ids.project import About, language_of, mapped
from projects_api.interchange.oc4ids.values import Json, filled
from projects_api.models import Bureau, Project
from projects_api.public import PUBLIC_PARTS, public_document
from projects_api.selectors.documents import documents_of, project_document
from projects_api.selectors.facts import Document

NAME = "SchoolWorks"


def record(project: Project, document: Document | None = None) -> Json:
    """The public part of a project as an OC4IDS project. Whether the project itself is public is the caller's to know.

    ``project`` with ``bureau``, ``region``, ``school``, ``plan``, ``template`` loaded. ``document`` is its whole document; unset,
    the tables are asked (`selectors.documents.project_document`).
    """
    shown = public_document(project_document(project) if document is None else document)
    zh = language_of(shown) == "zh"
    bureau, region, school, plan = project.bureau, project.region, project.school, project.plan

    def named(name_zh: str, name_en: str) -> str:
        return (name_zh or name_en) if zh else (name_en or name_zh)

    about = About(
        prefix=settings.OC4IDS_PREFIX,
        site_url=settings.SITE_URL,
        zone=bureau.time_zone,
        updated=moment(project.updated_at),
        bureau_name=named(bureau.name_zh, bureau.name_en),
        region_name=named(region.name_zh, region.name_en),
        school_name=named(school.name_zh, school.name_en) if school else "",
        school_stage=school.stage if school else "",
        plan_title=named(plan.title_zh, plan.title_en) if plan and plan.published else "",
    )
    return mapped(shown, about)


def package(
    projects: QuerySet[Project], *, uri: str = "", licence: str = "", policy: str = "", bureau: Bureau | None = None
) -> Iterator[bytes]:
    """The public projects of the set as one OC4IDS package, in parts: UTF-8 JSON, one project a line.

    ``bureau``: the publisher; unset, the only one there is, else the product itself. ``uri``: the address of the package, by
    default a fixed one of this installation. ``licence``, ``policy``: addresses. The package is the same, byte for byte, as long
    as nothing in the projects changed: ``publishedDate`` is the last change. Constant memory; 2 queries, and 10 per 500 projects.
    Without a public project the list is empty, which the standard's schema refuses.
    """
    public = projects.visible_to(AnonymousUser())  # type: ignore[attr-defined]
    newest = public.order_by().aggregate(newest=Max("updated_at"))["newest"] or datetime(1970, 1, 1, tzinfo=UTC)
    head = filled(
        uri=uri or f"{settings.SITE_URL}/open-data/oc4ids.json" + (f"?bureau={bureau.code}" if bureau else ""),
        publisher=publisher(bureau or only_bureau()),
        publishedDate=moment(newest),
        license=licence,
        publicationPolicy=policy,
        version=terms.VERSION,
    )
    yield orjson.dumps(head)[:-1] + b',"projects":[\n'
    separator = b""
    for project, document in documents_of(public, parts=PUBLIC_PARTS):
        yield separator + orjson.dumps(record(project, document))
        separator = b",\n"
    yield b"\n]}\n"


def only_bureau() -> Bureau | None:
    found = list(Bureau.objects.all()[:2])
    return found[0] if len(found) == 1 else None


def publisher(bureau: Bureau | None) -> Json:
    if bureau is None:
        return {"name": NAME, "uri": settings.SITE_URL}
    return {
        "name": bureau.name_zh or bureau.name_en,
        "scheme": terms.BUREAU,
        "uid": bureau.code,
        "uri": settings.SITE_URL,
    }


def moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")
