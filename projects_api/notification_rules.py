"""When a bureau's people are told of what time brings: its own setting, and what a person gets who has chosen nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import MailWhen, Role
from projects_api.choices import NotificationKind as Kind
from projects_api.errors import FieldError, InvalidInput

_RANGES = {"due_days": (0, 90), "finding_days": (0, 90), "escalate_days": (0, 365), "digest_hour": (0, 23)}
MOST_LEADERS = 200


@dataclass(frozen=True, slots=True)
class NotificationRules:
    """Calendar days; 0 switches a rule off (but not the hour).

    ``due_days``       a stage is due soon so many days before its day
    ``finding_days``   a finding's deadline comes near so many days before it
    ``escalate_days``  what is overdue, unreported or unreviewed for so long goes to the leader
    ``digest_hour``    from which hour on, where the bureau is, the daily e-mail goes out
    ``leaders``        responsible leader as the projects name them -> user name of the account that is told
    """

    due_days: int = 7
    finding_days: int = 3
    escalate_days: int = 14
    digest_hour: int = 8
    leaders: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> NotificationRules:
        """From plain JSON; absent members take the defaults. Raises InvalidInput that names every wrong member."""
        known = {item.name for item in fields(cls)}
        errors = [
            FieldError(f"/{name}", "unknown_field", _("There is no such field.")) for name in document.keys() - known
        ]
        for name, (low, high) in _RANGES.items():
            value = document.get(name, low)
            if type(value) is not int or not low <= value <= high:
                words = _("A whole number between %(low)s and %(high)s.") % {"low": low, "high": high}
                errors.append(FieldError(f"/{name}", "out_of_range", words))
        leaders = document.get("leaders", {})
        if not _is_leaders(leaders):
            errors.append(FieldError("/leaders", "invalid", _("A leader's name with the user name of an account.")))
        if errors:
            raise InvalidInput(errors)
        return cls(**{**document, "leaders": dict(sorted(leaders.items()))})

    def document(self) -> dict[str, Any]:
        """What differs from the defaults: {} says that nothing does."""
        standard = asdict(NotificationRules())
        return {name: value for name, value in asdict(self).items() if value != standard[name]}


def _is_leaders(value: object) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= MOST_LEADERS
        and all(isinstance(k, str) and 0 < len(k) <= 100 for k in value)
        and all(isinstance(v, str) and 0 < len(v) <= 150 for v in value.values())
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """How a person is told of a kind."""

    app: bool = True
    mail: MailWhen = MailWhen.DIGEST

    @property
    def any(self) -> bool:
        return self.app or self.mail != MailWhen.OFF


# What somebody else waits for comes at once; what only time brings can wait for the morning; good news is in the app.
_STANDARD = {
    Kind.REPORT_RETURNED: Choice(mail=MailWhen.NOW),
    Kind.FINDING: Choice(mail=MailWhen.NOW),
    Kind.REPORT_ACCEPTED: Choice(mail=MailWhen.OFF),
    Kind.CERTIFICATE: Choice(mail=MailWhen.OFF),
    Kind.QUESTION_ASSIGNED: Choice(mail=MailWhen.NOW),
}


# Who is ever told of what (`services.notifications`, `services.notification_sweep`): what the settings' page offers.
_EVERYBODY = frozenset({Kind.FINDING, Kind.FINDING_DUE, Kind.FINDING_OVERDUE, Kind.CERTIFICATE})
_ANSWERS = frozenset({Kind.QUESTION_ASSIGNED, Kind.QUESTION_OVERDUE})
_OWN_REPORTS = frozenset({Kind.REPORT_RETURNED, Kind.REPORT_ACCEPTED})
_TOLD = {
    Role.ENGINEER: _OWN_REPORTS | _ANSWERS | {Kind.DUE_SOON, Kind.OVERDUE, Kind.STALE},
    Role.SUPERVISOR: _ANSWERS | {Kind.REPORT_WAITING, Kind.FINDING_MENDED, Kind.STALE},
    Role.OFFICIAL: _ANSWERS
    | {Kind.QUESTION_WAITING, Kind.REPORT_WAITING, Kind.FINDING_MENDED, Kind.OVERDUE, Kind.ESCALATION},
    Role.BUREAU_ADMIN: _OWN_REPORTS | _ANSWERS | {Kind.QUESTION_WAITING, Kind.ESCALATION},
    Role.VIEWER: {Kind.ESCALATION},
}


def kinds_for(roles: Iterable[str]) -> list[Kind]:
    """The kinds that somebody with these roles may be told of, in the order of the list."""
    told = set(_EVERYBODY).union(*(_TOLD[Role(role)] for role in roles))
    return [kind for kind in Kind if kind in told]


def choice_of(kinds: Mapping[str, Any], kind: str) -> Choice:
    """What the stored choices (`NotificationChoice.kinds`) say of a kind."""
    standard = _STANDARD.get(Kind(kind), Choice())
    stored = kinds.get(kind)
    return Choice(bool(stored["app"]), MailWhen(stored["mail"])) if stored else standard
