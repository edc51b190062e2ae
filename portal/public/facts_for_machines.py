"""What search engines read beside the words (schema.org, as JSON-LD)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.languages import TAGS, Addresses, spoken
from projects_api.models import Bureau

Facts = dict[str, Any]


def site(addresses: Addresses, bureaus: Iterable[Bureau]) -> list[Facts]:
    """Whose site it is, and how it is searched."""
    home = addresses.absolute(reverse("home"))
    search = addresses.absolute(reverse("projects"))
    web = {
        "@type": "WebSite",
        "@id": f"{home}#site",
        "name": "校建通 SchoolWorks",
        "url": home,
        "inLanguage": TAGS[spoken()],
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{search}?q={{q}}"},
            "query-input": "required name=q",
        },
    }
    held = [
        {
            "@type": "GovernmentOrganization",
            "@id": f"{home}#{bureau.code}",
            "name": bureau.name,
            "areaServed": {
                "@type": "AdministrativeArea",
                "name": bureau.region.name,
                "url": addresses.absolute(reverse("region", args=[bureau.region.code])),
            },
        }
        for bureau in bureaus
    ]
    return [{**web, "publisher": [{"@id": one["@id"]} for one in held]}, *held] if held else [web]


def crumbs(addresses: Addresses, steps: Sequence[tuple[str, str, Sequence[Any]]]) -> Facts:
    """Where a page is: (words, route, its arguments), from the top; the front page goes before them."""
    whole = [(_("School construction"), "home", ()), *steps]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": words,
                "item": addresses.absolute(reverse(route, args=arguments)),
            }
            for place, (words, route, arguments) in enumerate(whole, start=1)
        ],
    }
