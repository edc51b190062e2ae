"""A project for search engines: schema.org, of public facts alone."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal.languages import TAGS, Addresses, spoken
from projects_api.models import Project


def structured(project: Project, addresses: Addresses, changed: str) -> dict[str, Any]:
    """A page about a project of the bureau's at a place. ``changed``: when anything public did. No query."""
    place: dict[str, Any] = {"@type": "Place", "name": project.region.name}
    if project.address:
        place["address"] = project.address
    if project.site is not None and not project.is_approximate:
        point = {"latitude": round(project.site.y, 6), "longitude": round(project.site.x, 6)}
        place["geo"] = {"@type": "GeoCoordinates", **point}
    about: dict[str, Any] = {
        "@type": "Project",
        "identifier": project.code,
        "name": project.title,
        "location": place,
        "parentOrganization": {"@type": "GovernmentOrganization", "name": project.bureau.name},
    }
    if project.description:
        about["description"] = project.description
    return {
        "@type": "WebPage",
        "url": addresses.canonical,
        "name": project.title,
        "inLanguage": TAGS[spoken()],
        "dateModified": changed,
        "primaryImageOfPage": addresses.absolute(reverse("project-share", args=[project.code])),
        "about": about,
    }
