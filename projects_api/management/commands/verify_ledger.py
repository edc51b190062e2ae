"""``manage.py verify_ledger``: checks every chain; exit 0, or 1 with the first broken entry of each chain named."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from projects_api.models import AnnualPlan, Project
from projects_api.selectors.verify import heads, verify


class Command(BaseCommand):
    help = "Check every ledger chain, and that the tables say what the ledger says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--heads", metavar="FILE", help="write the newest hash of every chain to FILE (JSON)")
        parser.add_argument("--against", metavar="FILE", help="the hashes of an earlier --heads must still stand there")

    def handle(self, *args: Any, **options: Any) -> None:
        anchors = self._read(options["against"]) if options["against"] else None
        total = Project.objects.count() + AnnualPlan.objects.count()
        with tqdm(total=total, unit="chain", disable=not sys.stderr.isatty(), leave=False) as bar:
            result = verify(anchors=anchors, progress=lambda done: bar.update(done - bar.n) and None)
        for fault in result.faults[:20]:
            self.stdout.write(self.style.ERROR(str(fault)))
        if not result.sound:
            count = len(result.faults)
            raise CommandError(f"{count} of {result.chains} chains are broken.", returncode=1)
        if options["heads"]:
            text = json.dumps({subject: [version, head] for subject, version, head in heads()}, indent=0)
            Path(options["heads"]).write_text(text + "\n", encoding="utf-8")
        self.stdout.write(f"{result.chains} chains with {result.entries} entries: all sound.")

    def _read(self, name: str) -> dict[str, tuple[int, str]]:
        try:
            content = json.loads(Path(name).read_text(encoding="utf-8"))
            return {subject: (int(version), str(head)) for subject, (version, head) in content.items()}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise CommandError(f"{name} cannot be read as the output of --heads: {error}", returncode=2) from error
