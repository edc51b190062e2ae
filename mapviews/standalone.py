"""A map as one file: page, styles, scripts and data inside, to be opened from a disk with no network.

The data is what the map would have fetched, by the same views for the same reader, and goes into data blocks outside folium. The
file's own content security policy allows exactly its two scripts and its style sheet, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from mapviews.documents import document_text, joined
from mapviews.edition import edition_of
from mapviews.extent import EXTENT, extent_in
from mapviews.maps import MapView
from mapviews.pages import map_context
from mapviews.search import names
from projects_api.origins import origin_of
from projects_api.selectors.bureaus import day_for

# As Django's json_script does it: nothing in a data block ends it, and no old parser takes its characters for line ends.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def standalone(request: HttpRequest, view: MapView) -> str:
    """The file. The request's parameters must have been checked; as many queries as the page and its data take.

    Raises InvalidInput where the sites are too many for a browser to cluster (`clusters.MANY`): a file of about 10 MB.
    """
    context, origin = map_context(request, view), origin_of(request)
    config = context["map_config"]
    queries = [side["query"] for side in config.get("sides", [])] or [""]
    addresses = dict.fromkeys(path + joined(config["query"], query) for path in view.shell.paths for query in queries)
    config |= {
        "later": "",
        "standalone": True,
        "projectPath": origin + reverse("project", args=["CODE"]),
        "schoolPath": origin + reverse("school", args=["CODE"]),
        **_first_view(request),
        "tiles": config["tiles"] | {"maps": []},  # nothing is fetched, so there is no base map
    }
    scripts = [_script(view.shell.bundle), _script(view.shell.later)]
    styles = _styles(view)
    context |= {
        "edition": edition_of(request, context["form"], view.parameters),
        "home": origin + reverse("home"),
        "live": origin + reverse(f"mapviews:{view.key}") + joined("", context["page_query"]),
        "documents": [
            *((address, _data(request, address)) for address in addresses),
            (config["searchUrl"], _block(names(request, (*view.parameters, EXTENT)).decode())),
        ],
        "styles": mark_safe(styles),
        "scripts": [mark_safe(script) for script in scripts],
        "policy": "; ".join(
            [
                "default-src 'none'",
                f"script-src {' '.join(map(_hash, scripts))}",
                f"style-src {_hash(styles)}",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        ),
    }
    return render_to_string("mapviews/standalone.html", context, request=request)


def _first_view(request: HttpRequest) -> dict[str, Any]:
    """The file opens on what the screen showed, and holds the rest."""
    box = extent_in(request.GET)
    return {"bounds": [[box.south, box.west], [box.north, box.east]], "extent": True} if box else {}


def _data(request: HttpRequest, address: str) -> SafeString:
    """What the map would have fetched, as the text of a data block."""
    return _block(document_text(request, address))


def _block(text: str) -> SafeString:
    return mark_safe(text.translate(_ESCAPES))


def _styles(view: MapView) -> str:
    base = finders.find("portal/base.css")
    if not isinstance(base, str):
        raise FileNotFoundError("portal/base.css")
    with open(base, encoding="utf-8") as file:
        return _inline(f"{file.read()}\n{view.shell.sheet.decode()}\n{view.shell.later_sheet.decode()}", "</style")


def _script(body: bytes) -> str:
    return _inline(body.decode(), "</script")


def _inline(text: str, end: str) -> str:
    """Our own file as it will stand in the page; it must not end its element early."""
    if end in text.lower():
        raise ValueError(f"{end} in a file of ours")
    return text


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def file_name(request: HttpRequest, view: MapView) -> str:
    """``schoolworks-status-610526-2026-11-26``, without an ending: plain letters, whatever the filters hold."""
    bureau = "".join(
        character for character in request.GET.get("bureau", "") if character.isalnum() and character.isascii()
    )
    return "-".join(["schoolworks", view.key, bureau or "all", day_for(request.GET, timezone.now()).isoformat()])
