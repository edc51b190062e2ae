"""A project elsewhere: ``share.png`` for messengers, ``embed/`` for other sites' pages, ``badge.svg`` for anywhere.

For everybody the same, whoever is signed in: what the public does not see is not found here by anybody. No cookie, no form, and
no parameter is read: whatever another site hangs on the address changes nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

from csp.constants import NONE
from csp.utils import build_policy
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from mapviews.paper.drawing import symbol
from mapviews.paper.panels import Mark, status_look
from mapviews.styles import LIGHT_STYLES, STATUS_STYLES
from portal.languages import Addresses
from portal.public.badges import badge_svg
from portal.public.glance import Glance, glance_of
from projects_api.errors import NotFound
from projects_api.interchange.pdf import png_of
from projects_api.kept import kept
from projects_api.models import Project
from projects_api.selectors.projects import project_page

_NOTHING = "default-src 'none'"


@kept
@require_safe
def share(request: HttpRequest, code: str) -> HttpResponse:
    """The picture that a messenger shows beside a link: 1200 × 630. Two queries; drawing takes about half a second."""
    found, glance = _public(code)
    context = {
        "project": found,
        "glance": glance,
        "mark": mark_safe(symbol(Mark(0, 0, status_look(found.status, found.stage)), 12, 12, 24)),
        "light": LIGHT_STYLES.get(glance.light),
        "bar": round(glance.progress * 10.4),
    }
    picture = _drawn(render_to_string("public/share.html", context))
    return _elsewhere(HttpResponse(picture, content_type="image/png"), _NOTHING)


def _drawn(html: str) -> bytes:
    """Once for what it says: another parameter, host or entry of the ledger is another address, and the same picture."""
    key = f"picture {hashlib.sha256(html.encode()).hexdigest()}"
    picture: bytes | None = caches["answers"].get(key)
    if picture is None:
        picture = png_of(html, dots_per_inch=96)
        caches["answers"].set(key, picture)
    return picture


@kept
@require_safe
def badge(request: HttpRequest, code: str) -> HttpResponse:
    """Status, percent, opening, as an SVG that runs nothing. Two queries."""
    found, glance = _public(code)
    style = STATUS_STYLES[found.status]
    left = _("%(status)s %(n)s%%") % {"status": found.get_status_display(), "n": glance.progress}
    words = badge_svg(style, left, glance.opens_words, title=f"{found.title}: {left}, {glance.opens_words}")
    return _elsewhere(HttpResponse(words, content_type="image/svg+xml; charset=utf-8"), _NOTHING)


@kept
@require_safe
@xframe_options_exempt
def embed(request: HttpRequest, code: str) -> HttpResponse:
    """The one page that others may frame: a card that leads to the project's page. Two queries."""
    found, glance = _public(code)
    address = Addresses(request).absolute(reverse("project", args=[code]))
    text = render_to_string("public/embed.html", {"project": found, "glance": glance, "address": address})
    framed = {"frame-ancestors": ["*"], "form-action": [NONE], "script-src": [NONE], "connect-src": [NONE]}
    return _elsewhere(HttpResponse(text), build_policy(replace=framed))


def _public(code: str) -> tuple[Project, Glance]:
    found = project_page(AnonymousUser(), code)
    if found is None:
        raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code})
    stages = [m for m in found.milestones.all() if m.public]
    return found, glance_of(found, stages, found.bureau.day_of(timezone.now()))


def _elsewhere(response: HttpResponse, policy: str) -> HttpResponse:
    """Any site may show it, and its scripts may look at the picture. The policy is the answer's own from here on, not a mark for
    the middleware: so it is kept with the answer."""
    response["Content-Security-Policy"] = policy
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def codes(found: Project, addresses: Addresses) -> dict[str, Any]:
    """What the "share and embed" section gives to copy: whole elements, as text."""
    page = addresses.absolute(reverse("project", args=[found.code]))
    frame = addresses.absolute(reverse("project-embed", args=[found.code]))
    image = addresses.absolute(reverse("project-badge", args=[found.code]))
    said = render_to_string("public/_codes.html", {"page": page, "frame": frame, "image": image, "title": found.title})
    iframe, _mark, link = said.partition("\n\n")
    return {"page": page, "iframe": iframe.strip(), "badge": link.strip()}
