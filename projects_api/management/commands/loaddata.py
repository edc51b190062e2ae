"""``manage.py loaddata pucheng gushi``: Django's own, but a bureau that is already here is left as it is.

Loading a bureau's fixture again would put its projects back to the fixture's state behind the ledger of everything that
was done since; the ledger's triggers would refuse that halfway, with a traceback.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.commands import loaddata

from projects_api.models import Bureau
from projects_api.services.sites import settle_places


class Command(loaddata.Command):
    def handle(self, *labels: str, **options: Any) -> None:
        wanted = [label for label in labels if not self._is_here(label)]
        if wanted:
            super().handle(*wanted, **options)
            settle_places()

    def _is_here(self, label: str) -> bool:
        codes = bureau_codes(label)
        known = set(Bureau.objects.filter(code__in=codes).values_list("code", flat=True))
        if codes and known == codes:
            self.stdout.write(f"{label}: already loaded, left as it is ({', '.join(sorted(codes))})")
            return True
        return False


def bureau_codes(label: str) -> set[str]:
    """The bureaus that one of the product's own fixtures holds; none for any other file."""
    for folder in settings.FIXTURE_DIRS:
        path = Path(folder) / f"{label.removesuffix('.json')}.json"
        if path.is_file():
            rows = json.loads(path.read_text(encoding="utf-8"))
            return {row["fields"]["code"] for row in rows if row["model"] == "projects_api.bureau"}
    return set()
