"""Files to drafts. Pure: no database, no clock. ``services.imports.import_projects`` writes what comes out.

A row is either taken whole or rejected whole, with its physical line, the columns at fault and the reason; the other
rows of its project stand. What was taken but needed a decision is a note.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from projects_api.drafts import BureauDraft, ProjectDraft, RegionDraft, Register
from projects_api.geodesy import Area, Bounds
from projects_api.interchange.columns import Columns
from projects_api.interchange.mapping import Mapping
from projects_api.interchange.phases import PhaseRow, Phases, status_of, total_of
from projects_api.interchange.projects import Facts, digest
from projects_api.interchange.reports import Note, Reject
from projects_api.interchange.sites import Place, Sites, place_of, read_sites
from projects_api.interchange.tables import BadRow, Row, Table, TableUnreadable
from projects_api.interchange.values import Values

Cells = dict[str, str]
Identity = tuple[str, ...]


@dataclass
class Reading:
    """All that came out of the files. ``rows`` counts the data rows of the main table."""

    bureau: BureauDraft
    header: tuple[str, ...] = ()
    rows: int = 0
    drafts: list[ProjectDraft] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    sites: Sites | None = None

    @property
    def milestones(self) -> int:
        return sum(len(draft.milestones) for draft in self.drafts)

    @property
    def unlocated(self) -> list[ProjectDraft]:
        return [draft for draft in self.drafts if draft.site is None]


@dataclass
class _Group:
    """The rows of one project, as far as they are good."""

    cells: Cells
    lines: list[int] = field(default_factory=list)
    rows: list[PhaseRow] = field(default_factory=list)


def read_projects(
    path: Path,
    mapping: Mapping,
    *,
    sites: Path | None = None,
    bureau_code: str = "",
    area: Area | None = None,
    register: Register | None = None,
    encoding: str = "",
    today: date | None = None,
    tick: Callable[[int], None] = lambda rows: None,
) -> Reading:
    """Read a table, and the table of sites if given, by a mapping.

    ``area`` and ``register`` are those of a bureau which exists (one that the mapping makes has the mapping's box); ``tick`` is
    called with the number of rows done. Raises TableUnreadable when a file as a whole cannot be read or an option does not fit.
    """
    return _Import(path, mapping, sites, bureau_code, area, register, encoding, today, tick).run()


class _Import:
    def __init__(
        self,
        path: Path,
        mapping: Mapping,
        sites: Path | None,
        bureau_code: str,
        area: Area | None,
        register: Register | None,
        encoding: str,
        today: date | None,
        tick: Callable[[int], None],
    ) -> None:
        self.mapping = mapping
        bureau = _bureau(mapping, bureau_code)
        self.reading = Reading(bureau)
        self.area = area or Area(Bounds(*bureau.bounds) if bureau.bounds else None)
        if sites and not mapping.joins_sites:
            raise TableUnreadable(
                _("The mapping %(name)s reads no second table; leave --sites out.") % {"name": mapping.name}
            )
        encoding = encoding or mapping.encoding
        self.table = Table(path, encoding=encoding)
        self.reading.header = self.table.header
        self.columns = Columns(self.table, mapping.columns)
        self.values = Values(mapping.date_formats, mapping.money_signs, mapping.money_unit, mapping.words, today)
        self.phases = Phases(mapping, self.values)
        self.facts = Facts(mapping, self.columns.present, self.area, self.values, bureau.code, register)
        self.regions: dict[str, RegionDraft] = {}
        self.tick = tick
        if sites and mapping.site:
            self.reading.sites = read_sites(sites, mapping.site, self.area, encoding)

    def run(self) -> Reading:
        groups = self._groups()
        used: dict[str, str] = {}
        for identity, group in groups.items():
            draft = self._draft(identity, group, used)
            if draft:
                self.reading.drafts.append(draft)
        self.reading.rejects.sort(key=lambda reject: reject.line)
        self.reading.notes.sort(key=lambda note: note.line)
        bureau = self.reading.bureau
        regions = (*bureau.regions, *(self.regions[code] for code in sorted(self.regions)))
        self.reading.bureau = replace(bureau, regions=regions)
        return self.reading

    # --- rows to groups ---

    def _groups(self) -> dict[Identity, _Group]:
        groups: dict[Identity, _Group] = {}
        seen: dict[tuple[str, ...], int] = {}
        waiting: list[tuple[Row, Cells]] = []
        for row in self.table:
            self.reading.rows += 1
            self.tick(1)
            if isinstance(row, BadRow):
                self.reading.rejects.append(Reject(row.line, row.column, row.reason, row.cells))
                continue
            first = seen.setdefault(row.cells, row.line)
            if first != row.line:
                self._note(row.line, _("the same as line %(line)d, counted once") % {"line": first})
                continue
            cells = self.columns.read(row)
            if self.mapping.blank_joins and not cells[self.mapping.blank_joins]:
                waiting.append((row, cells))
            else:
                self._take(groups, row, cells)
        for row, cells in waiting:
            self._take(groups, row, self._joined(groups, row, cells))
        return groups

    def _joined(self, groups: dict[Identity, _Group], row: Row, cells: Cells) -> Cells:
        """A row without one part of its identity belongs to the only project that agrees in the other parts."""
        blank = self.mapping.blank_joins
        others = [name for name in self.mapping.identity if name != blank]
        if not all(cells[name] for name in others):
            return cells
        fitting = [group for group in groups.values() if all(group.cells[name] == cells[name] for name in others)]
        if len(fitting) != 1:
            return cells
        words = {"column": self.mapping.columns[blank].header, "line": fitting[0].lines[0]}
        self._note(row.line, _("“%(column)s” is empty; taken as part of the project of line %(line)d") % words)
        return {**cells, blank: fitting[0].cells[blank]}

    def _take(self, groups: dict[Identity, _Group], row: Row, cells: Cells) -> None:
        faults = self.facts.faults(cells)
        phase: PhaseRow | None = None
        if self.mapping.rows == "milestones":
            phase, more = self.phases.read(row.line, cells)
            faults += more
        identity = tuple(cells[name] for name in self.mapping.identity)
        if not any(identity):
            faults.append((self.mapping.identity[0], _("the row does not say which project it belongs to")))
        elif self.mapping.rows == "projects" and identity in groups:
            faults.append(
                (
                    self.mapping.identity[0],
                    _("the same project as in line %(line)d") % {"line": groups[identity].lines[0]},
                )
            )
        if faults:
            self._reject(row, faults)
            return
        group = groups.setdefault(identity, _Group(cells))
        group.lines.append(row.line)
        if self.facts.unexplained(cells):
            self._note(row.line, _("it stands still, and the table does not say why"))
        if phase:
            group.rows.append(phase)
            self.reading.notes.extend(Note(row.line, text) for text in phase.remarks)
        self._differs(group, row.line, cells)

    def _differs(self, group: _Group, line: int, cells: Cells) -> None:
        for name in self.facts.names:
            if cells[name] != group.cells[name]:
                words = {"column": self.mapping.columns[name].header, "line": group.lines[0]}
                self._note(
                    line,
                    _("“%(column)s” differs from line %(line)d of the same project; the first one counts") % words,
                )

    # --- groups to drafts ---

    def _draft(self, identity: Identity, group: _Group, used: dict[str, str]) -> ProjectDraft | None:
        cells = group.cells
        code = self._code(identity, cells, used)
        place, given = self._place(group)
        draft = self.facts.draft(cells, code=code, identity=identity, given=given)
        region = self._region(cells)
        if region:
            draft = replace(draft, region_code=region, given=draft.given | {"region_code"})
        if place:
            draft = replace(
                draft,
                site=(place.lon, place.lat),
                site_crs=place.crs,
                location_precision=place.precision,
                address=place.address or draft.address,
            )
        if draft.school and draft.region_code:
            draft = replace(draft, school=replace(draft.school, region_code=draft.region_code))
        if self.mapping.rows == "milestones":
            found = self.phases.together(group.rows)
            self.reading.notes.extend(found.notes)
            draft = replace(
                draft,
                given=draft.given | {"milestones", "estimates", "spending"},
                milestones=found.milestones,
                estimates=found.estimates,
                spending=found.spending,
            )
            if self.mapping.status_rules:
                draft = replace(
                    draft,
                    status=status_of(found.milestones, self.mapping.status_rules),
                    given=draft.given | {"status"},
                )
            if self.mapping.investment:
                total = total_of(group.rows, self.mapping.investment)
                draft = replace(draft, total_investment=total, given=draft.given | {"total_investment"})
        return replace(draft, lines=tuple(group.lines))

    def _code(self, identity: Identity, cells: Cells, used: dict[str, str]) -> str:
        """The code of the template; ``{hash}`` is as short as keeps the codes of one file apart."""
        full = digest(identity)
        for length in (6, 10, 16):
            code = self.mapping.code.fill(lambda name, n=length: full[:n] if name == "hash" else cells[name])  # type: ignore[misc]
            if used.setdefault(code, full) == full:
                break
        return code

    def _place(self, group: _Group) -> tuple[Place | None, frozenset[str]]:
        """The place that the tables tell, and the fields that it fills. One that they do not tell takes none away: somebody may
        have surveyed it."""
        rule, sites = self.mapping.site, self.reading.sites
        fields = frozenset({"site", "site_crs", "location_precision"})
        place = None
        if rule is not None and sites is not None:
            place, fields = sites.places.get(group.cells[rule.join]), fields | {"address"}
        elif rule is not None and not rule.join and rule.latitude in self.columns.present:
            place = place_of(group.cells, rule, self.area)
        return place, fields if place else frozenset()

    def _region(self, cells: Cells) -> str:
        districts = self.mapping.districts
        if not districts:
            return ""
        region = districts.draft(cells[districts.field], self.reading.bureau.code)
        return self.regions.setdefault(region.code, region).code

    # --- the report ---

    def _note(self, line: int, text: str) -> None:
        self.reading.notes.append(Note(line, text))

    def _reject(self, row: Row, faults: list[tuple[str, str]]) -> None:
        columns = self.mapping.columns
        named = "; ".join(dict.fromkeys(columns[name].header for name, _reason in faults if name in columns))
        reasons = "; ".join(dict.fromkeys(reason for _name, reason in faults))
        self.reading.rejects.append(Reject(row.line, named, reasons, row.cells))


def _bureau(mapping: Mapping, code: str) -> BureauDraft:
    if mapping.bureau is None:
        if not code:
            raise TableUnreadable(
                _("The mapping %(name)s does not say whose projects these are: give --bureau CODE.")
                % {"name": mapping.name}
            )
        return BureauDraft(code)
    if code and code != mapping.bureau.code:
        words = {"name": mapping.name, "code": mapping.bureau.code}
        raise TableUnreadable(_("The mapping %(name)s is for the bureau %(code)s; leave --bureau out.") % words)
    return mapping.bureau
