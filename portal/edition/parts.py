"""What a static edition holds, part by part, and which validator each address has.

A part is a named route of the URL configuration. What lands later is one line here; a test compares the table with the routes
whose views are `kept`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone

from mapviews.maps import FRAMES, VIEWS
from portal.languages import PREFIXES
from projects_api.interchange.opendata.formats import FILES
from projects_api.interchange.opendata.tables import TABLES
from projects_api.kept import release
from projects_api.models import AnnualPlan, Bureau, LedgerEntry, Milestone, Project, Region
from projects_api.selectors.ledger import newest_entry


@dataclass(frozen=True)
class World:
    """What the public sees at one moment, as far as it decides which files there are and whether they still hold."""

    newest: int
    day: date
    projects: dict[str, str]  # code: the validator of what is about this project alone
    mapped: tuple[str, ...]  # those of them whose page may hold a map (`mapviews.own`)
    plans: tuple[str, ...]
    regions: tuple[str, ...]
    bureaus: tuple[str, ...]
    whole: str  # the validator of everything else


@dataclass(frozen=True)
class Part:
    """``each`` names the route's one argument and what it may be; ``pages``: a list, whose further pages are files too.

    ``spoken``: in every language; else once, at the address without one. ``alone``: depends on the project in its address, and
    not on all.
    """

    route: str
    each: tuple[str, Callable[[World], Iterable[str]]] | None = None
    pages: bool = False
    spoken: bool = True
    alone: bool = False


@dataclass(frozen=True)
class Job:
    """One address to be written: ``path`` without its language (``zh``, ``en``, or "" for none).

    ``about``: what it speaks of; jobs about one thing are asked for together, so that it is read once.
    """

    path: str
    language: str
    pages: bool
    validator: str
    about: str

    @property
    def key(self) -> str:
        return f"/{self.language}{self.path}" if self.language else self.path


_PROJECTS = ("code", lambda world: world.projects)
_PLANS = ("slug", lambda world: world.plans)
_REGIONS = ("code", lambda world: world.regions)
_BUREAUS = ("code", lambda world: world.bureaus)

PARTS: tuple[Part, ...] = (
    Part("home"),
    Part("projects", pages=True),
    Part("project", each=_PROJECTS, alone=True),
    Part("project-map", each=("code", lambda world: world.mapped), alone=True),
    Part("project-changes", each=_PROJECTS, pages=True, alone=True),
    Part("project-ledger", each=_PROJECTS, alone=True),
    Part("project-badge", each=_PROJECTS, alone=True),
    Part("project-embed", each=_PROJECTS, alone=True),
    Part("plans", pages=True),
    Part("plan", each=_PLANS),
    Part("plan-wall", each=_PLANS),
    Part("region", each=_REGIONS),
    *(Part(f"mapviews:{view}") for view in VIEWS if view != "compare"),
    *(Part(f"mapviews:{view}-{part}") for view in FRAMES for part in ("boot", "later", "later-sheet", "sheet")),
    *(
        Part(f"mapviews:{name}")
        for name in (
            "marks", "marks-script", "lights-marks-script", "investment-areas-script", "coverage-areas-script",
            "sites", "lights-marks", "lights-sites", "timeline-data", "timeline-known", "outline", "cells",
            "investment-areas", "investment-circles", "coverage-areas", "coverage-circles",
        )
    ),
    Part("feed"),
    Part("feed-openings"),
    Part("project-feed", each=_PROJECTS, alone=True),
    Part("region-feed", each=_REGIONS),
    Part("bureau-feed", each=_BUREAUS),
    *(Part(f"open-data{name}") for name in ("", "-dictionary", "-catalog", "-metadata")),
    Part("open-data-table", each=("name", lambda _world: TABLES)),
    Part("open-data-file", each=("name", lambda _world: FILES)),
    Part("api-sites", spoken=False),
)  # fmt: skip
# Routes whose views are kept and that no file can stand for, and why.
LIVE = {
    "project-share": "half a second each; messengers ask at the canonical address, which is the live server's",
    "mapviews:compare": "two days that the reader chooses",
    **dict.fromkeys(("robots", "sitemap", "sitemap-part"), "an edition has its own, of its own addresses"),
    # With a dash at its end: all whose names begin so.
    "api-": "programs page and filter by queries, which a file server does not read",
    "ogc": "the same",
    "ogc-": "the same",
}


def world(told: str) -> World:
    """``told`` is what the run was asked for: other addresses are other pages. About 8 queries."""
    public = Project.objects.visible_to(AnonymousUser())
    newest, today = newest_entry(), timezone.localdate()
    rows = list(
        public.order_by("code").values_list("code", "version", "bureau_id", "title_zh", "title_en", "school_id")
    )
    # What one project's page says of others: who they are, how their bureau counts, how long its stages took.
    shared = _digest(
        release(), today, told,
        [(code, *rest) for code, _version, *rest in rows],
        list(LedgerEntry.objects.filter(project=None).aggregate(n=Count("id"), last=Max("id")).values()),
    )  # fmt: skip
    record = {
        bureau: _digest(*facts)
        for bureau, *facts in Milestone.objects.filter(actual__isnull=False)
        .order_by("project__bureau")
        .values_list("project__bureau")
        .annotate(Count("id"), Max("actual"), Max("started"))
    }
    bureaus = Bureau.objects.filter(pk__in={row[2] for row in rows}).select_related("region")
    used = Region.objects.filter(pk__in=public.order_by().values("region"))
    return World(
        newest=newest,
        day=today,
        projects={
            code: _digest(shared, code, version, record.get(bureau, "")) for code, version, bureau, *_rest in rows
        },
        mapped=tuple(
            public.filter(Q() if settings.BASE_MAPS else Q(footprint__isnull=False))
            .order_by("code")
            .values_list("code", flat=True)
        ),
        plans=tuple(
            f"{code}-{year}"
            for code, year in AnnualPlan.objects.filter(published=True)
            .order_by("bureau__code", "-year")
            .values_list("bureau__code", "year")
        ),
        regions=tuple(sorted({region.code for region in used} | {bureau.region.code for bureau in bureaus})),
        bureaus=tuple(sorted(bureau.code for bureau in bureaus)),
        whole=_digest(release(), today, told, newest),
    )


def jobs(now: World) -> Iterator[Job]:
    for part in PARTS:
        name, values = part.each or ("", None)
        for value in values(now) if values else ("",):
            path = reverse(part.route, kwargs={name: value} if name else None)
            validator = now.projects[value] if part.alone else now.whole
            for language in PREFIXES if part.spoken else ("",):
                yield Job(path, language, part.pages, validator, value if part.alone else path)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]
