"""Where the product stands on the network: the origin that its links name, and which hosts are really its own.

Django's ``ALLOWED_HOSTS`` looks at the name alone: any port, capital letters, a dot at the end pass, and of ``.example.cn`` every
name there is. That is right for answering, and too much for whatever is remembered by the host that was asked.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def origin_of(request: HttpRequest) -> str:
    """``https://works.example.cn``: SITE_URL, or where the reader asked if there is none.

    For what is sent on, kept or indexed. What a program follows at once, with its token (``next``), stays where it asked.
    """
    return settings.SITE_URL if settings.SITE_URL_GIVEN else f"{request.scheme}://{request.get_host()}"


def own_host(request: HttpRequest) -> bool:
    """Whether the host asked for is one of the few that the settings spell out, at a port that is ours.

    A name of ALLOWED_HOSTS without a port or with the one that the server listens at (not behind a Unix socket, where gunicorn
    takes it from the request), or an origin named by SITE_URL or CSRF_TRUSTED_ORIGINS, whatever its port.
    """
    host = request.get_host()
    if f"{request.scheme}://{host}" in {*settings.CSRF_TRUSTED_ORIGINS, settings.SITE_URL}:
        return True
    if request.META.get("REMOTE_ADDR"):
        host = host.removesuffix(f":{request.META.get('SERVER_PORT')}")
    # ".example.cn" is met by its own name only as SITE_URL or an origin: of the names under it there is no end.
    return host in settings.ALLOWED_HOSTS
