"""For who found nothing: what may have been meant. Only over what the reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from django.contrib.auth.models import AnonymousUser

from projects_api.models import Project, Region, User
from projects_api.selectors.places import schools_visible_to, standing
from projects_api.spelling import near_spelling

# Of more titles than these the newest are looked through: a slip is mostly in a word that many of them have.
TITLES = 2000
CODES = 5000


def meant(typed: str, user: User | AnonymousUser) -> str:
    """Other words for a search that found nothing, or an empty string. Three queries."""
    return near_spelling(typed, _names(user))


def _names(user: User | AnonymousUser) -> Iterator[str]:
    titles = Project.objects.visible_to(user).order_by("-updated_at").values_list("title_zh", "title_en")
    regions = Region.objects.values_list("name_zh", "name_en")[:TITLES]
    schools = schools_visible_to(user).filter(standing()).values_list("name_zh", "name_en")[:TITLES]
    for rows in (titles[:TITLES], regions, schools):
        for names in rows:
            yield from filter(None, names)


def near_codes(code: str, user: User | AnonymousUser, limit: int = 3) -> list[Project]:
    """Visible projects whose code looks like one that is none. Two queries at most."""
    visible = Project.objects.visible_to(user)
    head = code.strip()[:7]
    codes = list(visible.filter(code__startswith=head).order_by("code").values_list("code", flat=True)[:CODES])
    near = get_close_matches(code.strip()[:40], codes, n=limit, cutoff=0.8)
    rows = (
        {project.code: project for project in visible.filter(code__in=near).defer("footprint", "note")} if near else {}
    )
    return [rows[code] for code in near if code in rows]
