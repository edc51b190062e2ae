"""The two real SCA files, held against counts made here from the files alone, by other code."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal

import pytest
from django.db.models import Count, Sum

from projects_api.models import Bureau, Estimate, LedgerEntry, Milestone, Project, Region, School, Spending
from tests.interchange.conftest import run, run_command
from tests.oc4ids import faults


def day(text):
    return datetime.strptime(text, "%m/%d/%Y").date() if re.fullmatch(r"\d+/\d+/\d{4}", text) else None


def money(text):
    bare = text.replace("$", "").replace(",", "").strip()
    return Decimal(bare) if re.fullmatch(r"[\d.]+", bare) else None


@pytest.fixture
def truth(sca):
    """The phases that an import must take: every row but those that end before they start."""
    phases, sites = sca
    names = [
        "district",
        "building",
        "school",
        "type",
        "description",
        "phase",
        "state",
        "started",
        "planned",
        "actual",
        "budget",
        "final",
        "spent",
        "dsf",
    ]
    with phases.open(encoding="utf-8-sig", newline="") as stream:
        rows = [
            dict(zip(names, map(str.strip, row), strict=True), line=line)
            for line, row in enumerate(csv.reader(stream), 1)
        ][1:]
    taken = [r for r in rows if not (day(r["started"]) and day(r["actual"]) and day(r["actual"]) < day(r["started"]))]
    # One row has lost its description; its DSF number says which project it is of.
    projects = {(r["building"], r["dsf"], r["description"]) for r in taken if r["description"]}
    with sites.open(encoding="utf-8-sig", newline="") as stream:
        located = {r["Building ID"] for r in csv.DictReader(stream) if r["Latitude"]}
    return {"rows": rows, "taken": taken, "projects": projects, "located": located}


def test_both_real_files_arrive_whole_and_a_second_run_changes_nothing(db, sca, truth):
    phases, sites = sca
    arguments = (phases, "--mapping", "nyc_sca", "--sites", sites)
    dry = run(*arguments, "--dry-run")
    assert not Project.objects.exists() and not Region.objects.filter(code__startswith="NYC").exists()
    first = run(*arguments)
    assert dry.out.splitlines()[1:7] == first.out.splitlines()[:6]

    unlocated = [p for p in truth["projects"] if p[0] not in truth["located"]]
    assert len(truth["rows"]) == 7796 and len(truth["taken"]) == 7795
    assert first.count("created") == len(truth["projects"]) == Project.objects.count()
    assert first.count("rejected") == len(truth["rows"]) - len(truth["taken"])
    assert first.count("without location") == len(unlocated) == Project.objects.filter(site__isnull=True).count()
    assert Milestone.objects.count() == len(truth["taken"])
    entries = LedgerEntry.objects.count()
    assert entries == Project.objects.count() + School.objects.count()
    assert set(LedgerEntry.objects.values_list("version", "action")) == {(1, "project.import"), (1, "school.import")}

    second = run(*arguments)
    assert [second.count(word) for word in ("created", "changed", "unchanged")] == [0, 0, Project.objects.count()]
    assert LedgerEntry.objects.count() == entries

    # And out again, as OC4IDS: a sample for the judge, which takes ten times as long as the export.
    package = json.loads(run_command("export_oc4ids").out)
    assert len(package["projects"]) == Project.objects.count()
    package["projects"] = package["projects"][::40]
    assert faults(package) == []
    path = phases.with_name("package.json")
    path.write_text(json.dumps(package))
    assert run_command("import_oc4ids", path).count("unchanged") == len(package["projects"])

    # Milestones: as many of each phase, state and date as in the file.
    words = {
        "Scope": "scope",
        "Design": "design",
        "Construction": "construction",
        "CM, F&E": "cm_fe",
        "CM": "cm",
        "F&E": "fe",
    }
    words |= {"CM,Art,F&E": "cm_art_fe", "Purch & Install": "purchase_install", "": "unnamed"}
    states = {"Complete": "met", "In-Progress": "in_progress", "PNS": "scheduled"}
    expected = Counter(
        (words[r["phase"]], states[r["state"]], day(r["started"]), day(r["planned"]), day(r["actual"]))
        for r in truth["taken"]
    )
    rows = Milestone.objects.values_list("key", "state", "started", "planned", "actual")
    assert Counter((key.partition("-")[0], *rest) for key, *rest in rows) == expected
    assert Milestone.objects.filter(key="unnamed").count() == 8
    assert Milestone.objects.filter(key="construction-2").count() == 2
    assert not Milestone.objects.filter(state="met").exclude(percent=100).exists()

    # Words are kept with their meaning, never taken for a date or an amount.
    for word in ("PNS", "DOES", "DOER", "DOEL", "DOEP", "FTK", "IEH", "EMER", "DIIT", "DIIX", "PNB"):
        cells = ("started", "planned", "actual", "budget", "final")
        carrying = sum(1 for r in truth["taken"] if word in [r[c] for c in cells])
        assert Milestone.objects.filter(note__contains=f"{word}: ").count() == carrying, word

    # Money, to the cent.
    for column, kinds in (("budget", ["construction_budget"]), ("final", ["investment_estimate", "settlement"])):
        amounts = [money(r[column]) for r in truth["taken"] if money(r[column])]
        found = Estimate.objects.filter(kind__in=kinds).aggregate(n=Count("pk"), total=Sum("amount"))
        assert (found["n"], found["total"]) == (len(amounts), sum(amounts))
    spent = [money(r["spent"]) for r in truth["taken"] if money(r["spent"])]
    found = Spending.objects.aggregate(n=Count("pk"), total=Sum("amount"))
    assert (found["n"], found["total"]) == (len(spent), sum(spent))
    assert set(Spending.objects.values_list("kind", flat=True)) == {"money_paid"}

    # The bureau and its districts; every site inside its bounds.
    bureau = Bureau.objects.get(code="NYC")
    assert bureau.currency == "USD"
    districts = {f"NYC-D{int(r['district']):02}" for r in truth["rows"]}
    assert set(Region.objects.filter(parent__code="NYC").values_list("code", flat=True)) == districts
    for project in Project.objects.filter(site__isnull=False).select_related("region"):
        assert bureau.west < project.site.x < bureau.east and bureau.south < project.site.y < bureau.north
        assert project.location_precision == "address"

    # The one rejected row is listed as an editor shows it.
    with phases.with_name("schedules_and_budgets.csv.rejected.csv").open(encoding="utf-8-sig", newline="") as stream:
        listed = list(csv.DictReader(stream))
    bad = [r for r in truth["rows"] if r not in truth["taken"]]
    assert [(int(r["line"]), r["column"]) for r in listed] == [
        (r["line"], "Project Phase Actual End Date") for r in bad
    ]
    assert all("before it starts" in r["reason"] for r in listed)
    projects_hold_what_their_rows_say(truth)


def projects_hold_what_their_rows_say(truth):
    by_project = defaultdict(list)
    for row in truth["taken"]:
        by_project[row["dsf"].removeprefix("DSF:").strip(), row["building"]].append(row)
    jane = Project.objects.get(source_key__startswith="X650|DAMAGED EXTERIOR")
    rows = by_project["0000022397, 0000774535, 0000774536", "X650"]
    assert jane.milestones.count() == len(rows) == 4
    assert (jane.status, jane.progress, jane.stage, jane.region.code) == ("accepted", 100, "vocational", "NYC-D08")
    assert jane.total_investment == sum(money(r["budget"]) for r in rows)
    assert (round(jane.site.y, 6), round(jane.site.x, 6)) == (40.821675, -73.903546)
    # The row without a description is a phase of the project whose DSF number it carries.
    assert Project.objects.get(source_key__endswith="|0000821790").milestones.count() == 4
    assert set(Project.objects.values_list("kind", flat=True)) == {
        "new_build",
        "expansion",
        "renovation",
        "informatization",
    }
    assert set(Project.objects.values_list("status", flat=True)) == {
        "proposed",
        "approved",
        "under_construction",
        "accepted",
    }


@pytest.mark.once
def test_without_the_second_file_every_project_is_there_without_a_location(db, sca, truth):
    ran = run(sca[0], "--mapping", "nyc_sca", "--dry-run")
    assert ran.count("without location") == ran.count("created") == len(truth["projects"])
