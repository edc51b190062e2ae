"""Ledger entries in plain words: what changed, not which path. Works on what a reader may see of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects_api.choices import (
    DelayReason,
    FindingState,
    InspectionKind,
    InspectionResult,
    Kind,
    LocationPrecision,
    MilestoneState,
    PlanTarget,
    ReportState,
    SchoolStage,
    Status,
)
from projects_api.models import Project
from projects_api.models.milestones import milestone_title
from projects_api.patches import Operation, Pointer
from projects_api.wording import area, day, grouped, money

Words = dict[str, str]
Facts = dict[str, Any]

MANY = 4  # changes of more milestones than these are counted, not told one by one
_LONG = 160
_CHOICES: dict[str, Any] = {
    "kind": Kind,
    "stage": SchoolStage,
    "status": Status,
    "plan_target": PlanTarget,
    "location_precision": LocationPrecision,
}
# What follows from other facts, or is said by another line.
_SILENT = frozenset(
    {
        "next_milestone",
        "next_due",
        "currency",
        "code",
        "version",
        "site_crs",
        "source",
        "source_key",
        "location_precision",
        "physical_progress_on",
    }
)


@dataclass(frozen=True)
class Change:
    """``actor`` and ``reason`` are for those who read the whole history; ``None`` and "" for the public."""

    at: datetime
    lines: list[str]
    actor: str | None
    reason: str


def told(entries: Iterable[Mapping[str, Any]], titles: Words) -> list[Change]:
    """The entries that say something to a reader. ``titles`` are the milestones' titles by key."""
    changes = []
    for entry in entries:
        if lines := lines_of(entry["patch"], titles):
            changes.append(Change(entry["at"], lines, entry["actor"], entry["reason"] or ""))
    return changes


def lines_of(patch: list[Operation], titles: Words) -> list[str]:
    """One line for each thing that changed; empty when nothing is left to tell."""
    lines: list[str] = []
    milestones: dict[str, Facts] = {}
    last: list[str] = []
    for operation in patch:
        path, value = _pointer(operation["path"]), operation.get("value")
        if not path:
            return [_("The project was entered in the record.")]
        if path[0] == "milestones" and len(path) >= 2:
            _gather(milestones, path, value)
        elif path[0] == "progress":
            last.append(_("Progress of the whole: %(n)s %%") % {"n": value})
        elif line := _own_fact(path, operation["op"], value):
            lines.append(line)
    return list(dict.fromkeys([*lines, *_milestone_lines(milestones, titles), *last]))


def _pointer(path: str) -> Pointer:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:])


def _gather(milestones: dict[str, Facts], path: Pointer, value: Any) -> None:
    facts = milestones.setdefault(path[1], {})
    if path[2:3] == ("reported",):  # held back from the public; only insiders' patches hold it
        if said := {path[3]: value} if len(path) == 4 else value:
            facts.update({**said, "waits": True})
    elif len(path) == 3:
        facts[path[2]] = value
    elif isinstance(value, dict):
        facts.update(value)


def _milestone_lines(milestones: dict[str, Facts], titles: Words) -> list[str]:
    said = {key: words for key, facts in milestones.items() if (words := _milestone_words(facts))}
    if len(said) > MANY:
        n = len(said)
        return [
            ngettext("The schedule of %(n)s stage was set.", "The schedules of %(n)s stages were set.", n) % {"n": n}
        ]
    return [
        _("%(stage)s: %(facts)s") % {"stage": titles.get(key) or milestone_title(key), "facts": _("; ").join(words)}
        for key, words in said.items()
    ]


def _milestone_words(facts: Facts) -> list[str]:
    said = []
    state = facts.get("state")
    if facts.get("actual"):
        said.append(_("met on %(day)s") % {"day": day(facts["actual"])})
    elif facts.get("started"):
        said.append(_("begun on %(day)s") % {"day": day(facts["started"])})
    if state in (MilestoneState.NOT_MET, MilestoneState.NOT_APPLICABLE):
        said.append(str(MilestoneState(state).label))
    elif "actual" in facts and not facts["actual"] and len(facts) <= 4:
        said.append(_("not met after all"))
    if facts.get("percent") and not facts.get("actual"):
        said.append(_("%(n)s %% done") % {"n": facts["percent"]})
    if facts.get("planned"):
        said.append(_("planned for %(day)s") % {"day": day(facts["planned"])})
    if facts.get("forecast"):
        said.append(_("now expected on %(day)s") % {"day": day(facts["forecast"])})
    if facts.get("delay_reason"):
        said.append(_("reason for the delay: %(reason)s") % {"reason": _word(DelayReason, facts["delay_reason"])})
    if facts.get("delay_note"):
        said.append(str(facts["delay_note"]))
    if facts.get("waits") and said:
        said.append(_("held back from the public until it is accepted"))
    if facts.get("note"):
        said.append(_("note: %(note)s") % {"note": facts["note"]})
    return said


def _own_fact(path: Pointer, kind: str, value: Any) -> str:
    name = path[0]
    if name in _SILENT:
        return ""
    if name == "published":
        return _("Published.") if value else _("No longer published.")
    if name == "archived":
        return _("Archived.") if value else _("Taken back from the archive.")
    if name == "illustrative":
        return _("Marked as illustrative.") if value else _("No longer marked as illustrative.")
    if name in ("site", "footprint"):
        return _("The site on the map was set.") if value else _("The site on the map was removed.")
    if name in ("estimates", "allocations", "spending"):
        return _money_fact(path, kind, value)
    if name == "reports":
        return _report_fact(path, value)
    if name in ("inspections", "findings"):
        return _looked_fact(path, value)
    if name == "baselines":
        facts = value if len(path) == 2 else value.get(max(value, key=int), {}) if isinstance(value, dict) else {}
        number = path[1] if len(path) > 1 else max(value, key=int)
        words = _("Baseline %(number)s approved: ready by %(day)s")
        return words % {"number": number, "day": day(facts["finish"])} if facts.get("finish") else ""
    if name == "photos":
        if path[2:] != ("public",) or kind != "add":
            return ""
        said = value.get("caption")
        return _("Photo published: %(caption)s") % {"caption": said} if said else _("Photo published.")
    if name == "certificates":
        issued = {path[1]: value} if len(path) == 2 else value if len(path) == 1 else {}
        words = _("Certificate of completion acceptance %(number)s issued on %(day)s")
        return _("; ").join(words % {"number": n, "day": day(facts["issued_on"])} for n, facts in issued.items())
    if name == "template":
        return _("The stages follow another version of the template.")
    if name == "engineers" and len(path) == 2:
        words = _("Engineer no longer assigned: %(name)s") if kind == "remove" else _("Engineer assigned: %(name)s")
        return words % {"name": path[1]}
    return _plain_fact(name, value)


def _report_fact(path: Pointer, value: Any) -> str:
    """What came from the site, and what became of it; only insiders' patches hold any of it."""
    if len(path) == 3 and path[2] == "state":
        return _("Report from the site: %(state)s") % {"state": _word(ReportState, value)}
    if len(path) > 2 or not isinstance(value, dict):
        return ""
    report = value if len(path) == 2 else next(iter(value.values()), {})
    said = str(report.get("text", ""))
    return _("Report from the site: %(text)s") % {"text": said} if said else _("Report from the site")


def _looked_fact(path: Pointer, value: Any) -> str:
    """Inspections and findings; only insiders' patches hold any of it. One's first brings the member itself."""
    facts: Facts
    if len(path) == 1:
        number, facts = next(iter((value or {}).items()), ("", {}))
    else:
        number, facts = path[1], {path[2]: value} if len(path) > 2 else value
    said = {"number": number}
    if path[0] == "inspections":
        if "kind" not in facts:
            return _("Inspection %(number)s corrected") % said
        kind, result = _word(InspectionKind, facts["kind"]), _word(InspectionResult, facts["result"])
        return _("%(kind)s: %(result)s") % {"kind": kind, "result": result}
    if "description" in facts:
        return _("Finding %(number)s raised: %(what)s") % {**said, "what": facts["description"][:_LONG]}
    if "state" in facts:
        return _("Finding %(number)s: %(state)s") % {**said, "state": _word(FindingState, facts["state"])}
    if "deadline" in facts:
        return _("Finding %(number)s: new deadline %(day)s") % {**said, "day": day(facts["deadline"])}
    return _("Finding %(number)s: another owner") % said if facts.keys() & {"owner", "owner_user"} else ""


def _money_fact(path: Pointer, kind: str, value: Any) -> str:
    labels = {"estimates": _("Estimate"), "allocations": _("Allocation"), "spending": _("Spending")}
    if len(path) == 2 and kind == "add" and isinstance(value, dict) and value.get("amount"):
        return _("%(what)s recorded: %(amount)s") % {"what": labels[path[0]], "amount": money(value["amount"])}
    return _("%(what)s corrected.") % {"what": labels[path[0]]}


def _plain_fact(name: str, value: Any) -> str:
    field = next((field for field in Project._meta.concrete_fields if field.name == name), None)
    if field is None:
        return ""
    label = capfirst(str(field.verbose_name))
    shown = _shown(name, value)
    if not shown:
        return _("%(field)s: removed") % {"field": label}
    if len(shown) > _LONG:
        return _("%(field)s: new text") % {"field": label}
    return _("%(field)s: %(value)s") % {"field": label, "value": shown}


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name in _CHOICES:
        return _word(_CHOICES[name], value)
    if name in ("floor_area", "land_area"):
        return area(value)
    if name == "total_investment":
        return money(value)
    return grouped(value) if isinstance(value, int) else str(value)


def _word(vocabulary: Any, code: str) -> str:
    return str(vocabulary(code).label) if code in vocabulary.values else str(code)
