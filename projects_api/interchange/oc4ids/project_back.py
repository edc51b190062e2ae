"""An OC4IDS project, read back as a draft.

One of ours (it carries our code) says everything that is public. Of another publisher's, what the standard itself says is taken,
and what it does not say stays as it is here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from projects_api.bounds import AREA_MAX, CLASSES_MAX, PLACES_MAX
from projects_api.choices import (
    EstimateKind,
    FundSource,
    Kind,
    LocationPrecision,
    PlanTarget,
    SchoolStage,
    Status,
    StatusReason,
)
from projects_api.codes import has_form
from projects_api.drafts import AllocationDraft, EstimateDraft, ProjectDraft, SchoolDraft, SpendingDraft
from projects_api.errors import FieldError
from projects_api.interchange.oc4ids import terms
from projects_api.interchange.oc4ids.evidence_back import evidence
from projects_api.interchange.oc4ids.nodes import Node
from projects_api.interchange.oc4ids.stages_back import KNOWN, Metrics, baselines, milestones

PLAN = re.compile(r"[^/]{1,12}-(\d{4})", re.ASCII)
OURS = frozenset(
    {
        "title_zh", "title_en", "kind", "stage", "status", "description", "plan_target", "classes", "places", "floor_area",
        "land_area", "total_investment", "responsible_leader", "responsible_unit", "contractor", "supervising_firm", "site_crs",
        "location_precision", "address", "illustrative", "needed_by", "physical_progress", "physical_progress_on", "region_code",
        "school", "plan_year", "site", "site_accuracy", "footprint", "footprint_crs", "milestones", "elsewhere",
        "status_reason", "status_note", "status_since",
    }
)  # fmt: skip


@dataclass(slots=True)
class Found:
    """A project of the package: its draft (None where it is refused), whose it is, and what was wrong or worth knowing."""

    pointer: str
    id: str
    bureau: str = ""
    currency: str = ""
    draft: ProjectDraft | None = None
    faults: list[FieldError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_project(value: Any, pointer: str) -> Found:
    found = Found(pointer, "")
    node = Node(value, pointer, found.faults)
    found.id = node.member("id").line(300)
    if not found.id and not found.faults:
        node.member("id").fault("required", _("A project needs an id."))
    if not found.faults:
        draft = _Reader(node, found).draft()
        found.faults[:] = dict.fromkeys(found.faults)  # a list that is looked at twice tells its faults twice
        if not found.faults:
            found.draft = draft
    return found


class _Reader:
    def __init__(self, node: Node, found: Found) -> None:
        self.node = node
        self.found = found
        self.identifiers = node.member("identifiers").by("scheme")
        self.ours = terms.CODE in self.identifiers
        self.classes = {
            scheme: one.member("id")
            for scheme, one in node.member("additionalClassifications").by("scheme").items()
            if scheme.startswith(terms.OURS)
        } if self.ours else {}  # fmt: skip
        self.language = "zh" if node.member("language").line(20).startswith("zh") else "en"
        self.metrics = Metrics(node)
        self.none = Node(None, node.pointer, found.faults)

    def classified(self, scheme: str) -> Node:
        return self.classes.get(scheme, self.none)

    def draft(self) -> ProjectDraft:
        node, found = self.node, self.found
        authority = node.at("publicAuthority", "id").line(300)
        if authority.startswith(f"{terms.BUREAU}-"):
            found.bureau = authority.removeprefix(f"{terms.BUREAU}-")
        title_zh, title_en = self.titles()
        kind, status = self.kind(), self.status()
        site, precision = self.site()
        unit, leader = self.parties()
        contractor, firm = self.suppliers()
        region = self.region()
        plan_year, target = self.plan()
        said = self.metrics.one(terms.PROGRESS, "statement")
        still = self.metrics.one(terms.STANDSTILL, "status")
        total = node.at("budget", "amount")
        found.currency = total.member("currency").line(3) if total.value is not None else ""
        overall = self.metrics.one(terms.PROGRESS, "overall").member("measure")
        stage = self.classified(terms.STAGE).choice(SchoolStage.values)
        draft = ProjectDraft(
            code=self.code(),
            source=self.source(),
            source_key="",
            given=OURS,
            code_given=True,
            title_zh=title_zh,
            title_en=title_en,
            kind=kind,
            stage=stage,
            status=status,
            description=node.member("description").prose(2000),
            region_code=region,
            school=self.school(stage, region),
            plan_year=plan_year,
            plan_target=target,
            classes=self.size("classes").whole(CLASSES_MAX),
            places=self.size("places").whole(PLACES_MAX),
            floor_area=self.size("floor_area").number(Decimal(AREA_MAX)),
            land_area=self.size("land_area").number(Decimal(AREA_MAX)),
            total_investment=total.member("amount").money(),
            responsible_leader=leader,
            responsible_unit=unit,
            contractor=contractor,
            supervising_firm=firm,
            site=site,
            site_crs=self.classified(terms.SITE_CRS).line(20) or ("WGS84" if site else ""),
            location_precision=precision,
            address=self.location("site").at("address", "streetAddress").line(300),
            published=True,
            illustrative=terms.ILLUSTRATIVE in self.classes,
            footprint=self.location("footprint").member("geometry").value,
            footprint_crs=self.outline_crs(),
            site_accuracy=self.accuracy(site is not None),
            needed_by=self.metrics.one(terms.NEEDED_BY, terms.NEEDED_BY, forecast=True).at("period", "endDate").day(),
            template=self.classified(terms.TEMPLATE).line(100),
            status_reason=still.member("measure").choice(StatusReason.values),
            status_note=still.member("notes").prose(500),
            status_since=still.at("period", "startDate").day(),
            physical_progress=said.member("measure").prose(500),
            physical_progress_on=said.at("period", "endDate").day(),
            milestone_names=KNOWN,
            milestones=milestones(node, self.metrics, self.language),
            baselines=baselines(self.metrics),
            estimates=self.estimates(),
            allocations=self.allocations(),
            spending=self.spending(),
            elsewhere=self.evidence(),
            progress=overall.whole(100) if self.ours else None,
        )
        return draft if self.ours else self.as_far_as_said(draft)

    def as_far_as_said(self, draft: ProjectDraft) -> ProjectDraft:
        """Another publisher's: empty fields are not known, rather than known to be empty."""
        silent = {name for name in OURS if not getattr(draft, name, None)}
        if not draft.milestones:
            silent.add("milestones")
        return replace(draft, given=OURS - silent)

    # --- what it is ---

    def code(self) -> str:
        node = self.identifiers[terms.CODE].member("id") if self.ours else self.node.member("id")
        code = node.line(300)
        if not has_form(code):
            node.fault("invalid", _("A code has at most 40 letters, digits, hyphens and underscores."))
        return code

    def source(self) -> str:
        if not self.ours:
            return "oc4ids"
        return self.identifiers[terms.SOURCE].member("id").line(60) if terms.SOURCE in self.identifiers else ""

    def titles(self) -> tuple[str, str]:
        pages = self.node.member("documents").by("id")
        title = self.node.member("title").line(200)
        if not title:
            self.node.member("title").fault("required", _("A project needs a title, in Chinese or English."))
        both = {
            language: pages[f"page-{language}"].member("title").line(200)
            for language in ("zh", "en")
            if self.ours and f"page-{language}" in pages
        }
        both[self.language] = title
        return both.get("zh", ""), both.get("en", "")

    def kind(self) -> str:
        if self.ours:
            kind = self.classified(terms.KIND).choice(Kind.values)
        else:
            kind = terms.KINDS_BACK.get(self.node.member("type").line(100), "")
        if not kind:
            self.node.member("type").fault("required", _("Which kind of project this is, is not said."))
        return kind

    def status(self) -> str:
        given = self.node.member("status")
        own = self.classified(terms.STATUS).choice(Status.values)
        status = given.choice(terms.STATUSES_BACK)
        if own and terms.STATUSES[own] != status:
            given.fault("contradiction", _("The status and our own one beside it contradict each other."))
        if not own and not status and not self.found.faults:
            given.fault("required", _("A project needs a status."))
        return own or terms.STATUSES_BACK.get(status, "")

    def school(self, stage: str, region: str) -> SchoolDraft | None:
        node = self.classified(terms.SCHOOL)
        code = node.line(40)
        if not code:
            return None
        one = self.node.member("additionalClassifications").by("scheme")[terms.SCHOOL]
        name = one.member("description").line(200) or code
        zh, en = (name, "") if self.language == "zh" else ("", name)
        stage = self.classified(terms.SCHOOL_STAGE).choice(SchoolStage.values) or stage
        return SchoolDraft(code, zh, en, stage, region)

    def plan(self) -> tuple[int | None, str]:
        node = self.classified(terms.PLAN)
        slug, target = node.line(20), self.classified(terms.PLAN_TARGET).choice(PlanTarget.values)
        found = PLAN.fullmatch(slug) if slug else None
        if (
            (slug and not found)
            or bool(slug) != bool(target)
            or (found and not slug.startswith(f"{self.found.bureau}-"))
        ):
            node.fault("invalid", _("A project in a plan of its bureau needs a target; without a plan it has none."))
            return None, ""
        return (int(found[1]), target) if found else (None, "")

    def size(self, name: str) -> Node:
        key = terms.SIZE_IDS[name]
        return self.metrics.one(key, key, forecast=True).member("measure") if self.ours else self.none

    # --- where ---

    def location(self, key: str) -> Node:
        """Ours by its id; of another publisher's locations, the first point is the site."""
        found = self.node.member("locations").by("id")
        if self.ours:
            return found.get(key, self.none)
        points = [one for one in found.values() if one.at("geometry", "type").value == "Point"]
        return points[0] if points and key == "site" else self.none

    def site(self) -> tuple[tuple[float, float] | None, str]:
        """That the numbers are numbers; whether the place can be is looked at with the bureau at hand."""
        geometry = self.location("site").member("geometry")
        precision = self.classified(terms.PRECISION).choice(LocationPrecision.values)
        if geometry.value is None:
            if precision:
                self.classified(terms.PRECISION).fault(
                    "invalid", _("Without a site there is nothing to say of how well it is known.")
                )
            return None, ""
        place = geometry.member("coordinates").value
        numbers = isinstance(place, list) and len(place) == 2 and all(type(n) in (int, float) for n in place)
        if geometry.member("type").value != "Point" or not numbers:
            geometry.fault("wrong_type", _("Expected a point of two numbers."))
            return None, ""
        return (float(place[0]), float(place[1])), precision or LocationPrecision.MAP_PIN.value

    def accuracy(self, located: bool) -> int | None:
        """In metres; it comes as a text, as every id of a classification does."""
        node = self.classified(terms.SITE_ACCURACY)
        text = node.line(10)
        if not text:
            return None
        if not (located and text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000):
            node.fault(
                "out_of_range", _("How exact a site is: between 1 and 100,000 m, and only where there is a site.")
            )
            return None
        return int(text)

    def outline_crs(self) -> str:
        node = self.classified(terms.FOOTPRINT_CRS)
        crs = node.line(20)
        if crs and self.location("footprint").member("geometry").value is None:
            node.fault("invalid", _("Without an outline there is no coordinate system that it was given in."))
            return ""
        return crs

    def region(self) -> str:
        codes = self.location("site").at("gazetteer", "identifiers")
        scheme = self.location("site").at("gazetteer", "scheme").value
        if not self.ours or codes.value is None or scheme not in (terms.GB_T_2260, terms.REGION):
            return ""
        if not (isinstance(codes.value, list) and len(codes.value) == 1):
            codes.fault("wrong_type", _("Expected a list with the code of the division."))
            return ""
        return Node(codes.value[0], f"{codes.pointer}/0", codes.faults).line(12)

    # --- who ---

    def parties(self) -> tuple[str, str]:
        """The unit that runs the project, and the leader who answers for it."""
        unit = leader = ""
        for party in self.node.member("parties").items():
            roles = party.member("roles").value
            roles = roles if isinstance(roles, list) else []
            if "administrativeEntity" in roles and not unit:
                unit = party.member("name").line(200)
            if "publicAuthority" in roles and self.ours:
                people = party.member("people").by("id")
                if "responsible-leader" in people:
                    leader = people["responsible-leader"].member("name").line(100)
        return unit, leader

    def suppliers(self) -> tuple[str, str]:
        """Who builds, and who supervises."""
        names = {"construction": "", "supervision": ""}
        for process in self.node.member("contractingProcesses").items():
            summary = process.member("summary")
            nature = summary.member("nature").value
            for kind in names:
                if isinstance(nature, list) and kind in nature and not names[kind]:
                    first = summary.member("suppliers").items()[:1]
                    names[kind] = first[0].member("name").line(200) if first else ""
        return names["construction"], names["supervision"]

    # --- money, where it was published; known by its number ---

    def numbered(self, nodes: list[Node], prefix: str) -> list[tuple[int, Node]]:
        found = {}
        for node in nodes:
            number = node.member("id").line(60).removeprefix(prefix)
            if not (number.isascii() and number.isdigit() and 0 < len(number) < 6) or int(number) in found:
                node.member("id").fault(
                    "invalid", _("Expected %(prefix)s and a number, each once.") % {"prefix": prefix}
                )
            else:
                found[int(number)] = node
        return sorted(found.items(), key=lambda item: item[0])

    def estimates(self) -> tuple[EstimateDraft, ...]:
        drafts = []
        for number, node in (
            self.numbered(self.node.member("costMeasurements").items(), "estimate-") if self.ours else []
        ):
            costs = [cost for group in node.member("costGroups").items() for cost in group.member("costs").items()]
            cost = costs[0] if costs else Node(None, f"{node.pointer}/costGroups", node.faults)
            kind, amount = (
                cost.at("classification", "id").choice(EstimateKind.values),
                cost.at("value", "amount").money(),
            )
            if not kind or amount is None:
                node.fault("required", _("An estimate needs its kind and its amount."))
                continue
            words = cost.at("classification", "description").line(300)
            drafts.append(
                EstimateDraft(kind, amount, node.member("date").day(), illustrative=_illustrative(words), number=number)
            )
        return tuple(drafts)

    def allocations(self) -> tuple[AllocationDraft, ...]:
        groups = self.node.at("budget", "budgetBreakdowns").items() if self.ours else []
        lines = [line for group in groups for line in group.member("budgetBreakdown").items()]
        drafts = []
        for number, node in self.numbered(lines, "allocation-"):
            source = node.at("sourceParty", "id").line(60).removeprefix(f"{terms.FUND}-")
            year, amount = node.at("period", "startDate").day(), node.at("amount", "amount").money()
            if source not in FundSource.values or year is None or amount is None:
                node.fault("required", _("An allocation needs its source, its year and its amount."))
                continue
            words = node.member("description").line(300)
            drafts.append(
                AllocationDraft(
                    source, year.year, amount, node.member("approvalDate").day(), illustrative=_illustrative(words),
                    number=number,
                )
            )  # fmt: skip
        return tuple(drafts)

    def spending(self) -> tuple[SpendingDraft, ...]:
        drafts = []
        kinds = [
            (kind, node)
            for kind, metric in terms.SPENDING.items()
            for node in self.metrics.observed(metric).values()
            if self.ours
        ]
        by_node = {id(node): kind for kind, node in kinds}
        for number, node in self.numbered([node for _kind, node in kinds], "spending-"):
            amount = node.at("value", "amount").money(negative=True)
            if not amount:
                node.fault("required", _("A spending entry needs its amount."))
                continue
            words = node.member("notes").line(300)
            drafts.append(
                SpendingDraft(
                    by_node[id(node)], amount, node.at("period", "endDate").day(), illustrative=_illustrative(words),
                    number=number,
                )
            )  # fmt: skip
        return tuple(drafts)

    def evidence(self) -> dict[str, Any]:
        """Of another publisher's documents nothing is taken: what they are is not said in words that we know."""
        found = evidence(self.node, self.metrics) if self.ours else {}
        told = sum(len(rows) for part, rows in found.items() if part != "questions")
        kinds = [one.member("documentType").value for one in self.node.member("documents").items()]
        if sum(kind in terms.EVIDENCE.values() for kind in kinds) > told:
            self.found.notes.append(_("some of its photos, inspections and certificates cannot be told here"))
        return found


def _illustrative(words: str) -> bool:
    return terms.ILLUSTRATIVE_NOTE in words.split("; ")
