"""E-mail alerts without an account: signing up, confirming, changing, ending. What is sent: `services.alert_mail`.

Whoever signs up an address that is not theirs has no effect: nothing is told before the letter's link was followed and confirmed,
and how many such letters go to one address, or on behalf of one host, is limited. The answer to a sign-up is the same whether
the address is known or not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.choices import AlertWhen
from projects_api.errors import InvalidInput, NotFound
from projects_api.models import Alert
from projects_api.selectors.ledger import newest_entry
from projects_api.services.throttle import Limit, demand, network_of, refuse_over, take
from projects_api.text import clean_line

KEPT_UNCONFIRMED = timedelta(days=2)
WAITING = 3  # sign-ups of one address that may wait for their confirmation; more are not put down
MOST = 50  # alerts of one address
ASKING_PAUSE = timedelta(hours=1)  # between two letters to one address that ask
MORNING = 7  # o'clock, where the installation is
PER_HOST = Limit("alert.host", 30, timedelta(hours=1))
EVERYBODY = Limit("alert.all", 500, timedelta(hours=1))
PER_ADDRESS = Limit("alert.address", 5, timedelta(days=1))
_CONFIRM, _KEEP = signing.Signer(salt="alert.confirm", sep="."), signing.Signer(salt="alert.keep", sep=".")


def alert_request(*, address: str, scope: str, how: str, language: str, host: str | None, at: datetime) -> None:
    """Somebody wants an address to be told. Says nothing about what became of it; the letter does.

    ``scope`` is already checked (`filtersets.alert_scope`). Raises InvalidInput (``/address``, ``/how``), TooOften for who asks
    too much, whatever the addresses. About 8 queries.
    """
    address = clean_address(address, pointer="/address")
    if how not in AlertWhen.values:
        raise InvalidInput.one("/how", "invalid_choice", _("There is no such choice."))
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    network = network_of(host)
    refuse_over([(EVERYBODY, ""), (PER_HOST, network)], at=at)
    with engine.writer():
        demand(PER_HOST, network, at=at)
        demand(EVERYBODY, "", at=at)
        alert = Alert.objects.filter(address=address, scope=scope).first()
        if alert is None:
            theirs = Alert.objects.filter(address=address)
            if theirs.filter(confirmed_at__isnull=True).count() >= WAITING or theirs.count() >= MOST:
                return
            alert = Alert(address=address, scope=scope, how=how, language=language)
        elif alert.asking:
            return  # its letter is on its way
        if not take(PER_ADDRESS, address, at=at):
            return
        if alert.confirmed_at is None:
            alert.how, alert.language = how, language
        alert.made_at, alert.asking, alert.attempts = at, True, 0
        alert.next_attempt_at = max(at, alert.asked_at + ASKING_PAUSE) if alert.asked_at else at
        alert.save()


def clean_address(value: str, *, pointer: str) -> str:
    """An address that mail can go to, in small letters. Raises InvalidInput: line breaks and everything odd among it."""
    words = _("This is not an e-mail address.")
    address = clean_line(value, pointer=pointer, max_length=254).lower()
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInput.one(pointer, "invalid", words) from None
    host = address.rpartition("@")[2]
    if not address.isascii() or "[" in host or "." not in host or '"' in address:
        raise InvalidInput.one(pointer, "invalid", words)
    return address


def confirm_token(alert: Alert) -> str:
    return _CONFIRM.sign(alert.pk.hex)


def keep_token(alert: Alert) -> str:
    """For the page where the address itself changes or ends it: it stands in every letter, and signs in nobody."""
    return _KEEP.sign(alert.pk.hex)


def alert_to_confirm(token: str, *, at: datetime) -> Alert:
    """The sign-up that a letter's link is about. Raises NotFound, also where it has expired."""
    alert = _alert(_CONFIRM, token)
    if alert is None or (alert.confirmed_at is None and alert.made_at <= at - KEPT_UNCONFIRMED):
        raise NotFound(_("This link is no longer valid: it was followed too late, or you have unsubscribed since."))
    return alert


def alert_of(token: str) -> Alert | None:
    """The alert of an unsubscribe link; None where it has ended already. Raises NotFound for a link that we never wrote."""
    try:
        _KEEP.unsign(token)
    except signing.BadSignature:
        raise NotFound(_("This link is not complete. Copy the whole of it from the e-mail.")) from None
    return _alert(_KEEP, token)


def _alert(signer: signing.Signer, token: str) -> Alert | None:
    try:
        return Alert.objects.filter(pk=UUID(signer.unsign(token))).first()
    except (signing.BadSignature, ValueError):
        return None


def alert_confirm(*, alert: Alert, at: datetime) -> Alert:
    """From now on it is told. Confirmed twice it is confirmed."""
    with engine.writer():
        fresh = Alert.objects.filter(pk=alert.pk).first()
        if fresh is None:
            raise NotFound()
        if fresh.confirmed_at is None:
            fresh.confirmed_at, fresh.asking = at, False
            fresh.told_up_to, fresh.attempts = newest_entry(), 0
            fresh.next_attempt_at = next_look(fresh.how, at)
            fresh.save()
        return fresh


def alert_change(*, alert: Alert, how: str, at: datetime) -> None:
    """How often. Raises InvalidInput."""
    if how not in AlertWhen.values:
        raise InvalidInput.one("/how", "invalid_choice", _("There is no such choice."))
    with engine.writer():
        row = Alert.objects.filter(pk=alert.pk, confirmed_at__isnull=False)
        row.update(how=how)
        row.filter(asking=False).update(next_attempt_at=next_look(how, at))


def alert_end(*, alert: Alert, every: bool = False) -> int:
    """Forget it, or ``every`` one of its address; how many."""
    rows = Alert.objects.filter(address=alert.address) if every else Alert.objects.filter(pk=alert.pk)
    with engine.writer():
        return rows.delete()[0]


def next_look(how: str, at: datetime) -> datetime:
    """When there is next something to send: at once; the next morning; the next Monday's morning."""
    if how == AlertWhen.NOW:
        return at
    local = timezone.localtime(at)
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    morning += timedelta(days=1) if morning <= local else timedelta(0)
    if how == AlertWhen.WEEKLY:
        morning += timedelta(days=-morning.weekday() % 7)
    return morning
