"""The sentences of what changed at a project's stages: "Topping-out: forecast moved from 30 June to 15 August 2023: weather"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects_api.choices import DelayReason, MilestoneState
from projects_api.late_words import slip_words
from projects_api.models.milestones import PLAN_NAMES, milestone_title
from projects_api.wording import day, in_chinese

Facts = dict[str, Any]

MANY = 4  # plans of more stages than these are counted, not told one by one
MOST = 12  # and so is what was reported of more than these
_REPORTED = frozenset({"started", "actual", "percent", "forecast", "delay_reason", "delay_note"})
_SCHEDULED = frozenset({*PLAN_NAMES, "weight", "position"})


def stage_lines(rows: Mapping[str, Facts], before: Mapping[str, Facts], titles: Mapping[str, str]) -> list[str]:
    """``rows``: what the patch says of each stage, ``before``: the stage's facts until then (as far as they may be known).

    ``titles``: by key, in the order of the work; the lines are in it too.
    """
    planned: dict[str, list[str]] = {}
    reported: dict[str, list[str]] = {}
    for key, facts in rows.items():
        facts, old = _unheld(facts), _unheld(before.get(key, {}))
        if words := _stage_words(facts, old):
            (reported if _happened(facts, old) else planned)[key] = words
    lines = []
    if len(planned) > MANY:
        n = len(planned)
        line = ngettext("The schedule of %(n)s stage was set.", "The schedules of %(n)s stages were set.", n)
        lines.append(line % {"n": n})
        planned = {}
    if len(reported) > MOST:
        n = len(reported)
        line = ngettext("The state of %(n)s stage was entered.", "The states of %(n)s stages were entered.", n)
        lines.append(line % {"n": n})
        reported = {}
    told = planned | reported
    in_order = {key: place for place, key in enumerate(titles)}  # of the work, not of the keys' letters
    said = {key: told[key] for key in sorted(told, key=lambda key: in_order.get(key, len(in_order)))}
    return lines + [
        _("%(stage)s: %(facts)s") % {"stage": titles.get(key) or milestone_title(key), "facts": _("; ").join(words)}
        for key, words in said.items()
    ]


def _happened(facts: Facts, old: Facts) -> bool:
    """Whether it is about the site; else about the plan alone."""
    return any(facts.get(name) or old.get(name) for name in _REPORTED & facts.keys())


def _unheld(facts: Facts) -> Facts:
    """What is held back from the public stands in a member of its own; only insiders' patches hold it."""
    held = facts.get("reported")
    if "reported" not in facts:
        return facts
    rest = {name: value for name, value in facts.items() if name != "reported"}
    return {**rest, **held, "waits": True} if isinstance(held, dict) and held else rest


def _stage_words(facts: Facts, old: Facts) -> list[str]:
    now = old | facts
    said = [*_end(facts, old, now), *_begin(facts, old)]
    state = facts.get("state")
    if state in (MilestoneState.NOT_MET, MilestoneState.NOT_APPLICABLE) and state != old.get("state"):
        said.append(str(MilestoneState(state).label))
    elif state and old.get("state") == MilestoneState.NOT_APPLICABLE:
        said.append(_("applies again"))
    if facts.get("percent") and not now.get("actual"):
        was = old.get("percent")
        words = _("from %(old)s %% to %(n)s %% done") if was else _("%(n)s %% done")
        said.append(words % {"n": facts["percent"], "old": was})
    if "planned" in facts:
        said += _planned(facts["planned"], old.get("planned"))
    if "forecast" in facts and not now.get("actual"):
        said += _forecast(facts["forecast"], old, now)
    elif facts.get("delay_reason"):
        said.append(_("reason for the delay: %(reason)s") % {"reason": _reason(facts["delay_reason"])})
    if facts.get("delay_note"):
        said.append(str(facts["delay_note"]))
    if facts.get("waits") and said:
        said.append(_("held back from the public until it is accepted"))
    if facts.get("note"):
        said.append(_("note: %(note)s") % {"note": facts["note"]})
    return said + _office(facts, old)


def _end(facts: Facts, old: Facts, now: Facts) -> list[str]:
    """How the stage came to its end, or did not."""
    met, was = facts.get("actual"), old.get("actual")
    if met and was and met != was:
        old_day, new_day = between(was, met)
        return [_("day met corrected from %(old)s to %(new)s") % {"old": old_day, "new": new_day}]
    if met:
        waits = now.get("state") == MilestoneState.REPORTED
        words = _("reported finished on %(day)s, not yet accepted") if waits else _("met on %(day)s")
        line = words % {"day": day(met)}
        planned = now.get("planned")
        late = (date.fromisoformat(met) - date.fromisoformat(planned)).days if planned else 0
        if late > 0:
            line = _("%(what)s, %(late)s") % {"what": line, "late": slip_words(late, True)}
            if reason := now.get("delay_reason"):
                line = _("%(what)s: %(reason)s") % {"what": line, "reason": _reason(reason)}
        return [line]
    if "actual" in facts and (was or len(facts) <= 4):
        return [_("not met after all")]
    if facts.get("state") == MilestoneState.MET and old.get("state") == MilestoneState.REPORTED and was:
        return [_("accepted, met on %(day)s") % {"day": day(was)}]
    return []


def _begin(facts: Facts, old: Facts) -> list[str]:
    begun, was = facts.get("started"), old.get("started")
    if begun and was:
        old_day, new_day = between(was, begun)
        return [_("start corrected from %(old)s to %(new)s") % {"old": old_day, "new": new_day}]
    if begun and not facts.get("actual"):
        return [_("begun on %(day)s") % {"day": day(begun)}]
    return [_("not begun after all")] if was and "started" in facts else []


def _planned(planned: str | None, was: str | None) -> list[str]:
    if planned and was:
        old_day, new_day = between(was, planned)
        return [_("plan moved from %(old)s to %(new)s") % {"old": old_day, "new": new_day}]
    if planned:
        return [_("planned for %(day)s") % {"day": day(planned)}]
    return [_("no planned day any more")] if was else []


def _forecast(forecast: str | None, old: Facts, now: Facts) -> list[str]:
    """With the reason that stands, be it given now or before."""
    was = old.get("forecast")
    if not forecast:
        return [_("expected as planned again")] if was else []
    if was:
        old_day, new_day = between(was, forecast)
        line = _("forecast moved from %(old)s to %(new)s") % {"old": old_day, "new": new_day}
    elif (planned := now.get("planned")) and planned != forecast:
        line = _("now expected on %(day)s, planned for %(planned)s") % {"day": day(forecast), "planned": day(planned)}
    else:
        line = _("now expected on %(day)s") % {"day": day(forecast)}
    late = now.get("planned") is None or forecast > now["planned"]
    if late and (reason := now.get("delay_reason")):
        line = _("%(what)s: %(reason)s") % {"what": line, "reason": _reason(reason)}
    return [line]


def _office(facts: Facts, old: Facts) -> list[str]:
    """What the office decides of a stage beside its day; nothing of a stage that is new."""
    if not old:
        return []
    said = []
    if facts.keys() & {"title_zh", "title_en"}:
        said.append(_("renamed"))
    if facts.keys() & _SCHEDULED:
        said.append(_("its duration, weight or order was changed"))
    if "illustrative" in facts:
        said.append(_("marked as illustrative") if facts["illustrative"] else _("no longer marked as illustrative"))
    if "public" in facts:
        said.append(_("now public") if facts["public"] else _("no longer public"))
    return said


def between(old: str, new: str) -> tuple[str, str]:
    """Two days as the ends of "from … to …": in English the first has no year where both have the same."""
    first, second = day(old), day(new)
    if not in_chinese() and old[:4] == new[:4]:
        first = first.rpartition(" ")[0]
    return first, second


def _reason(code: str) -> str:
    """In the middle of a sentence: not capital."""
    label = str(DelayReason(code).label) if code in DelayReason.values else str(code)
    return label[:1].lower() + label[1:]
