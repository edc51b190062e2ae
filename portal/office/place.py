"""``/projects/{code}/place/``: where a project is, to be pasted, typed or drawn, looked at on a map, and only then saved."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mapviews.maps import PLACE
from mapviews.pages import frame_context
from portal.office.acting import Refusal, attempt, done, project_for, signed_in, version_in
from portal.office.fields import Faults, Field
from portal.office.place_form import PlaceForm, as_text, moved_words
from portal.office.place_words import place_words
from projects_api.choices import LocationPrecision
from projects_api.coordinates import area, system_name
from projects_api.filtersets import checked_query
from projects_api.models import LedgerEntry, Project
from projects_api.selectors.place_history import PlaceChange, newest_place_change
from projects_api.services.places import place_restore
from projects_api.services.projects import project_change
from projects_api.services.sites import apart
from projects_api.text import clean_text
from projects_api.wording import precision_words

RIGHT = "project.change"
REASON = 300  # characters
_AROUND = 0.006  # degrees beside the place in the first view, about 600 m


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: HttpRequest, code: str) -> HttpResponse:
    """4 queries to look (and the roles); a preview costs one more, a save what a project's change costs."""
    checked_query(request.GET, known=())
    found = project_for(request, code, RIGHT)
    if request.method != "POST":
        return _page(request, found, PlaceForm(found))
    act = request.POST.get("act", "")
    if act == "undo":
        return _write(request, found, PlaceForm(found), _undo, _("The place is again as it was before."))
    form = PlaceForm(found, request.POST)
    if act == "save":
        return _write(request, found, form, _save, _("The place is saved."))
    refusal = attempt(form.read)
    return _page(request, found, form, refusal, preview=refusal is None)


def _write(request: HttpRequest, found: Project, form: PlaceForm, act: Any, words: str) -> HttpResponse:
    entries: list[LedgerEntry | None] = []
    refusal = attempt(lambda: entries.append(act(request, found, form)))
    if not entries:
        fresh = project_for(request, found.code, RIGHT)
        if fresh.version != found.version or (refusal and refusal.status == 412):
            # What was typed is held against the place as it stands now.
            form = PlaceForm(fresh, request.POST if request.POST.get("act") == "save" else None)
            attempt(form.read)
        return _page(request, fresh, form, refusal)
    return done(request, words if entries[0] else _("Nothing changed."), reverse("project-place", args=[found.code]))


def _apart(project: Project) -> str:
    away = apart(project.site, project.footprint)
    words = _("The outline lies %(km)s km from the site: one of the two is wrong.")
    return words % {"km": f"{away / 1000:.1f}"} if away else ""


def _save(request: HttpRequest, found: Project, form: PlaceForm) -> LedgerEntry | None:
    return project_change(
        project_id=found.pk,
        actor=signed_in(request),
        at=timezone.now(),
        expected=version_in(request.POST),
        changes=form.changes(),
        reason=clean_text(form.reason, pointer="/reason", max_length=REASON),
    )


def _undo(request: HttpRequest, found: Project, form: PlaceForm) -> LedgerEntry | None:
    return place_restore(
        project_id=found.pk,
        actor=signed_in(request),
        at=timezone.now(),
        expected=version_in(request.POST),
        reason=clean_text(request.POST.get("reason", ""), pointer="/reason", max_length=500),
    )


def _page(
    request: HttpRequest, found: Project, form: PlaceForm, refusal: Refusal | None = None, *, preview: bool = False
) -> HttpResponse:
    stale = refusal is not None and refusal.status == 412
    faults: Faults = refusal.faults if refusal else {}
    change = newest_place_change(found)
    sent = request.POST.get("version")
    context: dict[str, Any] = {
        "project": found,
        "form": form,
        "version": found.version if stale or sent is None else sent,
        "systems": form.systems(),
        "precisions": LocationPrecision.choices,
        "precision_faults": faults.get("/location_precision", []),
        "accuracy": Field(
            "accuracy", _("Exact to how many metres?"), form.accuracy, faults=faults.get("/site_accuracy", [])
        ),
        "reason": Field("reason", _("Reason"), form.reason, faults=faults.get("/reason", [])),
        "apart": _apart(found),
        "refusal": refusal,
        "faults": form.set_faults(dict(faults)),
        "stale": stale,
        "preview": preview and any(box.changed for box in form.boxes),
        "nothing": preview and not any(box.changed for box in form.boxes),
        "recorded": _recorded(found),
        "change": change,
        "before": _before(found, change) if change else [],
        **frame_context(
            PLACE,
            query=f"bureau={found.bureau.code}",
            bounds=_first_view(found),
            words=place_words(),
            place={"bureau": found.bureau.code, **{box.name: box.recorded for box in form.boxes}},
        ),
    }
    return render(request, "office/place.html", context, status=refusal.status if refusal else 200)


def _first_view(found: Project) -> list[list[float]]:
    """The site and its outline with some land around, else the bureau's county."""
    shapes = [shape.extent for shape in (found.site, found.footprint) if shape]
    if not shapes:
        bureau = found.bureau
        return [[bureau.south, bureau.west], [bureau.north, bureau.east]]
    west, south, east, north = (
        pick(values) for pick, values in zip((min, min, max, max), zip(*shapes, strict=True), strict=True)
    )
    return [[south - _AROUND, west - _AROUND], [north + _AROUND, east + _AROUND]]


def _recorded(found: Project) -> list[tuple[str, str]]:
    """What stands in the record, in words."""
    facts = []
    if found.site:
        facts.append((_("Site (WGS84)"), as_text([[(found.site.x, found.site.y)]])))
        facts.append((_("How well known"), precision_words(found.location_precision, found.site_accuracy)))
        if found.site_crs:
            facts.append((_("Came in"), system_name(found.site_crs)))
    else:
        facts.append((_("Site (WGS84)"), _("not on the map yet")))
    if found.footprint:
        rings: Any = found.footprint.coords
        values = {"n": len(rings[0]) - 1, "area": f"{area(rings):,.0f}"}
        facts.append((_("Outline of the land"), _("%(n)s corners, %(area)s m²") % values))
        if found.footprint_crs:
            facts.append((_("The outline came in"), system_name(found.footprint_crs)))
    return facts


def _before(found: Project, change: PlaceChange) -> list[str]:
    """What undoing the newest change would bring back, in words."""
    site, outline = change.before["site"], change.before["footprint"]
    words = []
    if not site:
        words.append(_("Before, the site was not on the map."))
    elif found.site is None:
        words.append(_("Before, the site was at %(place)s.") % {"place": as_text([[site["coordinates"]]])})
    else:
        here = (found.site.x, found.site.y)
        if moved := _moved(here, tuple(site["coordinates"])):
            words.append(moved)
    now = [[list(position) for position in ring] for ring in found.footprint.coords] if found.footprint else None
    rings: Any = outline["coordinates"] if outline else None
    if _rounded(now) != _rounded(rings):
        size = f"{area(rings):,.0f}" if rings else ""
        words.append(
            _("Before, the outline had %(area)s m².") % {"area": size} if rings else _("Before, there was no outline.")
        )
    precision, accuracy = change.before["location_precision"], change.before.get("site_accuracy")
    if precision and (precision, accuracy) != (found.location_precision, found.site_accuracy):
        words.append(_("Before: %(precision)s.") % {"precision": precision_words(precision, accuracy)})
    return words


def _moved(here: tuple[float, float], there: tuple[float, ...]) -> str:
    lon, lat = there
    if (round(here[0], 7), round(here[1], 7)) == (lon, lat):
        return ""
    return _("Before, the site was %(where)s.") % {"where": moved_words(here, (lon, lat))}


def _rounded(rings: Any) -> Any:
    return [[[round(x, 7), round(y, 7)] for x, y in ring] for ring in rings] if rings else None
