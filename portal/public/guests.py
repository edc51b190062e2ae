"""Forms that anybody may send: who it was for the limits, and what a robot fills in."""

from __future__ import annotations

from axes.helpers import get_client_ip_address
from django.http import HttpRequest, HttpResponse

from portal.office.acting import Refusal

# A field that no person sees; its name is one that robots like.
TRAP = "website"


def host_of(request: HttpRequest) -> str | None:
    """The sender's host, as sign-in counts it: a header is believed only from the installation's own proxies (``PROXIES``)."""
    found: str | None = get_client_ip_address(request)
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
