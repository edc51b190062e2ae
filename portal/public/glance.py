"""A project at a glance: what, where, for whom, how far, when it opens, whether late and why.

One for page, share picture, badge and embed. Only what anyone may read goes in: public columns, the stored outlook, public
stages. No query.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects_api.choices import STANDS_STILL, Light, Status
from projects_api.late_words import finished_words, later_words, overdue_words
from projects_api.models import Milestone, Project
from projects_api.schedule.baseline import HANDOVER, opening_of
from projects_api.selectors.schedule import settings_of, stored_outlook
from projects_api.wording import day, grouped

_NOTE = 140


@dataclass(frozen=True)
class Glance:
    """Words in the language of the moment; "" where there is nothing to say.

    ``opens``: the day on which it was or will be ready, None where no day is known; ``opened``: it is (``in_use``: handed over
    for use that day, not only accepted). ``stands``: that it is suspended or cancelled; ``stands_why``: the reason, where it was
    said. ``promised``: the day of the current baseline (``approved``), else of the plan, where it is another one or no day is
    known. ``late``: in words, behind that day; ``in_time``: measured, and not behind. ``reason``, ``why``: of the stage that
    lost most, where no reason is said why it stands.
    """

    what: str
    where: str
    places: str
    progress: int
    done: int
    stages: int
    now: str
    opens: date | None
    opened: bool
    in_use: bool
    stands: str
    stands_why: str
    promised: date | None
    approved: bool
    late: str
    in_time: bool
    light: str
    reason: str
    why: str
    misses_term: date | None

    @property
    def late_words(self) -> str:
        """``365 days later than promised: design change``."""
        if not (self.late and self.reason):
            return self.late
        return _("%(what)s: %(reason)s") % {"what": self.late, "reason": self.reason[:1].lower() + self.reason[1:]}

    @property
    def opens_words(self) -> str:
        """``Opens 20 August 2027``, for where there is one line."""
        if self.stands:
            if not self.stands_why:
                return self.stands
            why = self.stands_why[:1].lower() + self.stands_why[1:]
            return _("%(what)s: %(reason)s") % {"what": self.stands.rstrip(".。"), "reason": why}
        if self.opens is None:
            return _("no opening day known")
        since = _("in use since %(day)s") if self.in_use else _("ready since %(day)s")
        return (since if self.opened else _("opens %(day)s")) % {"day": day(self.opens)}


def glance_of(project: Project, milestones: Iterable[Milestone], today: date) -> Glance:
    """``milestones``: the public ones, in order. Needs bureau and region loaded."""
    stages = list(milestones)
    outlook, (calendar, _rules) = stored_outlook(project), settings_of(project.bureau)
    opening = opening_of(stages)
    opened = bool(opening and opening.actual) or outlook.over_on(today)
    stands = ""
    if project.status in STANDS_STILL:
        stands = _("The project is cancelled.") if project.status == Status.CANCELLED else _("work is suspended")
    finish = opening.actual if opening and opening.actual else outlook.finish_on(today, calendar)
    known = finish is not None
    dead = project.status == Status.CANCELLED and not opened
    promised = None if dead else outlook.measured_finish
    approved = bool(getattr(project, "is_promised", True))
    # Where no day is known, it is at least as late as today.
    until = finish or (max(today, promised) if promised else None)
    slip = (until - promised).days if until and promised else None
    halted = bool(stands and not opened and project.status_reason)
    lost = None if halted else _lost_most(stages, opened)  # one reason: why it stands, not why it was late before
    upcoming = next((m for m in stages if m.key == project.next_milestone), None)
    applicable = [m for m in stages if m.state != "not_applicable"]
    return Glance(
        what=_what(project),
        where=project.address or project.region.name,
        places=_places(project),
        progress=project.progress,
        done=sum(m.state == "met" for m in applicable),
        stages=len(applicable),
        now=upcoming.title if upcoming and not stands else "",
        opens=finish,
        opened=opened,
        in_use=project.status == Status.IN_USE and opening is not None and opening.key == HANDOVER,
        stands=stands if not opened else "",
        stands_why=project.get_status_reason_display() if stands and not opened else "",
        promised=promised if slip or not known else None,
        approved=approved,
        late=_late(slip, opened, known, approved),
        in_time=slip is not None and slip <= 0 and known,
        light=Light.NONE.value if stands else outlook.light_on(today).value,
        reason=lost.get_delay_reason_display() if lost else "",
        why=_short(lost.delay_note) if lost else "",
        misses_term=project.needed_by if outlook.misses_term_on(today) and not opened else None,
    )


def _what(project: Project) -> str:
    words = [project.get_stage_display() if project.stage else "", project.get_kind_display()]
    return " · ".join(word for word in words if word)


def _places(project: Project) -> str:
    places = ngettext("%(n)s place", "%(n)s places", project.places or 0) % {"n": grouped(project.places)}
    if not project.places:
        places = ""
    if not project.classes:
        return places
    classes = ngettext("%(n)s class", "%(n)s classes", project.classes) % {"n": project.classes}
    return _("%(places)s in %(classes)s") % {"places": places, "classes": classes} if places else classes


def _lost_most(stages: list[Milestone], opened: bool) -> Milestone | None:
    """The stage whose reason explains most: of those still open the one that lost most days, else of all."""
    told = [m for m in stages if m.delay_reason]
    still = [m for m in told if not m.actual]
    return max(told if opened else still or told, key=lambda m: (m.days_lost or 0, -m.position), default=None)


def _late(slip: int | None, opened: bool, known: bool, approved: bool) -> str:
    if slip is None or slip <= 0:
        return ""
    if opened:
        return finished_words(slip)
    return later_words(slip, promised=approved) if known else overdue_words(slip)


def _short(text: str) -> str:
    return text if len(text) <= _NOTE else text[: _NOTE - 1].rstrip() + "…"
