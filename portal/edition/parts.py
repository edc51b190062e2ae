"""What a static edition holds, part by part, and which validator each address has.

A part is a named route of the URL configuration. What lands later is one line here; a test compares the table with the routes
whose views are `kept`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.urls import reverse

from mapviews.maps import FRAMES, VIEWS
from portal.edition.world import World
from portal.languages import PREFIXES
from projects_api.interchange.opendata.formats import FILES
from projects_api.interchange.opendata.tables import TABLES


@dataclass(frozen=True)
class Part:
    """``each`` names the route's one argument, and what it may be with the validator of each; without, ``by`` is the validator.

    ``pages``: a list, whose further pages are files too. ``spoken``: in every language; else once, at the address without one.
    """

    route: str
    each: tuple[str, Callable[[World], Mapping[str, str]]] | None = None
    by: Callable[[World], str] = lambda world: world.whole
    pages: bool = False
    spoken: bool = True


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
    Part("project", each=("code", lambda world: world.pages)),
    Part("project-map", each=("code", lambda world: world.mapped)),
    Part("project-changes", each=_PROJECTS, pages=True),
    Part("project-questions", each=("code", lambda world: world.asked), pages=True),
    Part("project-ledger", each=_PROJECTS),
    Part("project-badge", each=_PROJECTS),
    Part("project-embed", each=_PROJECTS),
    Part("plans", pages=True),
    Part("plan", each=_PLANS),
    Part("plan-wall", each=_PLANS),
    Part("region", each=_REGIONS),
    Part("school", each=("code", lambda world: world.schools)),
    *(Part(f"mapviews:{view}") for view in VIEWS if view != "compare"),
    *(
        Part(f"mapviews:{view}-{part}", by=lambda world: world.lasting)
        for view in FRAMES for part in ("boot", "later", "later-sheet", "sheet")
    ),
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
    Part("project-feed", each=_PROJECTS),
    Part("region-feed", each=_REGIONS),
    Part("bureau-feed", each=_BUREAUS),
    *(Part(f"open-data{name}") for name in ("", "-dictionary", "-catalog", "-metadata")),
    Part("open-data-table", each=("name", lambda world: dict.fromkeys(TABLES, world.whole))),
    Part("open-data-file", each=("name", lambda world: dict.fromkeys(FILES, world.whole))),
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


def jobs(now: World) -> Iterator[Job]:
    for part in PARTS:
        name, values = part.each or ("", None)
        for value, validator in values(now).items() if values else (("", part.by(now)),):
            path = reverse(part.route, kwargs={name: value} if name else None)
            for language in PREFIXES if part.spoken else ("",):
                yield Job(path, language, part.pages, validator, f"{name} {value}" if name else path)
