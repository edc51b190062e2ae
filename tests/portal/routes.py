"""The pages that everybody may read, enumerated from the permission table, which is complete by the URL configuration.

So a new public page cannot be forgotten by what walks all of them: search engines' tests, the test of accessibility.
"""

from __future__ import annotations

from tests.api.test_permissions import PAGES
from tests.cast import PUBLIC

# Public answers that are no pages of this product's frame: files, data, parts of pages, what programs ask.
NO_PAGES = ("mapviews:", "ogc", "favicon", "robots", "sitemap", "healthz", "readyz", "field-")
# Pages that are of no use to who comes from a search: forms, and what follows them.
NOT_FOR_SEARCH = frozenset({"login", "field", "alerts", "alert-sent", "project-embed", "question-new", "question-sent"})


def public_pages() -> list[tuple[str, str]]:
    """(route, a path of it without query) of every page that answers 200 to who is not signed in."""
    from mapviews.maps import VIEWS

    found = []
    for name, rows in PAGES.items():
        if name.startswith(NO_PAGES) and name.removeprefix("mapviews:") not in VIEWS:
            continue
        open_rows = [path for path, expected in rows if expected[PUBLIC] == 200 and "?" not in path]
        if open_rows and open_rows[0].endswith("/"):
            found.append((name, open_rows[0]))
    return found


def pages_behind_the_sign_in() -> list[str]:
    """A path of every page that sends the public to sign in and answers 200 to the administrator of a bureau."""
    rows = ((path, expected) for rows in PAGES.values() for path, expected in rows)
    found = [path for path, expected in rows if (expected[PUBLIC], expected["bureau_admin"]) == (302, 200)]
    return sorted({path for path in found if path.endswith("/") and "610526-2023-002" not in path})
