"""The sentences of a change: one line for each thing that a patch says of a project. Pure; read by `selectors.changes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects_api.choices import (
    STANDS_STILL,
    EstimateKind,
    FindingState,
    FundSource,
    InspectionKind,
    InspectionResult,
    Kind,
    LocationPrecision,
    PlanTarget,
    ReportState,
    SchoolStage,
    SpendingKind,
    Status,
    StatusReason,
)
from projects_api.geodesy import distance
from projects_api.models import Project
from projects_api.patches import Patch, Pointer, pointer_of
from projects_api.selectors.change_stages import stage_lines
from projects_api.wording import area, day, grouped, money

Document = dict[str, Any]
Words = Mapping[str, str]

MANY = 4  # more money, photos or inspections at once than these are counted, not told one by one
_LONG = 160
_CHOICES: dict[str, Any] = {
    "kind": Kind,
    "stage": SchoolStage,
    "status": Status,
    "status_reason": StatusReason,
    "plan_target": PlanTarget,
    "location_precision": LocationPrecision,
}
# What says why a project stands still: told in the line of its status.
STATUS_WORDS = frozenset({"status_reason", "status_note", "status_since"})
_MEASURED = frozenset({"floor_area", "land_area", "total_investment"})
_CODES = frozenset({"region", "school"})
_MONEY = ("estimates", "allocations", "spending")
# Told as a whole from all that the patch says of them.
_PARTS = frozenset({"milestones", "photos", "inspections", "certificates", "baselines", "questions", *_MONEY})
# What follows from other facts, or is said by another line.
_SILENT = frozenset(
    {
        "next_milestone",
        "next_due",
        "currency",
        "code",
        "version",
        "site_crs",
        "footprint_crs",
        "source_key",
        "physical_progress_on",
        "bureau",
    }
)


def lines_of(patch: Patch, titles: Words, before: Document | None = None, names: Words | None = None) -> list[str]:
    """One line for each thing that changed; empty when nothing is left to tell.

    ``before``: what stood where the patch writes (`selectors.changes`), {} where that is nobody's to know. ``titles``: of the
    milestones, by key. ``names``: of regions and schools, by code.
    """
    before, names = before or {}, names or {}
    lines: list[str] = []
    parts: dict[str, dict[str, Document]] = {}
    paths = {operation["path"] for operation in patch}
    moved = "/status" in paths
    for operation in patch:
        path, value = pointer_of(operation["path"]), operation.get("value")
        if not path:
            return [_("The project was entered in the record.")]
        if path[0] in _PARTS:
            _gather(parts.setdefault(path[0], {}), path, value)
        elif path[0] == "elsewhere":
            lines.append(_("What another record holds of photos, inspections, certificates or answers was taken over."))
        elif path[0] == "location_precision" and paths & {"/site", "/site/coordinates"}:
            continue  # a site that moves says so
        elif path[0] == "status":
            lines.append(_status(value, patch, before))
        elif moved and path[0] in STATUS_WORDS:
            continue  # the line of the status says why
        elif path[0] != "progress" and (line := _own_fact(path, operation["op"], value, before, names)):
            lines.append(line)
    lines += stage_lines(parts.get("milestones", {}), before.get("milestones", {}), titles)
    lines += _baseline_lines(parts.get("baselines", {}), before.get("baselines", {}))
    for name in _MONEY:
        lines += _money_lines(name, parts.get(name, {}), before.get(name, {}))
    lines += _inspection_lines(parts.get("inspections", {}), before.get("inspections", {}))
    lines += _certificate_lines(parts.get("certificates", {}))
    lines += _photo_lines(parts.get("photos", {}), before.get("photos", {}))
    lines += _question_lines(parts.get("questions", {}))
    lines += [_progress(operation["value"], before) for operation in patch if operation["path"] == "/progress"]
    return list(dict.fromkeys(lines))


def from_to(field: str, old: str, new: str) -> str:
    """``Places: from 1,350 to 1,400``; one of the two may be empty."""
    said = {"field": field, "old": old, "new": new, "value": new}
    if old and new:
        return _("%(field)s: from %(old)s to %(new)s") % said
    return (_("%(field)s: %(value)s") if new else _("%(field)s: removed")) % said


def word(vocabulary: Any, code: Any) -> str:
    return str(vocabulary(code).label) if code in vocabulary.values else str(code)


def _gather(rows: dict[str, Document], path: Pointer, value: Any) -> None:
    """What a patch says of a part, as rows of it; what is removed is None."""
    if len(path) == 1:
        for key, facts in (value or {}).items():
            rows.setdefault(key, {}).update(facts)
        return
    row = rows.setdefault(path[1], {})
    if len(path) == 2:
        row.update(value if isinstance(value, dict) else {"removed": True})
        return
    for part in path[2:-1]:
        inner = row.setdefault(part, {})
        row = inner if isinstance(inner, dict) else {}
    row[path[-1]] = value


class _Told:
    """Lines of one part by what happened to it, each counted where there are many. ``counts``: how, by what happened."""

    def __init__(self, **counts: Callable[[int], str]) -> None:
        self.counts = counts
        self.lines: dict[str, list[str]] = {}

    def add(self, happened: str, line: str) -> None:
        if line:
            self.lines.setdefault(happened, []).append(line)

    def few(self) -> list[str]:
        return [
            line
            for happened, lines in self.lines.items()
            for line in (lines if len(lines) <= MANY else [self.counts[happened](len(lines))])
        ]


def _happened(row: Document, old: Document) -> str:
    """To what the public reads of a row: what was there before is shown to it or withdrawn, not recorded."""
    if "public" not in row or row.keys() - {"public"}:
        return "recorded"
    if row["public"] is None:
        return "withdrawn"
    return "shown" if old and not old.get("public") else "recorded"


def _status(value: Any, patch: Patch, before: Document) -> str:
    """``Status: from Approved to Suspended: Funds – the county's share is not here``."""
    line = _plain_fact("status", value, before, {})
    facts = before | {operation["path"][1:]: operation.get("value") for operation in patch}
    if value not in STANDS_STILL or not facts.get("status_reason"):
        return line
    why = word(StatusReason, facts["status_reason"])
    if note := facts.get("status_note"):
        why = f"{why} – {Truncator(note).chars(_LONG)}"
    return _("%(what)s: %(reason)s") % {"what": line, "reason": why}


def _progress(value: int, before: Document) -> str:
    old = before.get("progress")
    if old is None or old == value:
        return _("Progress of the whole: %(n)s %%") % {"n": value}
    return _("Progress of the whole: from %(old)s %% to %(n)s %%") % {"old": old, "n": value}


def _own_fact(path: Pointer, kind: str, value: Any, before: Document, names: Words) -> str:
    name = path[0]
    if name in _SILENT:
        return ""
    if name in _FLAGS:
        return str(_FLAGS[name][0 if value else 1]())
    if name == "site":
        return _site(value, before.get("site"))
    if name == "site_accuracy":
        return _("The site is known to %(n)s m.") % {"n": grouped(value)} if value else ""
    if name == "footprint":
        if before.get("footprint") and value:
            return _("The outline of the site was changed.")
        return _("The outline of the site was drawn.") if value else _("The outline of the site was removed.")
    if name == "reports":
        return _report_fact(path, value)
    if name == "findings":
        return _finding_fact(path, value)
    if name == "template":
        return _("The stages follow another version of the template.")
    if name == "engineers":
        if len(path) != 2:
            return ""
        words = _("Engineer no longer assigned: %(name)s") if kind == "remove" else _("Engineer assigned: %(name)s")
        return words % {"name": path[1]}
    return _plain_fact(name, value, before, names)


_FLAGS: dict[str, tuple[Any, Any]] = {
    "published": (lambda: _("Published."), lambda: _("No longer published.")),
    "archived": (lambda: _("Archived."), lambda: _("Taken back from the archive.")),
    "illustrative": (lambda: _("Marked as illustrative."), lambda: _("No longer marked as illustrative.")),
}


def _site(value: Any, old: Any) -> str:
    if not value:
        return _("The site on the map was removed.")
    now = value["coordinates"] if isinstance(value, dict) else value
    then = (old or {}).get("coordinates")
    if not then or not isinstance(now, list | tuple) or len(now) != 2:
        return _("The site on the map was set.")
    metres = round(distance(*then, *now))
    if metres < 1:
        return _("The site on the map was set.")
    if metres < 1000:
        return _("The site on the map was moved by %(n)s m.") % {"n": metres}
    return _("The site on the map was moved by %(n)s km.") % {"n": grouped(f"{metres / 1000:.1f}")}


def _report_fact(path: Pointer, value: Any) -> str:
    """What came from the site, and what became of it; only insiders' patches hold any of it."""
    if len(path) == 3 and path[2] == "state":
        return _("Report from the site: %(state)s") % {"state": word(ReportState, value)}
    if len(path) > 2 or not isinstance(value, dict):
        return ""
    report = value if len(path) == 2 else next(iter(value.values()), {})
    said = str(report.get("text", ""))
    return _("Report from the site: %(text)s") % {"text": said} if said else _("Report from the site")


def _finding_fact(path: Pointer, value: Any) -> str:
    """Only insiders' patches hold any of it. The first one brings the member itself."""
    facts: Document
    if len(path) == 1:
        number, facts = next(iter((value or {}).items()), ("", {}))
    else:
        number, facts = path[1], {path[2]: value} if len(path) > 2 else value
    said = {"number": number}
    if "description" in facts:
        return _("Finding %(number)s raised: %(what)s") % {**said, "what": facts["description"][:_LONG]}
    if "state" in facts:
        return _("Finding %(number)s: %(state)s") % {**said, "state": word(FindingState, facts["state"])}
    if "deadline" in facts:
        return _("Finding %(number)s: new deadline %(day)s") % {**said, "day": day(facts["deadline"])}
    return _("Finding %(number)s: another owner") % said if facts.keys() & {"owner", "owner_user"} else ""


def _inspection_lines(rows: Mapping[str, Document], before: Mapping[str, Document]) -> list[str]:
    """Insiders read every inspection, the public the public member of those that were passed."""
    told = _Told(
        recorded=lambda n: ngettext("%(n)s inspection recorded.", "%(n)s inspections recorded.", n) % {"n": n},
        shown=lambda n: ngettext("%(n)s inspection is now public.", "%(n)s inspections are now public.", n) % {"n": n},
        withdrawn=lambda n: (
            ngettext("%(n)s inspection is no longer public.", "%(n)s inspections are no longer public.", n) % {"n": n}
        ),
    )
    for number, row in rows.items():
        facts = row if row.keys() & {"kind", "result", "note", "held_on"} else row.get("public", {})
        happened = _happened(row, before.get(number, {}))
        if facts is None:
            told.add(happened, _("An inspection is no longer public."))
        elif "kind" in facts and "result" in facts:
            said = {"kind": word(InspectionKind, facts["kind"]), "result": word(InspectionResult, facts["result"])}
            line = _("%(kind)s: %(result)s") % said
            line = f"{line} ({day(facts['held_on'])})" if facts.get("held_on") else line
            told.add(happened, _("Now public: %(what)s") % {"what": line} if happened == "shown" else line)
        elif facts or "public" not in row:
            told.add(happened, _("Inspection %(number)s corrected") % {"number": number})
    return told.few()


def _baseline_lines(rows: Mapping[str, Document], before: Mapping[str, Document]) -> list[str]:
    """The first promise, and each one that took its place, with its rationale."""
    lines = []
    known: dict[str, Any] = {number: facts.get("finish") for number, facts in before.items()}
    for number in sorted(rows, key=int):
        facts = rows[number]
        if finish := facts.get("finish"):
            old = known.get(str(int(number) - 1))
            said = {"number": number, "day": day(finish), "old": day(old)}
            line = (
                _("Baseline %(number)s approved: ready by %(day)s instead of %(old)s") % said
                if old
                else _("Baseline %(number)s approved: ready by %(day)s") % said
            )
            known[number] = finish
            reason = facts.get("reason")
            lines.append(_("%(what)s. Rationale: %(reason)s") % {"what": line, "reason": reason} if reason else line)
    return lines


def _certificate_lines(rows: Mapping[str, Document]) -> list[str]:
    words = _("Certificate of completion acceptance %(number)s issued on %(day)s")
    return [
        words % {"number": n, "day": day(facts["issued_on"])} for n, facts in rows.items() if facts.get("issued_on")
    ]


def _photo_lines(rows: Mapping[str, Document], before: Mapping[str, Document]) -> list[str]:
    """Only what is public of them: that one was published, withdrawn, or has other words."""
    shown: list[str] = []
    lines: list[str] = []
    for key, row in rows.items():
        if "public" not in row:
            continue
        facts, was = row["public"], before.get(key, {}).get("public")
        if facts is None:
            lines.append(_("A photo is no longer public."))
        elif not was and facts.keys() & {"taken", "caption"}:
            shown.append(facts.get("caption", ""))
        elif caption := facts.get("caption"):
            lines.append(_("Caption of a photo: %(caption)s") % {"caption": caption})
    if len(shown) > MANY:
        lines.append(ngettext("%(n)s photo published.", "%(n)s photos published.", len(shown)) % {"n": len(shown)})
    else:
        told = _("Photo published: %(caption)s")
        lines += [told % {"caption": said} if said else _("Photo published.") for said in shown]
    return lines


def _question_lines(rows: Mapping[str, Document]) -> list[str]:
    """Questions of the public: their words are on the page, the answer is the bureau's own."""
    lines = []
    for number, row in rows.items():
        facts, said = row.get("public", {}), {"number": number}
        if facts is None:
            lines.append(_("Question %(number)s is no longer public.") % said)
        elif answer := facts.get("answer"):
            words = _("Question %(number)s of the public answered: %(answer)s")
            lines.append(words % {**said, "answer": Truncator(answer).chars(_LONG)})
        elif "asked" in facts:
            lines.append(_("Question %(number)s of the public published.") % said)
    return lines


def _money_lines(name: str, rows: Mapping[str, Document], before: Mapping[str, Document]) -> list[str]:
    """Insiders who read money read the facts themselves, the public their public member."""
    told = _Told(
        recorded=lambda n: (
            ngettext("%(n)s figure of money recorded.", "%(n)s figures of money recorded.", n) % {"n": n}
        ),
        shown=lambda n: (
            ngettext("%(n)s figure of money is now public.", "%(n)s figures of money are now public.", n) % {"n": n}
        ),
        withdrawn=lambda n: (
            ngettext("%(n)s figure of money is no longer public.", "%(n)s figures of money are no longer public.", n)
            % {"n": n}
        ),
    )
    for number, row in rows.items():
        old = before.get(number, {})
        happened = _happened(row, old)
        if row.keys() - {"public"}:
            told.add(happened, _money_fact(name, row, {k: v for k, v in old.items() if k != "public"}))
        elif happened == "shown":
            what = _("%(what)s (%(which)s)") if (dated := row["public"].get("dated")) else "%(what)s"
            fact = _("%(what)s: %(amount)s") % {
                "what": what % {"what": _money_name(name, row["public"]), "which": day(dated)},
                "amount": money(row["public"].get("amount")),
            }
            told.add(happened, _("Now public: %(what)s") % {"what": fact})
        else:
            told.add(happened, _money_fact(name, row["public"], old.get("public") or {}))
    return told.few()


def _money_fact(name: str, facts: Document | None, old: Document) -> str:
    what = _money_name(name, old | (facts or {}))
    if facts is None:
        return _("%(what)s: no longer public") % {"what": what}
    if facts.get("archived"):
        return _("%(what)s: set aside, %(amount)s") % {"what": what, "amount": money(old.get("amount"))}
    if old and "amount" in facts and old.get("amount"):
        said = {"what": what, "old": money(old["amount"]), "new": money(facts["amount"])}
        return _("%(what)s corrected from %(old)s to %(new)s") % said
    if facts.get("amount"):
        return _("%(what)s recorded: %(amount)s") % {"what": what, "amount": money(facts["amount"])}
    return _("%(what)s corrected.") % {"what": what}


def _money_name(name: str, facts: Document) -> str:
    """``Allocation (County budget, 2023)``, ``Money paid``, ``Construction budget``."""
    if name == "allocations":
        told = (word(FundSource, facts.get("source", "")), facts.get("year", ""))
        inside = _(", ").join(str(value) for value in told if value)
        return _("%(what)s (%(which)s)") % {"what": _("Allocation"), "which": inside} if inside else _("Allocation")
    if kind := facts.get("kind"):
        return word(EstimateKind if name == "estimates" else SpendingKind, kind)
    return _("Estimate") if name == "estimates" else _("Spending")


def _plain_fact(name: str, value: Any, before: Document, names: Words) -> str:
    field = next((field for field in Project._meta.concrete_fields if field.name == name), None)
    if field is None:
        return ""
    # Units are in the value.
    label = capfirst(str(field.verbose_name).partition(" (")[0] if name in _MEASURED else str(field.verbose_name))
    if name in _CODES and value not in names:
        return _("%(field)s: changed") % {"field": label} if value else _("%(field)s: removed") % {"field": label}
    shown, old = _shown(name, value, names), _shown(name, before.get(name), names)
    if len(shown) > _LONG or len(old) > _LONG:
        return _("%(field)s: new text") % {"field": label} if shown else _("%(field)s: removed") % {"field": label}
    return from_to(label, old, shown)


def _shown(name: str, value: Any, names: Words) -> str:
    if value is None or value == "":
        return ""
    if name in _CHOICES:
        return word(_CHOICES[name], value)
    if name in _CODES:
        return names.get(value, "")
    if name in ("floor_area", "land_area"):
        return area(value)
    if name == "total_investment":
        return money(value)
    if name in ("needed_by", "status_since"):
        return day(value)
    if name == "plan":
        return str(value).rpartition("-")[2]
    return grouped(value) if isinstance(value, int) else str(value)
