"""The computed schedule on the pages: a project's Gantt chart and S-curve, a year's wall chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.charts.gantt import GanttRow, gantt_chart
from portal.charts.scurve import CurvePoint, points_behind, scurve_chart
from portal.charts.wall import WallRow, wall_chart
from projects_api.choices import STANDS_STILL, MilestoneState, PlanTarget, Status
from projects_api.late_words import project_words
from projects_api.models import LedgerEntry, Milestone, Project
from projects_api.models.milestones import milestone_title
from projects_api.past import When
from projects_api.schedule.baseline import Measure
from projects_api.schedule.calendar import WorkCalendar
from projects_api.schedule.curve import Point, share
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.forecast import still_known
from projects_api.selectors.documents import build_document
from projects_api.selectors.moment import read_once
from projects_api.selectors.plans import PlanCurve, PlanProject
from projects_api.selectors.reported import reports_in
from projects_api.selectors.schedule import Schedule, schedule_of, settings_of

SHORTEST_STOP = 7  # days without work that are worth shading
# The nodes of a year's wall: those that a leader asks for, at most four a project.
NODES = ("commencement", "topping_out", "works", "completion_acceptance", "acceptance", "handover")
MAX_NODES = 4


@read_once(lambda project, milestones, today, chain: (project.pk, today))
def project_schedule(
    project: Project, milestones: Sequence[Milestone], today: date, chain: Sequence[LedgerEntry]
) -> Schedule:
    """Needs the bureau loaded; ``chain``: the project's whole one. Two queries: baselines, and the bureau's own record of
    finished stages."""
    baselines = project.baselines.select_related("approved_by").order_by("number")
    document = build_document(project, milestones=milestones, baselines=baselines)
    reported = project.bureau.day_of(project.heard_at)
    told = reports_in(((entry.at, entry.patch) for entry in chain), project.bureau.day_of)
    return schedule_of(document, project.bureau, today=today, reported=reported, pk=project.pk, reports=told)


def charts(project: Project, schedule: Schedule, shown: Sequence[Milestone]) -> dict[str, Any]:
    """``gantt``, ``scurve`` and ``outlook`` for the project's page; only the milestones in ``shown`` appear."""
    calendar, _rules = settings_of(project.bureau)
    titles = {m.key: m.title for m in shown}
    dead, stands = project.status == Status.CANCELLED, project.status in STANDS_STILL
    rows = [
        _gantt_row(facts, schedule, titles, dead=dead, stands=stands)
        for facts in schedule.stages
        if facts.key in titles
    ]
    days = [day for row in rows for day in (row.forecast_start, row.forecast_finish) if day]
    measure, points = schedule.measure, curve_points(schedule.curve)
    return {
        "gantt": gantt_chart(
            rows,
            today=schedule.today,
            needed_by=None if dead else schedule.needed_by,
            closed=stops(calendar, min(days), max(days)) if days else [],
            baseline_name=measure_name(measure),
        ),
        "scurve": scurve_chart(
            [p | {"forecast": None} for p in points] if stands else points,
            today=schedule.today,
            needed_by=None if dead else schedule.needed_by,
            measured=not dead,
        ),
        "outlook": None if dead else _outlook(schedule, calendar),
    }


def curve_points(points: Sequence[Point]) -> list[CurvePoint]:
    return [{"day": p.day, "planned": p.planned, "actual": p.actual, "forecast": p.forecast} for p in points]


def year_curve(curve: PlanCurve, when: When, *, key: str = "scurve") -> dict[str, Any]:
    """The context of ``public/_year_curve.html``; ``key`` tells the curves of one page apart."""
    word = _("that day") if when.given else _("today")
    chart = scurve_chart(curve_points(curve.points), today=when.day, day_word=word, key=key)
    return {"scurve": chart, "by_investment": curve.by_investment, "left_out": len(curve.left_out)}


def measure_name(measure: Measure | None) -> str:
    if measure is None:
        return ""
    return _("baseline %(number)s") % {"number": measure.number} if measure.number else _("plan, not yet approved")


def _gantt_row(
    facts: MilestoneFacts, schedule: Schedule, titles: dict[str, str], *, dead: bool, stands: bool
) -> GanttRow:
    """``stands``: of a project that is suspended or cancelled (``dead``), whose open stages are expected on no day, like those
    of which no day is known."""
    expected = schedule.forecast.stages[facts.key]
    span = schedule.measure.spans.get(facts.key) if schedule.measure else None
    is_open = facts.actual is None
    unknown = is_open and still_known(schedule.stages, facts.key, expected.finish, schedule.today) is None
    awaited = not (is_open and stands) and not unknown
    return GanttRow(
        key=facts.key,
        title=titles[facts.key],
        baseline_start=span.start if span else None,
        baseline_finish=span.finish if span else None,
        forecast_start=expected.start if awaited else None,
        forecast_finish=expected.finish if awaited else None,
        actual_start=facts.started or (expected.start if facts.actual else None),
        actual_finish=facts.actual,
        percent=facts.percent,
        critical=expected.critical and facts.actual is None and awaited,
        float_days=expected.total_float if awaited else None,
        slip_days=expected.slip_days if awaited else None,
        state=facts.state.value,
        state_word=str(MilestoneState(facts.state).label) if not (is_open and dead) else _("given up"),
        public=facts.public,
        links=[link.after for link in facts.links if link.after in titles],
    )


def _outlook(schedule: Schedule, calendar: WorkCalendar) -> dict[str, Any]:
    """``over``: it is ready, and ``finish`` a fact."""
    found, today = schedule.outlook, schedule.today
    finish, promised = found.finish_on(today, calendar), found.measured_finish
    slip = (finish - promised).days if finish and promised else None
    return {
        "light": found.light_on(today).value,
        "finish": finish,
        "over": found.over_on(today),
        "promised": promised,
        "measure": measure_name(schedule.measure),
        "slip": slip,
        "slip_words": project_words(slip, over=found.over_on(today), known=finish is not None),
        "behind": _points(schedule.curve),
        "misses_term": found.misses_term_on(today),
        "needed_by": schedule.needed_by,
        "stale": found.stale_on(today),
    }


def _points(curve: Sequence[Point]) -> str:
    """How many percentage points the work is behind, as the curve beside it tells them: "3", "2.6"; "" where it is not."""
    last = next((point for point in reversed(curve) if point.actual is not None), None)
    if last is None or last.planned is None or last.actual is None:
        return ""
    gap = points_behind(last.planned, last.actual)
    return f"{gap:g}" if gap > 0 else ""


def stops(calendar: WorkCalendar, first: date, last: date) -> list[tuple[date, date]]:
    """The stops of at least a week between two days, inclusive."""
    found, begun = [], None
    for number in range((last - first).days + 2):
        day = first + timedelta(days=number)
        closed = day <= last and not calendar.is_working(day)
        if closed and begun is None:
            begun = day
        elif not closed and begun is not None:
            if (day - begun).days >= SHORTEST_STOP:
                found.append((begun, day - timedelta(days=1)))
            begun = None
    return found


def wall(projects: Sequence[PlanProject], *, year: int, when: When, public: bool) -> dict[str, Any]:
    """The wall chart of a plan's projects. No query."""
    order = {target: place for place, target in enumerate(PlanTarget.values)}
    ordered = sorted(projects, key=lambda p: (order.get(p.target, len(order)), p.code))
    rows = [_wall_row(p, public=public) for p in ordered]
    return wall_chart(rows, year=year, today=when.day, day_word=_("that day") if when.given else _("today"))


def _wall_row(project: PlanProject, *, public: bool) -> WallRow:
    measure, expected, today, known = project.measure, project.forecast, project.day, project.facts
    shown = [f for f in known.stages if f.key in expected.stages and (f.public or not public)]
    spans = [measure.spans[f.key] for f in shown if measure and f.key in measure.spans]
    done = [day for f in shown for day in (f.started, f.actual) if day]
    open_ = [expected.stages[f.key] for f in shown if f.actual is None]
    bars: list[tuple[str, date, date]] = []
    dead, stands = project.status == Status.CANCELLED, project.stands_still
    if spans:
        bars.append(("baseline", min(s.start for s in spans), max(s.finish for s in spans)))
    if done:
        bars.append(("actual", min(done), max(done) if dead or not open_ else min(today, max(*done, today))))
    if open_ and not stands:
        bars.append(("forecast", max(today, min(s.start for s in open_)), max(today, *(s.finish for s in open_))))
    marks = []
    titles = {key: milestone_title(key, *known.titles[key]) for key in NODES if key in known.titles}
    for key in [key for key in NODES if any(f.key == key for f in shown)][:MAX_NODES]:
        stage = next(f for f in shown if f.key == key)
        if measure and key in measure.spans:
            marks.append((measure.spans[key].finish, "planned", titles[key]))
        if stage.actual:
            marks.append((stage.actual, "met", titles[key]))
        elif not stands:
            marks.append((expected.stages[key].finish, "expected", titles[key]))
    calendar, _rules = settings_of(project.bureau)
    over, finish = project.outlook.over_on(today), project.outlook.finish_on(today, calendar)
    return WallRow(
        code=project.code,
        title=project.title,
        url=reverse("project", args=[project.code]),
        region=project.region,
        light=project.light.value,
        light_word=str(project.light.label),
        progress=project.progress,
        planned_progress=round(share(list(measure.spans.values()), today)) if measure and measure.spans else None,
        bars=bars,
        marks=marks,
        finish=finish,
        over=over,
        slip_days=project.outlook.slip_on(today, calendar),
        suspended=project.status == Status.SUSPENDED,
        since=project.status_since,
        leader=project.leader,
        group=str(PlanTarget(project.target).label) if project.target else "",
    )
