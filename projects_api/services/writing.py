"""The frame of every write to a project: one transaction, one writer, the version checked, the ledger last,
and in the same transaction who is told (`services.notifications`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from projects_api import conditions, engine
from projects_api.errors import FieldError, InvalidInput, NotFound, RuleBroken, StaleVersion
from projects_api.models import LedgerEntry, Milestone, Project, User
from projects_api.models.base import the_one
from projects_api.selectors.documents import Before
from projects_api.selectors.ledger import is_report
from projects_api.services import ledger
from projects_api.services.notifications import announce
from projects_api.services.outlook import DERIVED, set_derived


@dataclass
class ProjectWrite:
    """A change under way. ``entry`` is set when the block has ended; None when nothing changed."""

    project: Project
    before: Before
    entry: LedgerEntry | None = None
    # Set by a service whose change may move the status along with the milestones' facts.
    follow_facts: bool = field(default=False)


def still_archived() -> RuleBroken:
    return RuleBroken(_("The project is archived: nothing about it changes until it is brought back."))


@contextmanager
def project_write(
    project_id: int,
    *,
    actor: User | None,
    action: str,
    at: datetime,
    reason: str = "",
    expected: int | None = None,
    archived_too: bool = False,
) -> Iterator[ProjectWrite]:
    """Lock the project, hand it out, and on leaving write what follows from the facts and the ledger entry.

    ``expected`` is the version that the writer has seen (None only for acts that no reader's state can contradict).
    ``archived_too``: for what may still be written of an archived project (it is brought back, an engineer is released, the
    public gets its answer, a bureau's rule moves all its projects); all else is refused until it is back.
    Raises StaleVersion when the project has moved on; NotFound when it is gone; RuleBroken. About 7 queries around the body,
    one more for each table that it writes.
    """
    with engine.writer(), engine.tables_written() as written:
        project = the_one(
            Project.objects.select_related("bureau__region", "region", "school", "plan__bureau", "template")
            .defer("region__boundary", "region__point", "bureau__region__boundary", "bureau__region__point")
            .select_for_update(of=("self",))
            .filter(pk=project_id)
        )
        if project is None:
            raise NotFound()
        before = Before(project)
        written.first = before.keep
        if expected is not None and expected != project.version:
            raise StaleVersion(
                _("Somebody else changed this project meanwhile. Read it again and repeat your change."),
                version=project.version,
            )
        if project.archived_at and not archived_too:
            raise still_archived()
        write = ProjectWrite(project, before)
        yield write
        baselines = before.now("baselines", written)
        milestones = list(project.milestones.all())
        heard = at if is_report(action) else project.heard_at
        refresh_derived(project, milestones, baselines, at=heard, follow_facts=write.follow_facts)
        then, now = before.and_after(written, milestones, baselines)
        write.entry = ledger.append(project, actor=actor, action=action, at=at, reason=reason, before=then, after=now)
        if write.entry is not None:
            announce(project, write.entry, then, now)
        else:
            # Nothing was said, so nothing was reported: it goes stale when it would have.
            refresh_derived(project, milestones, baselines, at=project.heard_at, follow_facts=False)


def refresh_derived(
    project: Project, milestones: Sequence[Milestone], baselines: Mapping[str, Any], *, at: datetime, follow_facts: bool
) -> None:
    """Bring the derived columns up to date in the database. No query when nothing moved, two at most."""
    old = [getattr(project, name) for name in DERIVED]
    moved = set_derived(project, milestones, baselines, at=at, follow_facts=follow_facts)
    if old != [getattr(project, name) for name in DERIVED]:
        project.save(update_fields=DERIVED)
    Milestone.objects.bulk_update(moved, ["slip_days", "days_lost"])


def _hold(constraint: models.BaseConstraint, instance: models.Model, exclude: set[str] | None) -> None:
    """Raises ValidationError with the constraint's words. A check is looked at here, anything else by the database."""
    if isinstance(constraint, models.CheckConstraint) and isinstance(constraint.condition, Q):
        try:
            if conditions.passes(constraint.condition, instance):
                return
        except conditions.Unknown:
            pass  # the database decides
    constraint.validate(type(instance), instance, exclude=exclude)


def checked(instance: models.Model, *, prefix: str = "", exclude: set[str] | None = None) -> None:
    """Run the fields' and the table's own checks; every broken one is named with its pointer and message."""
    problems: list[FieldError] = []
    try:
        instance.clean_fields(exclude=exclude)
    except ValidationError as error:
        problems += [
            FieldError(f"{prefix}/{name}", item.code or "invalid", "; ".join(item.messages))
            for name, items in error.error_dict.items()
            for item in items
        ]
    # A constraint names its field by its code (`models.base`).
    known = {f.name for f in instance._meta.get_fields()}
    for constraint in instance._meta.constraints:
        try:
            _hold(constraint, instance, exclude)
        except ValidationError as error:
            for item in error.error_list:
                pointer = item.code if item.code in known else ""
                problems.append(
                    FieldError(f"{prefix}/{pointer}".rstrip("/") or "/", "constraint", "; ".join(item.messages))
                )
    if problems:
        raise InvalidInput(problems)
