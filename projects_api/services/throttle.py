"""Limits on what anybody may do without an account, counted in the database: they hold for all processes together.

Counting happens within `engine.writer`, so that no two count the same turn; who is over the limit is refused by a read alone, so
that a flood does not queue among the writers. Who it was is kept as a keyed hash, and for as long as the window lasts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.utils.translation import gettext as _

from projects_api.errors import TooOften
from projects_api.models import Throttle

LONGEST = timedelta(days=1)  # no window is longer: what is older counts for nothing and is swept


@dataclass(frozen=True, slots=True)
class Limit:
    """``most`` times in ``per`` from the first on, for each of ``name``'s."""

    name: str
    most: int
    per: timedelta


def refuse_over(turns: Iterable[tuple[Limit, str]], *, at: datetime) -> None:
    """Without counting. Raises TooOften. One query."""
    keys = {_key(limit, who): limit for limit, who in turns}
    for row in Throttle.objects.filter(pk__in=list(keys)):
        limit = keys[row.key]
        if row.since > at - limit.per and row.used >= limit.most:
            raise _too_often(limit, row.since, at)


def take(limit: Limit, who: str, *, at: datetime) -> bool:
    """Count one turn of ``who``; False, and nothing counted, where there is none left. Within `engine.writer`. Two queries."""
    key = _key(limit, who)
    row = Throttle.objects.filter(pk=key).first()
    if row is None or row.since <= at - limit.per:
        Throttle.objects.update_or_create(pk=key, defaults={"since": at, "used": 1})
        return True
    if row.used >= limit.most:
        return False
    row.used += 1
    row.save(update_fields=["used"])
    return True


def demand(limit: Limit, who: str, *, at: datetime) -> None:
    """`take`, or raise TooOften."""
    if not take(limit, who, at=at):
        raise _too_often(limit, at, at)


def network_of(host: str | None) -> str:
    """Whom a limit by host counts: an IPv4 address, or the /64 that an IPv6 customer has to itself; "" where it is not known."""
    try:
        found = ip_address(host or "")
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found)


def _key(limit: Limit, who: str) -> str:
    secret = settings.SECRET_KEY.encode()
    return hmac.new(secret, f"throttle\n{limit.name}\n{who}".encode(), hashlib.sha256).hexdigest()


def _too_often(limit: Limit, since: datetime, at: datetime) -> TooOften:
    wait = max(60, int((since + limit.per - at).total_seconds()))
    return TooOften(_("This was done too often just now. Try again later."), wait=wait)
