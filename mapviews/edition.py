"""What goes on a map that is taken along, as a file or on paper: as of when, under which filters, and for whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from mapviews.filters import FilterForm
from projects_api.models import User
from projects_api.selectors.ledger import viewer_key


@dataclass(frozen=True)
class Edition:
    """``reader``: whose view it is, empty for the public's. ``filters``: (name, value) in words. ``review_number``: 审图号."""

    made: datetime
    reader: str
    filters: tuple[tuple[str, str], ...]
    review_number: str

    @property
    def internal(self) -> bool:
        return bool(self.reader)

    @property
    def watermark(self) -> str:
        """What stands across an internal edition: that it is one, whose, and of which day. Empty on a public one."""
        if not self.internal:
            return ""
        return _("Internal · %(reader)s · %(day)s") % {"reader": self.reader, "day": self.made.date().isoformat()}


def edition_of(request: HttpRequest, form: FilterForm, own: Collection[str] = ()) -> Edition:
    """The edition that this reader takes along now. Internal as soon as the reader sees more than everybody does.

    ``own``: the view's parameters, which the sheet itself shows.
    """
    user = request.user
    reader = user.get_full_name() if isinstance(user, User) and viewer_key(user) != "public" else ""
    filters = []
    for field in form.fields:
        if field.value:
            filters.append((field.label, dict(field.options or ()).get(field.value, field.value)))
    days = {"as_of": _("As known on"), "on": _("As it was on")}
    filters += [(days.get(name, name), value) for name, value in form.kept if name not in own]
    return Edition(timezone.localtime(), reader, tuple(filters), settings.MAP_REVIEW_NUMBER)
