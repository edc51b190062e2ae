"""Forms that anybody may send: who it was for the limits, and what a robot fills in."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.office.acting import Refusal

# A field that no person sees; its name is one that robots like.
TRAP = "website"


def host_of(request: HttpRequest) -> str | None:
    """The sender's host, for the limits and for sign-in (``AXES_CLIENT_IP_CALLABLE``).

    Each of the installation's own proxies (``PROXIES``) adds to the end of ``X-Forwarded-For`` whom it had it from. What stands
    before theirs anybody may have written, and is not looked at.
    """
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if settings.PROXIES and len(told) >= settings.PROXIES:
        try:
            return str(ip_address(told[-settings.PROXIES].strip()))
        except ValueError:
            pass
    found: str | None = request.META.get("REMOTE_ADDR")
    return found


def trapped(request: HttpRequest) -> bool:
    """Whether the field that nobody sees came back filled in."""
    return bool(request.POST.get(TRAP))


def refusable(response: HttpResponse, refusal: Refusal | None) -> HttpResponse:
    """A form's page with the status of its refusal."""
    if refusal:
        response.status_code = refusal.status
        if refusal.wait:
            response["Retry-After"] = str(refusal.wait)
    return response
