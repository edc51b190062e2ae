"""What a notification says, in the reader's language, and where it leads: for pages, the API and e-mails alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects_api.choices import NotificationKind as Kind
from projects_api.choices import Severity
from projects_api.models import Notification
from projects_api.models.milestones import milestone_title
from projects_api.wording import day

PAGE = "/accounts/notifications/"
SETTINGS_PAGE = "/accounts/notifications/settings/"


def sentence(notification: Notification) -> str:
    """One or two sentences in the current language; the project's title stands beside them. No query."""
    facts: Mapping[str, Any] = notification.facts
    return _WORDS[Kind(notification.kind)](facts)


def path(notification: Notification) -> str:
    """The page that it is about."""
    facts, code = notification.facts, notification.project.code
    about = facts.get("about") or notification.kind
    if "question" in facts:
        return f"/office/questions/{facts['question']}/"
    if about == Kind.REPORT_WAITING and facts.get("report"):
        return f"/office/reports/{facts['report']}/"
    if about == Kind.REPORT_WAITING:
        return "/office/reports/"
    if notification.kind == Kind.REPORT_RETURNED:
        return "/field/#queue"
    if "finding" in facts:
        return f"/projects/{code}/findings/{facts['finding']}/"
    if "certificate" in facts:
        return f"/projects/{code}/certificates/{facts['certificate']}/"
    return f"/projects/{code}/"


def _stage(facts: Mapping[str, Any]) -> str:
    return milestone_title(facts["key"], facts.get("zh", ""), facts.get("en", ""))


def _stages(facts: Mapping[str, Any]) -> str:
    """``Foundations (30 June 2023), Topping-out (1 August 2023) and 3 more``."""
    listed = _("; ").join(
        _("%(stage)s (%(day)s)") % {"stage": _stage(stage), "day": day(stage["due"])} for stage in facts["stages"]
    )
    more = facts["count"] - len(facts["stages"])
    if more <= 0:
        return listed
    words = ngettext("%(stages)s and %(n)s more", "%(stages)s and %(n)s more", more)
    return words % {"stages": listed, "n": more}


def _finding(facts: Mapping[str, Any]) -> dict[str, str]:
    return {
        "number": facts["finding"],
        "severity": str(Severity(facts["severity"]).label),
        "text": facts["text"],
        "day": day(facts["deadline"]),
    }


def _report_waiting(facts: Mapping[str, Any]) -> str:
    if "report" not in facts:
        return _("“%(stage)s” is reported finished and waits to be accepted.") % {"stage": _stage(facts["stage"])}
    said = {"author": facts["author"], "text": facts["text"]}
    if facts.get("conflict"):
        return _("%(author)s has reported; a part of it contradicts what somebody else wrote. %(text)s") % said
    return _("%(author)s has reported and waits for a review. %(text)s") % said


def _finding_words(facts: Mapping[str, Any]) -> str:
    about = _finding(facts)
    if facts.get("what") == "reopened":
        return _("Finding %(number)s (%(severity)s) is open again, to be mended by %(day)s: %(text)s") % about
    if facts.get("what") == "changed":
        return _("Finding %(number)s (%(severity)s) has a new owner or deadline: by %(day)s. %(text)s") % about
    return _("Finding %(number)s (%(severity)s), to be mended by %(day)s: %(text)s") % about


def _question(facts: Mapping[str, Any]) -> str:
    """Never what was asked: nobody has looked at it yet."""
    if facts.get("draft"):
        return _("An answer to a question of the public is proposed. To be answered by %(day)s.") % _due(facts)
    return _("Somebody of the public asks or has seen something. To be answered by %(day)s.") % _due(facts)


def _question_assigned(facts: Mapping[str, Any]) -> str:
    return _("A question of the public is yours to answer, by %(day)s.") % _due(facts)


def _question_overdue(facts: Mapping[str, Any]) -> str:
    return _("A question of the public was to be answered by %(day)s.") % _due(facts)


def _due(facts: Mapping[str, Any]) -> dict[str, str]:
    return {"day": day(facts["due"])}


def _stale(facts: Mapping[str, Any]) -> str:
    return _("Nothing has been reported since %(day)s.") % {"day": day(facts["since"])}


def _overdue(facts: Mapping[str, Any]) -> str:
    return _("Overdue: %(stages)s.") % {"stages": _stages(facts)}


def _finding_overdue(facts: Mapping[str, Any]) -> str:
    return _("Finding %(number)s (%(severity)s) was to be mended by %(day)s: %(text)s") % _finding(facts)


def _escalation(facts: Mapping[str, Any]) -> str:
    about = facts["about"]
    if about == Kind.REPORT_WAITING:
        words = _("A report of %(author)s has been waiting for a review since %(day)s.")
        what = words % {"author": facts["author"], "day": day(facts["since"])}
    elif about == Kind.STALE:
        what = _stale(facts)
    elif about == Kind.FINDING_OVERDUE:
        what = _finding_overdue(facts)
    else:
        what = _overdue(facts)
    after = ngettext(
        "You are told because this has lasted %(n)s day or more.",
        "You are told because this has lasted %(n)s days or more.",
        facts["days"],
    )
    return f"{what} {after % {'n': facts['days']}}"


_WORDS = {
    Kind.REPORT_WAITING: _report_waiting,
    Kind.REPORT_RETURNED: lambda facts: _("Your report came back, to be corrected: %(note)s") % {"note": facts["note"]},
    Kind.REPORT_ACCEPTED: lambda facts: _("Your report was accepted. %(text)s") % {"text": facts["text"]},
    Kind.FINDING: _finding_words,
    Kind.FINDING_MENDED: lambda facts: (
        _("Finding %(number)s (%(severity)s) is mended and waits for the re-inspection: %(text)s") % _finding(facts)
    ),
    Kind.FINDING_DUE: lambda facts: (
        _("Finding %(number)s (%(severity)s) must be mended by %(day)s: %(text)s") % _finding(facts)
    ),
    Kind.FINDING_OVERDUE: _finding_overdue,
    Kind.CERTIFICATE: lambda facts: (
        _("The certificate of completion acceptance was issued: %(number)s.") % {"number": facts["certificate"]}
    ),
    Kind.DUE_SOON: lambda facts: _("Due soon: %(stages)s.") % {"stages": _stages(facts)},
    Kind.OVERDUE: _overdue,
    Kind.STALE: _stale,
    Kind.ESCALATION: _escalation,
    Kind.QUESTION_WAITING: _question,
    Kind.QUESTION_ASSIGNED: _question_assigned,
    Kind.QUESTION_OVERDUE: _question_overdue,
}
