"""What a page needs to hold a map: the shell, the data block for the scripts, legend and filters.

``portal`` uses it too, so that the map on the front page is the map of ``/maps/status/``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from mapviews.basemaps import ground
from mapviews.extent import OF_THE_PAPER
from mapviews.filters import FilterForm, filter_form
from mapviews.legend import sections
from mapviews.maps import VIEWS, MapView
from mapviews.sides import SIDES, sides_in
from mapviews.styles import map_vocabulary
from mapviews.timeline import MONTH, told_in
from projects_api.choices import DelayReason, Status
from projects_api.models import Project, roles_of
from projects_api.past import when_in


def map_context(request: HttpRequest, view: MapView) -> dict[str, Any]:
    """The template context of ``mapviews/_map.html``, of constant size in the number of sites.

    The request's parameters must have been checked. At most 4 queries: roles, bureaus, regions, years.
    """
    form = filter_form(request, Project.objects.visible_to(request.user), own=view.parameters)
    asked = _without_blanks(request.GET, (*view.parameters, *OF_THE_PAPER))
    query = asked.urlencode()
    page_query = _without_blanks(request.GET, OF_THE_PAPER)
    today = _of_today(page_query)
    day = form.day(timezone.now())
    context, config = _own(request, form, view, day)
    files = _files(view)
    told = f"?{query}" if query else ""
    return {
        "view": view,
        "views": VIEWS.values(),
        "shell": view.shell,
        "files": files,
        "form": form,
        "first": {"data": reverse(view.first) + told, "script": reverse(f"{view.first}-script") + told},
        "query": query,
        "page_query": page_query.urlencode(),
        "query_of_today": _of_today(asked).urlencode(),
        "day_words": when_in(request.GET, day).words,
        "today_url": reverse(f"mapviews:{view.key}") + (f"?{today.urlencode()}" if today else ""),
        "map_config": map_config(form, query, roles_of(request.user), of_sites=not view.measures)
        | {**_later(files), "own": view.parameters, "measure": request.GET.get("measure", ""), **config},
        "legend": sections(view.legend),
        "approximate_example": Status.IN_USE.value,
        **context,
    }


def frame_context(view: MapView, *, query: str, bounds: Any, words: dict[str, str], **config: Any) -> dict[str, Any]:
    """For a page with a map but without filters: its shell, its files, and the data block with what is the page's own.

    ``query`` narrows what the map's layers fetch; ``bounds`` ([[south, west], [north, east]]) is the first view.
    """
    files = _files(view)
    own = frame_config(query, bounds)
    return {
        "shell": view.shell,
        "files": files,
        "map_config": {**own, **_later(files), **config, "words": {**own["words"], **words}},
    }


def _files(view: MapView) -> dict[str, str]:
    """The addresses of the frame's files, good for as long as they stay as they are."""
    version = view.shell.version
    names = ("boot", "later", "sheet", "later-sheet")
    return {name: f"{reverse(f'mapviews:{view.key}-{name}')}?v={version}" for name in names}


def _later(files: dict[str, str]) -> dict[str, str]:
    """What the scripts fetch when the marks stand."""
    return {"later": files["later"], "laterSheet": files["later-sheet"]}


def _own(request: HttpRequest, form: FilterForm, view: MapView, today: date) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the view's own parameters add to the template's context and to the scripts' data. Raises InvalidInput."""
    if view.parameters == SIDES:
        return _sides(request, form, view, today)
    if view.parameters == MONTH:
        told = told_in(request.GET)
        return {"told": told}, {"month": told.month, "way": told.way}
    return {}, {}


def _sides(request: HttpRequest, form: FilterForm, view: MapView, today: date) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the comparison adds to the template's context and to the scripts' data."""
    sides = sides_in(request.GET, today)
    filters = [(field.name, field.value) for field in form.fields if field.value]
    kept = [(name, value) for name, value in form.kept if name not in SIDES]
    layers = [("status", _("Projects by status")), ("light", _("What is late"))]
    two = sides[0].layer != sides[1].layer
    # Of a layer that neither shows there is nothing to explain; letters stand in the marks of status alone.
    unused = {"status", "light"} - {side.layer for side in sides}
    unused |= {"stage"} if "status" in unused else set()
    context = {
        "legend": sections(tuple(key for key in view.legend if key not in unused)),
        "sides": sides,
        "side_layers": layers,
        "two_layers": two,
        "layers_named": any(side.layer != "status" for side in sides),
        # Two layers are two readings of a site: of none it can be said that they differ.
        "question": _("What do two layers say of each site?") if two else "",
        "kept_filters": filters + kept,
        "today": today,
    }
    return context, {
        "sides": [
            {"name": s.name, "paint": s.layer, "query": s.query, "day": s.day and s.day.isoformat()} for s in sides
        ]
    }


def _without_blanks(query: QueryDict, own: Collection[str] = ()) -> QueryDict:
    """The filters that say something; a form sends its empty fields too."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if name in own:
            continue
        if filled := [value for value in values if value != ""]:
            kept.setlist(name, filled)
    return kept


def _of_today(query: QueryDict) -> QueryDict:
    """The same without another day, which not every map knows."""
    kept = query.copy()
    for name in ("as_of", "on"):
        kept.pop(name, None)
    return kept


def map_config(form: FilterForm, query: str, home: Collection[int], *, of_sites: bool = True) -> dict[str, Any]:
    """The data block ``#map-config``: everything that the map's scripts know, words included, as plain data."""
    return {**frame_config(query, form.first_view(home, of_sites=of_sites)), "home": form.county(home)}


def frame_config(query: str, bounds: Any) -> dict[str, Any]:
    """The part of it that every map has."""
    return {
        **map_vocabulary(),
        "reason": {"": _("No reason given"), **{reason.value: str(reason.label) for reason in DelayReason}},
        "language": "zh-CN" if (get_language() or "").startswith("zh") else "en-GB",
        "query": f"?{query}" if query else "",
        "bounds": bounds,
        "projectPath": reverse("project", args=["CODE"]),
        "schoolPath": reverse("school", args=["CODE"]),
        "searchUrl": reverse("mapviews:search"),
        "tiles": ground(),
        "words": _words(),
    }


def _counted(key: str, say: Callable[[int], str]) -> dict[str, str]:
    """Both forms of what is counted. As two single texts they would stay English: a catalogue holds them as a pair."""
    return {key: say(2), f"{key}_one": say(1)}


def _words() -> dict[str, str]:
    """The words of the scripts. ``…_one`` is the form for exactly one; ``%(name)s`` is filled in by the browser."""
    return {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "showAll": _("Show all sites"),
        "close": _("Close"),
        "loading": _("Loading the sites"),
        "retry": _("Try again"),
        "notLoaded": _("Not loaded: %(parts)s. %(why)s"),
        "offline": _("This device is offline."),
        "silent": _("Nothing has come for 30 seconds."),
        "brokenOff": _("The connection broke off, or the server does not answer."),
        "busy": _("The server is busy: try again in %(n)s seconds."),
        "fault": _("The server has a fault (%(status)s). If it stays so, tell the people who run it."),
        "refused": _("The server refused it (%(status)s)."),
        "notInFile": _("This file does not hold it."),
        "waiting": _("Waiting for the server …"),
        "coming": _("%(n)s KB have come …"),
        "empty": _("No project matches these filters."),
        "tooMany": _("These are more sites than this map can show at once. Narrow the filters."),
        "nowhere": _("None of these projects has a known location. They are listed beside the map."),
        "clear": _("Clear the filters"),
        **_counted("answer", lambda n: ngettext("%(n)s project: %(parts)s", "%(n)s projects: %(parts)s", n)),
        "summary": _("%(sites)s, %(clusters)s in view"),
        "summarySites": _("%(sites)s in view"),
        **_counted("sites", lambda n: ngettext("%(n)s site", "%(n)s sites", n)),
        **_counted("clusters", lambda n: ngettext("%(n)s cluster", "%(n)s clusters", n)),
        "clusterLabel": _("%(n)s sites here: %(parts)s. Press to look closer."),
        "comma": _(", "),
        "crowd": _("%(n)s projects at this place"),
        "more": _("%(n)s more: narrow the filters or look closer."),
        "progress": _("Progress"),
        "next": _("Next: %(milestone)s, due %(day)s"),
        "nextUndated": _("Next: %(milestone)s"),
        "details": _("Details"),
        **_counted("days", lambda n: ngettext("%(n)s day", "%(n)s days", n)),
        "nothingLost": _("No days were lost."),
        "play": _("Play"),
        "pause": _("Pause"),
        "expected": _("expected"),
        "knownNow": _("as it is known today"),
        **_counted(
            "unpromised",
            lambda n: ngettext(
                "%(n)s project has no baseline: nothing was promised of it.",
                "%(n)s projects have no baseline: nothing was promised of them.",
                n,
            ),
        ),
        "nothingPromised": _("Nothing was promised: none of these projects has a baseline."),
        "monthFigures": _("%(month)s: %(figures)s."),
        "reached": _("%(status)s %(n)s (promised %(promised)s)"),
        "reachedAlone": _("%(status)s %(n)s"),
        "reached_under_construction": _("begun"),
        "reached_accepted": _("accepted"),
        "reached_in_use": _("in use"),
        "today": _("today"),
        **_counted(
            "different",
            lambda n: ngettext("%(n)s of %(all)s sites is different.", "%(n)s of %(all)s sites are different.", n),
        ),
        **_counted(
            "readings",
            lambda n: ngettext("%(n)s site, as each layer has it.", "%(n)s sites, as each layer has them.", n),
        ),
        "first": _("The first %(n)s are listed."),
        "same": _("Nothing is different."),
        "notThere": _("not there"),
        "notCompared": _("What is different is told when both sides are loaded."),
        "tools": _("Map tools"),
        "later": _("Legend, list and tools"),
        "fullscreen": _("Full screen"),
        "leaveFullscreen": _("Leave full screen"),
        "locate": _("Where am I?"),
        "locating": _("Looking for your position"),
        "notLocated": _("Your position is not known: the device or the browser does not tell it."),
        "youAreHere": _("You are here, give or take %(n)s m."),
        "measure": _("Measure"),
        "measureHint": _("Press on the map: each press adds a point. Esc ends."),
        "measured": _("Distance %(length)s"),
        "measuredArea": _("Distance %(length)s, area %(area)s"),
        "undo": _("Take back the last point"),
        "endMeasure": _("End measuring"),
        "layers": _("Layers"),
        "layerBase": _("Base map"),
        "layerNoBase": _("none"),
        "baseFails": _("The base map does not answer. Everything else on this map works without it."),
        "layerMonths": _("Months"),
        "layerCounty": _("County boundary"),
        "layerSites": _("Sites"),
        "layerAreas": _("Townships"),
        "within": _("Lies in: "),
        "about": _("%(name)s (about)"),
        "layerAmounts": _("Amounts"),
        "layerSchools": _("Schools"),
        "colourBy": _("What the townships are coloured by"),
        "township": _("Township or subdistrict"),
        "sum": _("In all"),
        "approximateCell": _("dashed: an approximate cell around the township’s point, not its boundary"),
        "noCell": _("not on the map"),
        "notDrawn": _("townships not drawn, see the table"),
        "noCells": _("The townships are not drawn: the places of too few are known. Their figures are in the table."),
        **_counted(
            "notOnMap",
            lambda n: ngettext(
                "%(n)s township is not on the map: its place, or that of too many others, is not known.",
                "%(n)s townships are not on the map: their places, or those of too many others, are not known.",
                n,
            ),
        ),
        "amountsHere": _("%(n)s sites here, %(amount)s. Press to look closer."),
        "amountsJoined": _("Sites near each other are one circle: look closer to part them."),
        "graticule": _("Grid of degrees"),
        "copyLink": _("Copy the address of this view"),
        "searchLabel": _("Search by name"),
        "search": _("Search"),
        "searchHint": _("Name, pinyin or initials"),
        **_counted("searchFound", lambda n: ngettext("%(n)s found", "%(n)s found", n)),
        "searchNothing": _("Nothing found by this name."),
        "searchMore": _("There are more: type on."),
        "searchTownship": _("township"),
        "searchNoPlace": _("location unknown"),
        "searchUnlocated": _("%(name)s has no known location: it is in the list beside the map."),
        "copied": _("The address is copied."),
        "notCopied": _("The address could not be copied: it stands in the address bar."),
    }
