"""Who is served? Places now and coming against children by township, and schools with the radius that they serve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mapviews.amounts import number
from mapviews.areas import Column, Measure, class_words, document
from mapviews.classes import class_of, limits
from projects_api.choices import SchoolStage
from projects_api.models import Bureau
from projects_api.needs import RADIUS, STAGES, Children, reach, shared
from projects_api.selectors.areas import Area, areas_of
from projects_api.selectors.coverage import Served, Site, Sites, served
from projects_api.selectors.places import lies_in, region_prefix

MOST = 2000  # circles of each stage


Found = tuple[Sites, Sites]  # schools in use, projects in hand


def areas_document(
    sites: Found,
    bureaus: Sequence[Bureau],
    *,
    version: str,
    count: int,
    past: bool = False,
    region: str = "",
    stages: Collection[str] = STAGES,
    elsewhere: Collection[str] = (),
    narrowed: bool = False,
) -> bytes:
    """``sites``: schools in use and projects in hand, visible to the reader; ``bureaus`` those shown. One query.

    ``count``: projects that the filters leave; ``narrowed``: by something that is not about schools, which no sum follows.
    ``elsewhere``: stages filtered by that are not compared. ``past``: of another day than today. ``region``, ``stages``: what of
    the schools is there. Children are set against them there alone: elsewhere all of them would be missing a place.
    """
    areas = areas_of(bureaus)
    found = served(areas, bureaus, *sites)
    prefix, inside = region_prefix(region), lies_in(region)
    for (code, stage), row in found.items():
        if stage not in stages or not inside(code):
            row.children = None
    whole = {code for code, _stage in found}
    shown = [
        area
        for area in areas.all
        if (not area.whole or area.code in whole) and (inside(area.code) or prefix.startswith(area.code))
    ]
    columns: list[Column] = []
    totals: list[str] = []
    measures: list[Measure] = []
    for stage in stages:
        rows = [found.get((area.code, stage), Served()) for area in shown]
        total = _sum(rows)
        columns += _columns(stage, rows)
        missing = [gap for row in rows if (gap := row.gap) is not None and gap > 0]
        totals += [words for words, _value in map(_word, _cells(total)[:-1])] + [number(sum(missing))]
        measures.append(_measure(stage, shown, rows, _summary(total, missing)))
    return document(
        shown,
        version=version,
        count=count if narrowed else len(shown),
        caution=_caution(elsewhere, narrowed=narrowed),
        summary="",
        columns=columns,
        total=totals,
        measures=measures,
        notes=_notes(bureaus, past=past),
        projects=count,
    )


def _caution(elsewhere: Collection[str], *, narrowed: bool) -> str:
    """What a reader who filters must know before the figures."""
    said = []
    if elsewhere:
        words = _("%(asked)s: not compared with children. Shown are %(stages)s.")
        names = {"asked": elsewhere, "stages": STAGES}
        said.append(words % {k: _(", ").join(str(SchoolStage(one).label) for one in v) for k, v in names.items()})
    if narrowed:
        said.append(
            _(
                "The figures count all schools and projects: the filters choose only which of those being built are drawn."
            )
        )
    return " ".join(said)


def _sum(rows: Sequence[Served]) -> Served:
    """Of all townships. Its gap says little: places that one has to spare do not serve the children of another."""
    total = Served()
    for row in rows:
        total.now += row.now
        total.schools += row.schools
        total.coming.update(row.coming)
        if row.children is not None:
            total.children = (total.children or 0) + row.children
    return total


@dataclass(frozen=True)
class _Cell:
    key: str
    word: str
    value: int | None
    words: str = ""


def _cells(row: Served) -> list[_Cell]:
    return [
        _Cell("children", _("Children"), row.children),
        _Cell("now", _("Places now"), row.now),
        _Cell("coming", _("Coming"), row.later, _coming(row.coming)),
        _Cell("gap", _("Missing"), row.gap, _label(row.gap) if row.gap is not None and row.gap < 0 else ""),
    ]


def _word(cell: _Cell) -> tuple[str, int | None]:
    return (cell.words or ("–" if cell.value is None else number(cell.value))), cell.value


def _coming(years: Counter[int]) -> str:
    """``360 (2027) + 1,800 (no date)``: places by the year in which they are expected to open."""
    parts = []
    for year in sorted(years, key=lambda year: (year == 0, year)):
        when = str(year) if year else _("no date")
        parts.append(_("%(places)s (%(year)s)") % {"places": number(years[year]), "year": when})
    return " + ".join(parts)


def _columns(stage: str, rows: Sequence[Served]) -> list[Column]:
    columns = []
    for cells in zip(*map(_cells, rows), strict=True):
        words, values = zip(*map(_word, cells), strict=True)
        columns.append(
            Column(f"{stage}-{cells[0].key}", cells[0].word, values, words, of=stage, main=cells[0].key == "gap")
        )
    return columns


def _measure(stage: str, areas: Sequence[Area], rows: Sequence[Served], summary: str) -> Measure:
    gaps = [None if area.whole else row.gap for area, row in zip(areas, rows, strict=True)]
    missing = [Decimal(gap) for gap in gaps if gap is not None and gap > 0]
    cuts = limits(missing, 4)
    names = class_words(cuts, number) if cuts else [_("places missing")]
    word = str(SchoolStage(stage).label)
    return Measure(
        key=stage,
        word=word,
        title=_("%(stage)s: places missing when all in hand is open") % {"stage": word},
        scale="gap",
        legend=[_("enough places"), *(names if missing else [])],
        none=_("children not known"),
        classes=[-1 if gap is None else 0 if gap <= 0 else 1 + class_of(Decimal(gap), cuts) for gap in gaps],
        labels=[_label(gap) for gap in gaps],
        summary=summary,
    )


def _label(gap: int | None) -> str:
    if gap is None:
        return ""
    return (_("%(n)s missing") if gap > 0 else _("%(n)s spare")) % {"n": number(abs(gap))}


def _summary(total: Served, missing: Sequence[int]) -> str:
    """``missing``: of each township that lacks places, how many."""
    values = {"now": number(total.now), "later": number(total.later)}
    if total.children is None:
        return _("children not known, %(now)s places now, %(later)s coming") % values
    values["children"] = number(total.children)
    said = _("%(children)s children, %(now)s places now, %(later)s coming") % values
    if missing:
        short = ngettext(
            "%(places)s missing in %(n)s township", "%(places)s missing in %(n)s townships", len(missing)
        ) % {"places": number(sum(missing)), "n": number(len(missing))}
        return f"{said} · {short}"
    return said


def _notes(bureaus: Sequence[Bureau], *, past: bool) -> list[str]:
    notes = [
        _(
            "Places now: of the schools in use. Coming: new buildings and extensions in hand, by the year of their opening."
        ),
        _("A nine-year school counts two thirds as primary and one third as junior high."),
        _("Filters by bureau, region and stage narrow both; the others only choose what is drawn."),
    ]
    if past:
        notes.insert(
            0,
            _(
                "Schools and their places as the approvals of that day have them; what changed without one is as it is now."
            ),
        )
    for bureau in bureaus:
        children = Children.from_document(bureau.children)
        if not children.of:
            notes.insert(0, _("%(bureau)s has not entered how many children there are.") % {"bureau": bureau.name})
            continue
        said = [text for text in (children.source, children.counted and children.counted.isoformat()) if text]
        words = _("Children, %(bureau)s: %(source)s") % {
            "bureau": bureau.name,
            "source": ", ".join(said) or _("no source"),
        }
        notes.insert(0, f"{words} · {_('illustrative, not real')}" if children.illustrative else words)
    return notes


def circles_document(sites: Found, bureaus: Sequence[Bureau], *, version: str, count: int, past: bool = False) -> bytes:
    """Located schools as columns, a nine-year school once in each of its stages: ``lon lat code school title words stage
    radius coming``. ``radius`` in metres, 0 where a school is exempt; ``code`` of the project, ``school`` of one in use.
    ``unplaced``: those without a place, once, as ``code school title words stage``, where ``stage`` is a list. No query.
    """
    now, coming = sites
    rows: dict[str, list[Any]] = {
        name: [] for name in ("lon", "lat", "code", "school", "title", "words", "stage", "radius", "coming")
    }
    drawn: Counter[str] = Counter()
    unplaced: dict[str, list[Any]] = {name: [] for name in ("code", "school", "title", "words", "stage")}
    left_out = 0
    for site in (site for _region, site in (*now, *coming)):
        stages = list(shared(site.stage, site.places or 0))
        if site.place is None:
            if stages:
                radius = reach(stages[0], site.division, site.boarding)
                told = (site.project, site.school, site.name, _said(site, radius), stages)
                for column, cell in zip(unplaced, told, strict=True):
                    unplaced[column].append(cell)
            continue
        left_out += any(drawn[stage] >= MOST for stage in stages)
        for stage in stages:
            if drawn[stage] >= MOST:
                continue
            drawn[stage] += 1
            radius = reach(stage, site.division, site.boarding)
            place = (*site.place, site.project, site.school, site.name)
            said = (_said(site, radius), stage, radius or 0, site.opens is not None)
            for name, value in zip(rows, (*place, *said), strict=True):
                rows[name].append(value)
    notes = []
    if unsited := len(unplaced["title"]):
        words = ngettext("%(n)s school has no known location.", "%(n)s schools have no known location.", unsited)
        notes.append(words % {"n": number(unsited)})
    if left_out:
        words = ngettext(
            "%(n)s school is not drawn: narrow the filters.",
            "%(n)s schools are not drawn: narrow the filters.",
            left_out,
        )
        notes.append(words % {"n": number(left_out)})
    told_of = {"heading": _("Schools and how far they serve"), "marks": _marks(), "notes": notes, "unplaced": unplaced}
    return orjson.dumps({"version": version, **told_of, **rows})


def _said(site: Site, radius: int | None) -> list[str]:
    """What the popup says: places, when it opens, and what it is measured by or why it is not."""
    said = [_("%(n)s places") % {"n": number(site.places)} if site.places is not None else _("places not known")]
    if site.opens is not None:
        said.append(_("opens %(year)s") % {"year": site.opens} if site.opens else _("no date of opening"))
    if radius:
        said.append(_("service radius %(n)s m") % {"n": number(radius)})
    elif site.boarding:
        said.append(_("boarders: not measured by a radius"))
    else:
        said.append(_("outside the urban subdistricts: not measured by a radius"))
    return said


def _marks() -> list[dict[str, Any]]:
    """The legend's rows: circles of a look and a radius in pixels, and their words."""

    def row(words: str, *looks: tuple[int, str]) -> dict[str, Any]:
        return {"looks": [{"r": r, "look": look} for r, look in looks], "words": words}

    metres: Iterable[str] = (f"{SchoolStage(stage).label} {RADIUS[stage]:,} m" for stage in STAGES)
    return [
        row(
            _("in use, with its service radius: %(metres)s") % {"metres": _(", ").join(metres)},
            (13, "reach"),
            (5, "school"),
        ),
        row(_("being built, with the radius it will serve"), (13, "reach school-coming"), (5, "school school-coming")),
        row(_("rural or with boarders: the radius does not apply, not scored"), (6, "school school-exempt")),
    ]
