"""What completion acceptance waits for: no serious finding may be open. One guard for everybody who reports or accepts it."""

from __future__ import annotations

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from projects_api.choices import MilestoneState
from projects_api.errors import FieldError, RuleBroken
from projects_api.models import Milestone, Project
from projects_api.selectors.inspections import serious_open

# The stage that a project is completed by, of the building and of the rural track.
COMPLETION = frozenset({"completion_acceptance", "acceptance"})
_DONE = frozenset({MilestoneState.REPORTED, MilestoneState.MET})


def guard_acceptance(project: Project, milestone: Milestone, was: str) -> None:
    """Before a milestone that has just come to be reported or met is saved. Raises as `nothing_serious_open`; one query, and
    only for the acceptance of the whole.
    """
    if milestone.key in COMPLETION and milestone.state != was and milestone.state in _DONE:
        nothing_serious_open(project)


def nothing_serious_open(project: Project) -> None:
    """Raises RuleBroken that names every serious finding that is not struck off. One query."""
    found = list(serious_open(project))
    if not found:
        return
    words = _("Serious finding %(number)s is not struck off: %(what)s (%(owner)s, until %(deadline)s)")
    errors = [
        FieldError(
            "",
            "open_serious_finding",
            words
            % {
                "number": finding.number,
                "what": Truncator(finding.description).chars(80),
                "owner": finding.owner,
                "deadline": finding.deadline.isoformat(),
            },
        )
        for finding in found
    ]
    detail = _("Completion acceptance waits until this is mended and struck off. %(findings)s")
    raise RuleBroken(detail % {"findings": " ".join(f"{error.message}." for error in errors)}, errors=errors)
