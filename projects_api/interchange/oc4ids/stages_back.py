"""The stages of an OC4IDS project, read back: milestones with what the metrics say of them, and baselines."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import DelayReason, MilestoneState
from projects_api.drafts import BaselineDraft, MilestoneDraft
from projects_api.errors import InvalidInput
from projects_api.interchange.oc4ids import terms
from projects_api.interchange.oc4ids.nodes import Node
from projects_api.schedule.facts import links_of
from projects_api.schedule.network import MAX_DURATION, Activity, check_network

# What a package knows of a stage. Its place in the order is not among them: it is the order of the list.
KNOWN = frozenset(
    {
        "title_zh", "title_en", "started", "planned", "forecast", "actual", "percent", "weight", "state", "delay_reason",
        "delay_note", "illustrative", "duration", "shortest", "longest", "after", "needs_acceptance", "limit",
    }
)  # fmt: skip
FINISHED = ("met", "reported")
LINK = re.compile(r"([-a-zA-Z0-9_]{1,60}) (FS|SS) (\d{1,4})", re.ASCII)
LIMIT = re.compile(r"([-a-zA-Z0-9_]{1,60})(?: (\d{1,4}) months)?(?: (\d{1,4}) days)?", re.ASCII)
STAGE = "stage-"

Observations = dict[str, Node]


class Metrics:
    """The metrics of a project by id, and their observations by id."""

    def __init__(self, project: Node) -> None:
        self.forecasts = project.member("forecasts").by("id")
        self.metrics = project.member("metrics").by("id")
        self._empty = Node(None, "", project.faults)

    def observed(self, name: str, *, forecast: bool = False) -> Observations:
        found = (self.forecasts if forecast else self.metrics).get(name)
        return found.member("observations").by("id") if found else {}

    def one(self, name: str, key: str, *, forecast: bool = False) -> Node:
        return self.observed(name, forecast=forecast).get(key, self._empty)


def milestones(project: Node, metrics: Metrics, language: str) -> tuple[MilestoneDraft, ...]:
    """In the order of the list. Stages that wait for each other, or for none that is there, are a fault."""
    nodes = project.member("milestones")
    plan = metrics.observed(terms.STAGE_PLAN, forecast=True)
    forecast = metrics.observed(terms.FORECAST, forecast=True)
    done = metrics.observed(terms.STAGE_PROGRESS)
    late = metrics.observed(terms.DELAYS)
    none = Node(None, nodes.pointer, project.faults)
    found = []
    for position, (key, node) in enumerate(nodes.by("id").items(), start=1):
        if not node.member("id").slug():
            continue
        parts = [part.get(key, none) for part in (plan, forecast, done, late)]
        found.append(milestone(key, position, node, *parts, language=language))
    activities = [Activity(m.key, m.duration or 0, links_of(m.after)) for m in found]
    try:
        check_network(activities, nodes.pointer)
    except InvalidInput as error:
        project.faults.extend(error.errors)
    return tuple(found)


def milestone(
    key: str, position: int, node: Node, plan: Node, forecast: Node, done: Node, late: Node, *, language: str
) -> MilestoneDraft:
    state = done.member("notes").choice(MilestoneState.values)
    if not state:
        state = terms.STATES_BACK.get(node.member("status").choice(terms.STATES_BACK), "scheduled")
    actual = done.at("period", "endDate").day() or (node.member("dateMet").day() if state == "met" else None)
    started = done.at("period", "startDate").day()
    percent = done.member("measure").whole(100) or 0
    if state in FINISHED:
        percent = 100
        if actual is None:
            node.fault("required", _("A milestone that is met needs its actual date and 100 percent."))
    elif actual is not None and state != "not_met":
        node.fault("invalid", _("A milestone with an actual date is met, reported or not met."))
    elif actual is not None:
        percent = 100
    elif percent == 100:
        node.fault("required", _("100 percent means that it is met: give the actual date."))
    elif state in (MilestoneState.SCHEDULED, MilestoneState.NOT_APPLICABLE) and (percent or started):
        node.fault("invalid", _("A milestone that is begun is no longer scheduled."))
    if started and actual and actual < started:
        done.fault("invalid", _("A milestone cannot be met before it was started."))
    reason, note = late.member("measure").choice(DelayReason.values), late.member("notes").prose(500)
    if reason == "other" and not note:
        late.fault("required", _('The reason "other" needs an explanation.'))
    if note and not reason:
        late.fault("required", _("An explanation of a delay needs its reason."))
    title_zh, title_en = titles(node, plan.member("notes").prose(5000).split("; "), language)
    weight = plan.member("measure").whole(100)
    return MilestoneDraft(
        key=key,
        position=position,
        title_zh=title_zh,
        title_en=title_en,
        started=started,
        planned=node.member("dueDate").day(),
        forecast=forecast.at("period", "endDate").day(),
        actual=actual,
        percent=percent,
        weight=1 if weight is None else weight,
        state=state,
        delay_reason=reason,
        delay_note=note,
        **planned_work(plan.member("notes")),
    )


def titles(node: Node, notes: list[str], language: str) -> tuple[str, str]:
    """``description`` is the name in the other language."""
    own, other = node.member("title").line(100), node.member("description").line(100)
    if terms.TITLE_OTHER in notes:
        own, other = "", own
    elif terms.TITLE_STANDARD in notes:
        own = ""
    return (own, other) if language == "zh" else (other, own)


def planned_work(notes: Node) -> dict[str, Any]:
    """`stages.plan_notes`, read back. Notes that say something else are somebody else's, and say nothing of this."""
    found: dict[str, Any] = {}
    for part in notes.prose(5000).split("; "):
        name, _equals, value = part.partition("=")
        if name in ("duration", "shortest", "longest") and value.isascii() and value.isdigit() and len(value) < 5:
            found[name] = int(value)
        elif name == "after":
            links = [LINK.fullmatch(link) for link in value.split(", ")]
            found["after"] = {link[1]: {"kind": link[2], "lag": int(link[3])} for link in links if link}
        elif name == "limit" and (limit := LIMIT.fullmatch(value)):
            spans = {"months": limit[2], "days": limit[3]}
            found["limit"] = {"after": limit[1]} | {unit: int(n) for unit, n in spans.items() if n}
        elif part == "acceptance=needed":
            found["needs_acceptance"] = True
        elif part == terms.ILLUSTRATIVE_NOTE:
            found["illustrative"] = True
    days = [found.get(name) for name in ("shortest", "duration", "longest")]
    known = [n for n in days if n is not None]
    if known != sorted(known) or any(n > MAX_DURATION for n in known):
        notes.fault("out_of_range", _("Durations: shortest, usual and longest, in this order, in working days."))
    return found


def baselines(metrics: Metrics) -> tuple[BaselineDraft, ...]:
    found = []
    for key, node in metrics.forecasts.items():
        number = key.removeprefix(terms.BASELINE)
        if (
            number != key
            and number.isascii()
            and number.isdigit()
            and len(number) < 5
            and (draft := baseline(int(number), node))
        ):
            found.append(draft)
    return tuple(sorted(found, key=lambda draft: draft.number))


def baseline(number: int, node: Node) -> BaselineDraft | None:
    before = len(node.faults)
    seen = node.member("observations").by("id")
    none = Node(None, f"{node.pointer}/observations", node.faults)
    approved, finish = seen.get("approved", none), seen.get("finish", none)
    approved_at, last = approved.at("period", "startDate").moment(), finish.at("period", "endDate").day()
    reason = node.member("description").prose(500)
    stages: dict[str, Any] = {}
    for key, stage in seen.items():
        if not key.startswith(STAGE):
            continue
        start, end = stage.at("period", "startDate").day(), stage.at("period", "endDate").day()
        weight = stage.member("measure").whole(100)
        if start is None or end is None or end < start or weight is None:
            stage.fault("required", _("A stage of a baseline needs its start, its end and its weight."))
        else:
            stages[key.removeprefix(STAGE)] = {"start": start.isoformat(), "finish": end.isoformat(), "weight": weight}
    if approved_at is None or last is None or not reason or not stages:
        node.fault("required", _("A baseline needs when and why it was approved, its finish and its stages."))
    if len(node.faults) > before:
        return None
    assert approved_at is not None and last is not None
    illustrative = approved.member("notes").line(300) == terms.ILLUSTRATIVE_NOTE
    return BaselineDraft(number, approved_at, reason, last, stages, illustrative)
