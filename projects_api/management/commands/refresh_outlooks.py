"""``refresh_outlooks``: compute the stored outlook of every project anew, after an update that computes it otherwise."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from projects_api.engine import writer
from projects_api.models import Bureau
from projects_api.services.bureaus import refresh_outlooks


class Command(BaseCommand):
    help = "Compute lights, late days and expected openings of all projects anew."

    def handle(self, *args: Any, **options: Any) -> None:
        for bureau in Bureau.objects.order_by("pk"):
            with writer():
                moved = refresh_outlooks(bureau)
            self.stdout.write(_("%(bureau)s: %(n)s projects moved") % {"bureau": bureau.name, "n": moved})
