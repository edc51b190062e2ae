"""Which tables there are, in the order in which they are listed.

The columns of projects, stages, money and the like are those of ``projects_api.public``; whose rows they are is `visible_to` with
a reader who is nobody.
"""

from __future__ import annotations

from projects_api.interchange.opendata.parts import HANGING
from projects_api.interchange.opendata.projects import PROJECTS
from projects_api.interchange.opendata.reference import REFERENCE
from projects_api.interchange.opendata.table import Table

TABLES: dict[str, Table] = {table.name: table for table in (PROJECTS, *HANGING, *REFERENCE)}
