"""A project's stages: milestones, their plan and progress as metrics, baselines as forecasts, a new baseline as a change."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _

from projects_api.choices import STAGE_NAMES, DelayReason
from projects_api.interchange.oc4ids import terms
from projects_api.interchange.oc4ids.values import Json, filled, period, start_of
from projects_api.interchange.oc4ids.words import label, said
from projects_api.schedule.facts import links_of

Stages = list[tuple[str, Json]]


def in_order(document: Json) -> Stages:
    return sorted(document["milestones"].items(), key=lambda item: (item[1]["position"], item[0]))


def title_of(key: str, facts: Json, language: str) -> tuple[str, str]:
    """The stage's name in the project's language, and in the other one where it has both ("" else)."""
    own, other = (facts["title_zh"], facts["title_en"]) if language == "zh" else (facts["title_en"], facts["title_zh"])
    if own:
        return own, other
    return other or STAGE_NAMES.get(key, ("", ""))[0 if language == "zh" else 1], ""


def title_note(facts: Json, language: str) -> str:
    """Where the title is not the stage's own in the project's language: whose it is."""
    own, other = (facts["title_zh"], facts["title_en"]) if language == "zh" else (facts["title_en"], facts["title_zh"])
    return "" if own else terms.TITLE_OTHER if other else terms.TITLE_STANDARD


def milestones(stages: Stages, language: str, zone: str) -> list[Json]:
    return [milestone(key, facts, language, zone) for key, facts in stages]


def milestone(key: str, facts: Json, language: str, zone: str) -> Json:
    """``description`` is the name in the other language. What is only reported is not yet met."""
    title, other = title_of(key, facts, language)
    met = facts["state"] == "met"
    return filled(
        id=key,
        title=title,
        type=terms.MILESTONE_TYPES.get(key, "delivery"),
        description=other,
        code=terms.MILESTONE_CODES.get(key),
        dueDate=facts["planned"] and start_of(facts["planned"], zone),
        dateMet=facts["actual"] and start_of(facts["actual"], zone) if met else None,
        status=terms.MILESTONE_STATUSES.get(facts["state"]),
    )


# --- forecasts ---


def stage_plan(stages: Stages, language: str) -> Json:
    """Each stage's share of the whole, and in ``notes`` what the schedule knows of it (`plan_notes`)."""
    seen = [
        filled(id=key, measure=facts["weight"], unit=terms.WEIGHT, notes=plan_notes(facts, language))
        for key, facts in stages
    ]
    return filled(id=terms.STAGE_PLAN, title=said(_("Plan of the stages"), language), observations=seen)


def plan_notes(facts: Json, language: str) -> str:
    """``duration=100; shortest=70; longest=150; after=foundations FS 0, infill SS 20; limit=construction_permit 3 months;
    acceptance=needed; illustrative=yes; title=other``, each only where there is something to say."""
    found = [f"{name}={facts[name]}" for name in ("duration", "shortest", "longest") if facts.get(name) is not None]
    if after := facts.get("after"):
        found.append("after=" + ", ".join(f"{link.after} {link.kind} {link.lag}" for link in links_of(after)))
    if limit := facts.get("limit"):
        spans = [f"{limit[unit]} {unit}" for unit in ("months", "days") if limit.get(unit)]
        found.append(" ".join([f"limit={limit['after']}", *spans]))
    if facts.get("needs_acceptance"):
        found.append("acceptance=needed")
    if facts["illustrative"]:
        found.append(terms.ILLUSTRATIVE_NOTE)
    if note := title_note(facts, language):
        found.append(note)
    return "; ".join(found)


def current_forecast(stages: Stages, language: str, zone: str) -> Json | None:
    seen = [{"id": key, "period": period(None, facts["forecast"], zone)} for key, facts in stages if facts["forecast"]]
    if not seen:
        return None
    return {"id": terms.FORECAST, "title": said(_("Current forecast of the stages"), language), "observations": seen}


def baselines(document: Json, language: str, zone: str) -> list[Json]:
    """Each baseline that the public sees: its days by stage, when it was approved, when all was to be ready."""
    return [
        baseline(number, facts, language, zone)
        for number, facts in sorted(document.get("baselines", {}).items(), key=lambda item: int(item[0]))
    ]


def baseline(number: str, facts: Json, language: str, zone: str) -> Json:
    seen: list[Json] = [
        filled(
            id="approved",
            period={"startDate": facts["approved_at"]},
            notes=terms.ILLUSTRATIVE_NOTE if facts["illustrative"] else "",
        ),
        {"id": "finish", "period": period(None, facts["finish"], zone)},
    ]
    for key, stage in facts["stages"].items():
        seen.append(
            filled(
                id=f"stage-{key}",
                period=period(stage.get("start"), stage.get("finish"), zone),
                measure=stage.get("weight"),
                unit=terms.WEIGHT if stage.get("weight") is not None else None,
            )
        )
    title = said(_("Baseline %(number)s"), language) % {"number": number}
    return {"id": f"{terms.BASELINE}{number}", "title": title, "description": facts["reason"], "observations": seen}


# --- metrics ---


def stage_progress(stages: Stages, language: str, zone: str) -> Json | None:
    """What is done of each stage that has begun: from its first day to its last, in percent, the exact state in ``notes``."""
    seen = []
    for key, facts in stages:
        if facts["state"] == "scheduled" and not facts["percent"] and not facts["started"]:
            continue
        seen.append(
            filled(
                id=key,
                period=period(facts["started"], facts["actual"], zone),
                measure=facts["percent"],
                unit=terms.PERCENT,
                notes=facts["state"],
            )
        )
    if not seen:
        return None
    return {"id": terms.STAGE_PROGRESS, "title": said(_("Progress of the stages"), language), "observations": seen}


def delays(stages: Stages, language: str) -> Json | None:
    """Why a stage is late: the code, and the explanation."""
    seen = [
        filled(id=key, measure=facts["delay_reason"], notes=facts["delay_note"])
        for key, facts in stages
        if facts["delay_reason"] or facts["delay_note"]
    ]
    if not seen:
        return None
    return {"id": terms.DELAYS, "title": said(_("Reasons for delay"), language), "observations": seen}


def told_delays(stages: Stages, language: str) -> str:
    """The same in one line, for `completion.endDateDetails`."""
    told = []
    for key, facts in stages:
        if facts["delay_reason"]:
            why = [label(DelayReason, facts["delay_reason"], language), facts["delay_note"]]
            told.append(f"{title_of(key, facts, language)[0] or key}: {' – '.join(filter(None, why))}")
    return "; ".join(told)


# --- what changed, and the planned periods ---


def modifications(document: Json, zone: str) -> list[Json]:
    """A baseline after the first one: the dates were promised anew, and this is why."""
    found = sorted(document.get("baselines", {}).items(), key=lambda item: int(item[0]))
    changes = []
    for (_old, before), (number, after) in zip(found, found[1:], strict=False):
        changes.append(
            filled(
                id=f"{terms.BASELINE}{number}",
                date=after["approved_at"],
                rationale=after["reason"],
                type="duration",
                oldContractPeriod=span_of(before, zone),
                newContractPeriod=span_of(after, zone),
            )
        )
    return changes


def span_of(baseline: Json, zone: str) -> Json:
    starts = [stage["start"] for stage in baseline["stages"].values() if stage.get("start")]
    return period(min(starts, default=None), baseline["finish"], zone)


def planned_periods(document: Json, stages: Stages, zone: str) -> dict[str, Any]:
    """``period`` and the four phases as first promised: by the first baseline, else by the planned days."""
    days: dict[str, list[str]] = {}
    found = document.get("baselines", {})
    if found:
        first = found[min(found, key=int)]
        for key, stage in first["stages"].items():
            days.setdefault(terms.PHASES.get(key, ""), []).extend(
                filter(None, (stage.get("start"), stage.get("finish")))
            )
        days.setdefault("", []).append(first["finish"])
    else:
        for key, facts in stages:
            if facts["planned"]:
                days.setdefault(terms.PHASES.get(key, ""), []).append(facts["planned"])
    every = [day for known in days.values() for day in known]
    spans = {"period": every} | {phase: known for phase, known in days.items() if phase}
    return {name: period(min(known), max(known), zone) for name, known in spans.items() if known}
