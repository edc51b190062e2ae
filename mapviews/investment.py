"""Where does the money go? Sums by township, and the largest sites as circles whose area is their investment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import orjson
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mapviews.amounts import Unit, large, number, small
from mapviews.areas import Column, document, in_classes
from mapviews.classes import roundest
from mapviews.columns import Latitude, Longitude
from mapviews.styles import speaks_chinese
from projects_api.choices import SpendingKind
from projects_api.models import Bureau, Project
from projects_api.models.base import in_reader_language
from projects_api.needs import STAGES, Children
from projects_api.past import Past
from projects_api.selectors.areas import Area, areas_of
from projects_api.selectors.investment import Money, money_by_region, money_of_documents, spent, work_done_by_project

LARGEST = 10_000  # circles that are sent; a browser joins those near each other
NAMED = 200  # of those without a place
_NARROW = {  # for who may read what was spent there are more columns than a phone has room for
    "projects": ("total", "per_place", "per_child"),
    "per_place": ("per_place",),
    "per_child": ("per_child",),
    "work_done": ("share",),
    "share": ("total", "share"),
    "paid": ("share",),
}


def currency_of(bureaus: Sequence[Bureau]) -> str:
    """What most of the bureaus count in: amounts in different currencies cannot be added, nor be compared as circles."""
    return Counter(bureau.currency for bureau in bureaus).most_common(1)[0][0] if bureaus else "CNY"


def areas_document(
    projects: QuerySet[Project],
    bureaus: Sequence[Bureau],
    *,
    version: str,
    money_of: Collection[int],
    stages: Collection[str] = STAGES,
) -> bytes:
    """``projects`` are visible to the reader and filtered, ``bureaus`` those shown. At most 3 queries.

    ``stages``: the school stages whose children the money is divided by.
    """
    counted = _counted(bureaus)
    rows = money_by_region(projects.filter(bureau__in=[b.pk for b in counted]), money_of)
    return _areas_document(rows, counted, bureaus, version=version, stages=stages)


def past_areas_document(
    pasts: Sequence[Past],
    bureaus: Sequence[Bureau],
    *,
    version: str,
    money_of: Collection[int],
    stages: Collection[str] = STAGES,
) -> bytes:
    """The same of another day. One query."""
    counted = _counted(bureaus)
    keys = {bureau.pk for bureau in counted}
    states = ((past.document, past.bureau) for past in pasts if past.bureau.pk in keys)
    return _areas_document(money_of_documents(states, money_of), counted, bureaus, version=version, stages=stages)


def _counted(bureaus: Sequence[Bureau]) -> list[Bureau]:
    currency = currency_of(bureaus)
    return [bureau for bureau in bureaus if bureau.currency == currency]


def _areas_document(
    rows: Iterable[tuple[int, str, Money]],
    counted: Sequence[Bureau],
    bureaus: Sequence[Bureau],
    *,
    version: str,
    stages: Collection[str],
) -> bytes:
    currency = currency_of(counted)
    areas = areas_of(counted)
    apart = Decimal(0)
    of: dict[str, Money] = defaultdict(Money)
    total = Money()
    elsewhere = 0
    for bureau, region, money in rows:
        area = areas.holding(region)
        if area is None or area.bureau != bureau:
            elsewhere += money.projects
        else:
            of[area.code].add(money)
            apart += money.total if area.whole else 0
        total.add(money)
    told = [Children.from_document(bureau.children) for bureau in counted]
    for children in told:
        for code, n in children.by_township(stages).items():
            of[code].children = n
    shown = [area for area in areas.all if not area.whole or of[area.code].projects]
    columns, words = _columns([of[area.code] for area in shown], total, currency)
    return document(
        [_named(area) for area in shown],
        version=version,
        count=total.projects,
        summary=_summary(total, apart, large(currency)),
        columns=columns,
        total=words,
        measures=_measures([Money() if area.whole else of[area.code] for area in shown], currency),
        notes=_notes(
            total,
            elsewhere,
            left_out=len(bureaus) - len(counted),
            currency=currency,
            children=any(of[area.code].per_child is not None for area in shown),
            illustrative=any(children.illustrative for children in told),
        ),
    )


def _named(area: Area) -> Area:
    return replace(area, name=_("%(county)s, not in a township") % {"county": area.name}) if area.whole else area


def _summary(total: Money, apart: Decimal, unit: Unit) -> str:
    """``apart``: what is recorded of no township, which no colour on the map can show."""
    n = ngettext("%(n)s project", "%(n)s projects", total.projects) % {"n": number(total.projects)}
    values = {"projects": n, "amount": unit.words(total.total), "apart": unit.words(apart)}
    if apart:
        return _("%(projects)s, %(amount)s in all, of which %(apart)s in no township") % values
    return _("%(projects)s, %(amount)s in all") % values


def _columns(rows: Sequence[Money], total: Money, currency: str) -> tuple[list[Column], list[str]]:
    """The table, and its last line. What was spent has columns only for who may read it somewhere."""
    big, little = large(currency), small(currency)
    amount = _("Investment (%(unit)s)") % {"unit": big.word}
    each = _("Per place (%(unit)s)") % {"unit": little.word}
    made: list[tuple[str, str, Any, Any]] = [
        ("projects", _("Projects"), lambda m: m.projects, lambda m: number(m.projects)),
        ("total", amount, lambda m: m.total, lambda m: big.number(m.total)),
        ("per_place", each, lambda m: m.per_place, lambda m: little.number(m.per_place)),
    ]
    if any(m.per_child is not None for m in rows):
        per_child = _("Per child (%(unit)s)") % {"unit": little.word}
        made.append(("per_child", per_child, lambda m: m.per_child, lambda m: little.number(m.per_child)))
    if total.work_done is not None:
        done, paid = _("Work done (%(unit)s)"), _("Paid (%(unit)s)")
        made += [
            ("work_done", done % {"unit": big.word}, lambda m: m.work_done, lambda m: big.number(m.work_done)),
            ("share", _("Of the plan"), lambda m: m.share_done, lambda m: _percent(m.share_done)),
            ("paid", paid % {"unit": big.word}, lambda m: m.paid, lambda m: big.number(m.paid)),
        ]
    columns = [
        Column(
            key,
            word,
            [value(m) for m in rows],
            [show(m) for m in rows],
            link=key == "projects",
            narrow=_NARROW.get(key, ()),
        )
        for key, word, value, show in made
    ]
    return columns, [show(total) for _key, _word, _value, show in made]


def _measures(rows: Sequence[Money], currency: str) -> list[Any]:
    big, little = large(currency), small(currency)
    nothing = _("nothing recorded here")
    measures = [
        in_classes(
            "total", _("Total investment"), _("Total investment, %(unit)s") % {"unit": big.word},
            [big.count(m.total) for m in rows], number, nothing,
        ),
    ]  # fmt: skip
    if any(m.per_place is not None for m in rows):
        measures.append(in_classes(
            "per_place", _("Per place"), _("Investment per place, %(unit)s") % {"unit": little.word},
            [None if m.per_place is None else little.count(m.per_place) for m in rows], number, nothing,
        ))  # fmt: skip
    if any(m.per_child is not None for m in rows):
        measures.append(in_classes(
            "per_child", _("Per child"), _("Investment per child, %(unit)s") % {"unit": little.word},
            [None if m.per_child is None else little.count(m.per_child) for m in rows], number,
            _("children not known, or nothing recorded here"),
        ))  # fmt: skip
    if any(m.work_done is not None for m in rows):
        title = _("Value of work done, in percent of the investment")
        shares = [m.share_done for m in rows]
        measures.append(in_classes("share", _("Work done of the plan"), title, shares, _percent, _("no work done yet")))
    return measures


def _percent(value: Decimal | None) -> str:
    return "–" if value is None else f"{number(round(value, 1))}%"


def _notes(
    total: Money, elsewhere: int, *, left_out: int, currency: str, children: bool, illustrative: bool
) -> list[str]:
    notes = [_("Investment per place counts the projects of which both are known.")]
    if children:
        words = _("Investment per child counts the children who live there, as the bureau has told.")
        notes.append(f"{words} · {_('illustrative, not real')}" if illustrative else words)
    if total.work_done is not None:
        notes.append(_("Work done and money paid are two figures: they are never added. Of your own bureau only."))
    if elsewhere:
        words = ngettext(
            "%(n)s project lies outside the divisions of its bureau: in the sum, in no row.",
            "%(n)s projects lie outside the divisions of their bureaus: in the sum, in no row.",
            elsewhere,
        )
        notes.append(words % {"n": number(elsewhere)})
    if left_out:
        notes.append(
            _("Only what is counted in %(currency)s: choose a bureau to see the others.") % {"currency": currency}
        )
    return notes


@dataclass(frozen=True)
class _Sites:
    """What the circles are drawn from: the largest located projects, the largest first, as (lon, lat, code, title, investment,
    bureau id); ``sited``: how many have a place and an investment; ``done``: value of work by code. ``unplaced``: the first of
    those without a place, whatever is known of their money, as (code, title, investment); ``lost``: how many those are.
    """

    largest: Sequence[tuple[float, float, str, str, Decimal, int]]
    sited: int
    done: Mapping[str, Decimal]
    unplaced: Sequence[tuple[str, str, Decimal | None]]
    lost: int


def circles_document(
    projects: QuerySet[Project], bureaus: Sequence[Bureau], *, version: str, money_of: Collection[int]
) -> bytes:
    """The largest sites as columns: ``lon lat code title value words`` and, for who may read it, ``done``. 4 queries at most.

    ``value`` is the investment, ``done`` the value of work done (None: not for this reader). ``sizes`` are examples for the
    legend under its ``heading``, ``notes`` say what is not drawn; ``unplaced`` names those without a place: ``count``, and of at
    most `NAMED` of them ``code title words``.
    """
    first, second = ("title_zh", "title_en") if speaks_chinese() else ("title_en", "title_zh")
    counted = projects.filter(bureau__in=[b.pk for b in _counted(bureaus)]).annotate(
        _title=Coalesce(NullIf(first, Value("")), second)
    )
    known = counted.filter(total_investment__gt=0)
    largest = (
        known.filter(site__isnull=False)
        .order_by("-total_investment", "code")
        .annotate(_lon=Longitude(F("site")), _lat=Latitude(F("site")))
    )
    found = largest.values_list("_lon", "_lat", "code", "_title", "total_investment", "bureau_id")[:LARGEST]
    rows = [(*row[:4], row[4] or Decimal(0), row[5]) for row in found]  # never nothing: see above
    nowhere = Count("pk", filter=Q(site__isnull=True))
    everything = counted.order_by().aggregate(lost=nowhere, sited=Count("site", filter=Q(total_investment__gt=0)))
    unplaced = counted.filter(site__isnull=True).order_by("code").values_list("code", "_title", "total_investment")
    done = work_done_by_project(known, money_of)
    named = list(unplaced[:NAMED]) if everything["lost"] else []
    sites = _Sites(rows, everything["sited"], done, named, everything["lost"])
    return _circles(sites, bureaus, money_of, version=version)


def past_circles_document(
    pasts: Sequence[Past], bureaus: Sequence[Bureau], *, version: str, money_of: Collection[int]
) -> bytes:
    """The same of another day. No query."""
    keys = {bureau.pk for bureau in _counted(bureaus)}
    known = [(Decimal(past.document["total_investment"] or 0), past) for past in pasts if past.bureau.pk in keys]
    lost = sorted(
        ((past.document, total) for total, past in known if not past.document["site"]), key=lambda row: row[0]["code"]
    )
    unplaced = [
        (document["code"], in_reader_language(document["title_zh"], document["title_en"]), total)
        for document, total in lost[:NAMED]
    ]
    known = [(total, past) for total, past in known if total > 0]
    sited = [(total, past) for total, past in known if past.document["site"]]
    sited.sort(key=lambda found: (-found[0], found[1].document["code"]))
    rows = [
        (
            *(round(degrees, 6) for degrees in past.document["site"]["coordinates"]),
            past.document["code"],
            in_reader_language(past.document["title_zh"], past.document["title_en"]),
            total,
            past.bureau.pk,
        )
        for total, past in sited[:LARGEST]
    ]
    work = SpendingKind.WORK_DONE.value
    done = {past.document["code"]: spent(past.document, work) for _total, past in known if past.bureau.pk in money_of}
    return _circles(_Sites(rows, len(sited), done, unplaced, len(lost)), bureaus, money_of, version=version)


def _circles(sites: _Sites, bureaus: Sequence[Bureau], money_of: Collection[int], *, version: str) -> bytes:
    unit = large(currency_of(bureaus))
    rows = sites.largest
    may_read = [row[5] in money_of for row in rows]
    columns: dict[str, list[Any]] = {
        "lon": [row[0] for row in rows],
        "lat": [row[1] for row in rows],
        "code": [row[2] for row in rows],
        "title": [row[3] for row in rows],
        "value": [float(row[4]) for row in rows],
        "words": [
            _circle_words(unit, row[4], sites.done.get(row[2], Decimal(0)) if readable else None)
            for row, readable in zip(rows, may_read, strict=True)
        ],
    }
    if any(may_read):
        columns["done"] = [
            float(sites.done.get(row[2], 0)) if readable else None for row, readable in zip(rows, may_read, strict=True)
        ]
    notes = []
    if sites.lost:
        words = ngettext(
            "%(n)s project has no known location: it is in table and list only.",
            "%(n)s projects have no known location: they are in table and list only.",
            sites.lost,
        )
        notes.append(words % {"n": number(sites.lost)})
    if smaller := sites.sited - len(rows):
        notes.append(_("The %(n)s smallest are not drawn: narrow the filters.") % {"n": number(smaller)})
    return orjson.dumps(
        {
            "version": version,
            "heading": _("Sites"),
            "unit": {"size": float(unit.size), "words": unit.pattern},
            "sizes": [{"value": float(size), "words": unit.words(size)} for size in _sizes(columns["value"])],
            "parts": {"whole": _("ring: planned"), "done": _("filled: work done")} if any(may_read) else {},
            "notes": notes,
            "unplaced": {
                "count": sites.lost,
                "code": [code for code, _title, _total in sites.unplaced],
                "title": [title for _code, title, _total in sites.unplaced],
                "words": [
                    _circle_words(unit, total, None) if total else [_("investment not known")]
                    for _code, _title, total in sites.unplaced
                ],
            },
            **columns,
        }
    )


def _circle_words(unit: Unit, total: Decimal, done: Decimal | None) -> list[str]:
    words = [_("Investment %(amount)s") % {"amount": unit.words(total)}]
    if done is not None:
        values = {"amount": unit.words(done), "share": _percent(100 * done / total)}
        words.append(_("Value of work done %(amount)s, %(share)s") % values)
    return words


def _sizes(values: Sequence[float]) -> list[Decimal]:
    """Two round amounts that the legend draws: about the largest, and about a tenth of it."""
    if not values:
        return []
    most = Decimal(str(max(values)))
    return [roundest(most * Decimal("0.6"), most * Decimal("1.01")), roundest(most / 15, most / 6)]
