"""A table seen through a mapping's own column names."""

from __future__ import annotations

from collections.abc import Mapping as Dict

from django.utils.translation import gettext as _

from projects_api.interchange.mapping import Column
from projects_api.interchange.tables import Row, Table, TableUnreadable


class Columns:
    """Cells by our name, blanks made single. Raises TableUnreadable when a column that is needed is not there."""

    def __init__(self, table: Table, columns: Dict[str, Column]) -> None:
        missing = [c.header for c in columns.values() if c.header not in table.header and not c.optional]
        if missing:
            words = {
                "file": table.path.name,
                "missing": ", ".join(f"“{m}”" for m in missing),
                "found": ", ".join(h for h in table.header if h)[:500],
            }
            raise TableUnreadable(_("%(file)s lacks the columns %(missing)s. It has: %(found)s.") % words)
        self.present = frozenset(name for name, c in columns.items() if c.header in table.header)
        self._where = [
            (name, table.header.index(c.header) if name in self.present else -1, c.strip) for name, c in columns.items()
        ]

    def read(self, row: Row) -> dict[str, str]:
        cells = {}
        for name, index, strip in self._where:
            cell = " ".join(row.cells[index].split()) if index >= 0 else ""
            cells[name] = strip.sub("", cell).strip() if strip and cell else cell
        return cells
