"""The rules of the notifications as a form: how many days before and after, the hour of the daily e-mail, who the leaders are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.office.calendar_form import reason_field
from portal.office.fields import Faults, Field, set_faults, whole
from projects_api.models import Bureau, Membership, Project, in_force
from projects_api.notification_rules import NotificationRules

NUMBERS = ("due_days", "finding_days", "escalate_days", "digest_hour")


def labels() -> dict[str, tuple[str, str]]:
    """Name -> (label, unit)."""
    days = _("calendar days")
    return {
        "due_days": (_("A stage is due soon: before its day by"), days),
        "finding_days": (_("A finding’s deadline comes near: before it by"), days),
        "escalate_days": (_("The leader is told of what has lasted for"), days),
        "digest_hour": (_("The daily e-mail goes out from"), _("o’clock")),
    }


@dataclass(frozen=True)
class NotificationsForm:
    """As typed. ``leaders``: responsible leader as the projects name them -> user name, "" for nobody."""

    values: Mapping[str, str]
    leaders: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    @classmethod
    def saved(cls, document: Mapping[str, Any], reason: str = "") -> Self:
        rules = NotificationRules.from_document(document)
        return cls({name: str(getattr(rules, name)) for name in NUMBERS}, dict(rules.leaders), reason)

    @classmethod
    def sent(cls, form: QueryDict) -> Self:
        names, people = form.getlist("leader_name"), form.getlist("leader_user")
        leaders = dict(zip(names, people, strict=False))
        return cls({name: form.get(name, "") for name in NUMBERS}, leaders, form.get("reason", ""))

    def rules(self) -> dict[str, Any]:
        """For the service, which judges them."""
        leaders = {name: user for name, user in self.leaders.items() if user}
        return {**{name: whole(text) for name, text in self.values.items()}, "leaders": leaders}

    def context(self, faults: Faults, bureau: Bureau) -> dict[str, Any]:
        """What ``office/notifications.html`` shows; ``told`` is the summary of the faults. Two queries."""
        standard = NotificationRules()
        fields = [
            Field(name, label, self.values[name], type="number", unit=unit, standard=str(getattr(standard, name)))
            for name, (label, unit) in labels().items()
        ]
        leaders = Field("leaders", _("Responsible leaders"))
        reason = reason_field(self.reason)
        return {
            "told": set_faults([*fields, leaders, reason], faults),
            "numbers": fields,
            "leaders": leaders,
            "leader_rows": [(name, self.leaders.get(name, "")) for name in self._names(bureau)],
            "people": _people(bureau),
            "reason": reason,
        }

    def _names(self, bureau: Bureau) -> list[str]:
        """The leaders whom the bureau's projects name, and those set before."""
        rows = Project.objects.filter(bureau=bureau, archived_at__isnull=True).exclude(responsible_leader="")
        return sorted({*rows.values_list("responsible_leader", flat=True).distinct().order_by(), *self.leaders})


def _people(bureau: Bureau) -> list[tuple[str, str]]:
    """User name and name of everybody who holds a role in the bureau. One query."""
    today = in_force(bureau.day_of(timezone.now()))
    held = Membership.objects.filter(today, bureau=bureau, user__is_active=True).select_related("user")
    people = {row.user.username: row.user.get_full_name() for row in held.order_by("user__username")}
    return [(username, f"{name} ({username})" if name != username else name) for username, name in people.items()]


def notification_facts(document: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The saved rules in words."""
    rules = NotificationRules.from_document(document)

    def line(name: str, label: str, unit: str) -> str:
        value = getattr(rules, name)
        off = not value and name != "digest_hour"
        return _("%(rule)s: rule switched off") % {"rule": label} if off else f"{label} {value} {unit}"

    facts = [(_("Days"), [line(name, *words) for name, words in labels().items()])]
    if rules.leaders:
        facts.append((_("Responsible leaders"), [f"{name}: {user}" for name, user in rules.leaders.items()]))
    return facts
