"""``/alerts/``: e-mails without an account. Sign up, confirm, change, stop.

Pages that a letter leads to do nothing when they are looked at: mail programs and robots follow links. A button does it.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from portal.office.acting import Refusal, attempt, done
from portal.office.fields import Field, set_faults
from portal.public.guests import host_of, refusable, trapped
from projects_api.choices import AlertWhen
from projects_api.errors import InvalidInput, RuleBroken
from projects_api.filtersets import alert_scope, checked_query
from projects_api.models import Alert
from projects_api.selectors.alerts import scope_words
from projects_api.services.alerts import (
    KEPT_UNCONFIRMED,
    alert_change,
    alert_confirm,
    alert_end,
    alert_of,
    alert_request,
    alert_to_confirm,
    keep_token,
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def alerts(request: HttpRequest) -> HttpResponse:
    """Sign up for what the query says, the API's filters or ``project=CODE``. Four queries to read, about ten to write."""
    scope = alert_scope(_lasting(request.GET))
    if request.method != "POST":
        return _form(request, scope)
    if not settings.EMAIL_ON:
        raise RuleBroken(_("This installation sends no e-mails."))
    sent = request.POST
    if not trapped(request):
        refusal = attempt(
            lambda: alert_request(
                address=sent.get("address", ""),
                scope=scope,
                how=sent.get("how", ""),
                language=get_language() or "",
                host=host_of(request),
                at=timezone.now(),
            )
        )
        if refusal:
            return _form(request, scope, refusal)
    return HttpResponseRedirect(reverse("alert-sent"), status=303)


def _lasting(query: QueryDict) -> QueryDict:
    """Without what a list's page has besides its filters."""
    kept = query.copy()
    for name in ("page", "page_size", "ordering"):
        kept.pop(name, None)
    return kept


def _form(request: HttpRequest, scope: str, refusal: Refusal | None = None) -> HttpResponse:
    address = Field(
        "address", _("Your e-mail address"), request.POST.get("address", ""), type="email", max_length=254,
        autocomplete="email", required=True, hint=_("Used for these e-mails alone, and forgotten when you stop them."),
    )  # fmt: skip
    how = Field("how", _("How often"), request.POST.get("how", AlertWhen.NOW.value), options=_choices())
    faults = set_faults([address, how], refusal.faults if refusal else {})
    context = {
        "about": scope_words(scope),
        "scope": scope,
        "project": QueryDict(scope).get("project", ""),
        "address": address,
        "how": how,
        "refusal": refusal,
        "faults": faults,
        "email_on": settings.EMAIL_ON,
    }
    return refusable(render(request, "alerts/sign_up.html", context), refusal)


def _choices() -> list[tuple[str, str]]:
    return [(when.value, str(when.label)) for when in AlertWhen]


@never_cache
@require_safe
def alert_sent(request: HttpRequest) -> HttpResponse:
    """What happens next: the same words for every address."""
    checked_query(request.GET, known=())
    return render(request, "alerts/sent.html", {"days": KEPT_UNCONFIRMED.days})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def alert_confirmation(request: HttpRequest, token: str) -> HttpResponse:
    """Where the letter that asks leads. Three queries."""
    checked_query(request.GET, known=())
    at = timezone.now()
    alert = alert_to_confirm(token, at=at)
    if request.method == "POST":
        alert = alert_confirm(alert=alert, at=at)
    return render(request, "alerts/confirm.html", {"alert": alert, **_told(alert)})


@csrf_exempt  # a mail program that ends it has no cookie of ours (RFC 8058): whoever has the link may
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def alert(request: HttpRequest, token: str) -> HttpResponse:
    """Where every letter leads: change how often, stop this one, stop all of them. Three queries."""
    checked_query(request.GET, known=())
    found = alert_of(token)
    if request.method == "POST" and found is not None:
        act = request.POST.get("act", "")
        if request.POST.get("List-Unsubscribe") == "One-Click" or act in ("stop", "stop_all"):
            alert_end(alert=found, every=act == "stop_all")
            found = None
        elif act == "change":
            alert_change(alert=found, how=request.POST.get("how", ""), at=timezone.now())
            return done(request, _("Saved."), reverse("alert", args=[token]))
        else:
            raise InvalidInput.one("/act", "invalid_choice", _("There is no such choice."))
    if found is None:
        return render(request, "alerts/ended.html")
    return render(request, "alerts/alert.html", {"alert": found, **_told(found)})


def _told(alert: Alert) -> dict[str, object]:
    return {
        "about": scope_words(alert.scope),
        "keep": keep_token(alert),
        "how": Field("how", _("How often"), alert.how, options=_choices()),
    }
