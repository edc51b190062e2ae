"""What a bureau shows the public beyond what everybody may read: what is not accepted yet, money, inspections; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.utils.translation import gettext as _

from projects_api.errors import FieldError, InvalidInput

LONGEST_TERM = 60  # working days
USUAL_TERM = 10


@dataclass(frozen=True, slots=True)
class PublishingRules:
    """``reported``: finished stages that wait for acceptance are public, marked as such; without, they are held back.

    ``money``: what was estimated, allotted and spent is public, amounts with their kind or source and day. ``inspections``:
    that an inspection was passed is public, with its kind and day. ``answer_days``: working days in which questions of the
    public are answered; 0: none are taken.
    """

    reported: bool = True
    money: bool = False
    inspections: bool = False
    answer_days: int = USUAL_TERM

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> PublishingRules:
        """From plain JSON; absent members take the defaults. Raises InvalidInput that names every wrong member."""
        known = {field.name for field in fields(cls)}
        errors = [
            FieldError(f"/{name}", "unknown_field", _("There is no such field."))
            for name in sorted(document.keys() - known)
        ]
        errors += [
            FieldError(f"/{name}", "invalid", _("true or false."))
            for name in sorted(known & document.keys() - {"answer_days"})
            if not isinstance(document[name], bool)
        ]
        days = document.get("answer_days", 0)
        if type(days) is not int or not 0 <= days <= LONGEST_TERM:
            words = _("A whole number between %(low)s and %(high)s.") % {"low": 0, "high": LONGEST_TERM}
            errors.append(FieldError("/answer_days", "out_of_range", words))
        if errors:
            raise InvalidInput(errors)
        return cls(**document)

    def document(self) -> dict[str, Any]:
        """As the bureau's record keeps it: a member of later versions is absent where it says nothing (the default)."""
        said = asdict(self)
        if self.answer_days == USUAL_TERM:
            del said["answer_days"]
        return said

    def whole(self) -> dict[str, Any]:
        """All members, for who reads them."""
        return asdict(self)
