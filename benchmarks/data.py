"""Believable projects in any number, quickly: bulk_create for the projects, one INSERT … SELECT for all their milestones.

A command of its own, so that a database is filled by a process that ends: ``python -m benchmarks.data fill 10000`` on the
database of ``DATABASE_URL``; ``writers 16`` makes 16 engineers and prints what they need as JSON; ``phone 9`` makes one with 9
of the fixture's sites.
The generated projects have no ledger entries of their own; the fixture's are what the validators look at.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from datetime import date, datetime, timedelta
from typing import Any

SEED = 610526
BATCH = 2000
TODAY = date(2026, 11, 20)
LIT = 20_000  # up to so many sites the lights are computed too: 1 ms each
STAGED = 200_000  # beyond so many sites none gets milestones: only tiles and clusters are asked of them
WRITTEN = 100_000  # so many are made one by one; beyond, they are told again beside themselves, ten times as fast
UNLOCATED_SHARE = 50  # one more project in 50 has no site, as in real data
# Stages with their names and how often they are built.
STAGES = {
    "kindergarten": ("幼儿园", "kindergarten", 30),
    "primary": ("小学", "primary school", 34),
    "junior_high": ("初级中学", "junior high school", 14),
    "nine_year": ("九年制学校", "nine-year school", 8),
    "senior_high": ("高级中学", "senior high school", 8),
    "vocational": ("职业学校", "vocational school", 4),
    "special": ("特殊教育学校", "special education school", 2),
}
WORKS = {
    "new_build": ("新建教学楼项目", "new teaching building", 34),
    "expansion": ("扩建学生宿舍楼项目", "dormitory extension", 22),
    "rural_upgrade": ("薄弱环节改善项目", "rural upgrade", 22),
    "renovation": ("校舍维修改造项目", "renovation of the school buildings", 14),
    "informatization": ("智慧校园建设项目", "smart campus equipment", 8),
}
STATUSES = {
    "proposed": 8, "approved": 12, "tendering": 10, "under_construction": 38, "suspended": 3, "accepted": 12,
    "in_use": 15, "cancelled": 2,
}  # fmt: skip
DONE = {
    "proposed": 0.0, "approved": 0.15, "tendering": 0.35, "under_construction": 0.6, "suspended": 0.5, "accepted": 0.85,
    "in_use": 1.0, "cancelled": 0.2,
}  # fmt: skip
PRECISIONS = {"surveyed": 20, "device": 20, "map_pin": 40, "address": 12, "township_point": 8}


def weighted(chance: random.Random, weights: dict[str, Any]) -> str:
    values = [value if isinstance(value, int) else value[2] for value in weights.values()]
    return chance.choices(list(weights), values)[0]


def fill(sites: int) -> None:
    """Bring the database to ``sites`` visible projects with a site, and 2 percent more without one."""
    from django.core.management import call_command
    from django.db import connection, transaction

    from projects_api.models import Bureau, Project
    from projects_api.services.bureaus import refresh_outlooks

    call_command("loaddata", "gushi", verbosity=0)
    with transaction.atomic():
        here = Project.objects.filter(published=True, archived_at__isnull=True, site__isnull=False).count()
        if here > sites:
            raise SystemExit(f"the database holds {here} sites already, more than {sites}")
        highest = Project.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        written = min(sites, WRITTEN) - here
        make_projects(list(Bureau.objects.select_related("region")), written, written // UNLOCATED_SHARE)
        retell(sites)
        if sites <= STAGED:
            make_milestones(highest)
        if sites <= LIT:
            for bureau in Bureau.objects.all():
                refresh_outlooks(bureau)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def make_projects(bureaus: list[Any], located: int, unlocated: int) -> None:
    from projects_api.models import AnnualPlan, Project, Region

    chance = random.Random(SEED)
    regions = {b.pk: list(Region.objects.filter(parent=b.region_id).only("pk", "name_zh", "name_en")) for b in bureaus}
    plans = {plan.bureau_id: plan for plan in AnnualPlan.objects.order_by("year")}
    centres = {
        region.pk: (chance.uniform(b.west, b.east), chance.uniform(b.south, b.north))
        for b in bureaus
        for region in regions[b.pk]
    }
    at = datetime.fromisoformat("2026-11-20T08:00:00+08:00")
    batch: list[Project] = []
    for number in range(located + unlocated):
        bureau = bureaus[number % len(bureaus)]
        region = chance.choice(regions[bureau.pk])
        centre = centres[region.pk] if number < located else None
        batch.append(_project(chance, number, bureau, region, centre, plans.get(bureau.pk), at))
        if len(batch) == BATCH:
            Project.objects.bulk_create(batch)
            batch.clear()
    Project.objects.bulk_create(batch)


def retell(sites: int) -> None:
    """The located projects once more under other codes, some hundred metres away, until there are ``sites`` of them."""
    from django.db import connection

    from projects_api.models import Project
    from projects_api.tiling import place_of

    chance = random.Random(SEED)
    there = Project.objects.filter(published=True, archived_at__isnull=True, site__isnull=False)
    originals, wanting = there.filter(version=0).order_by("pk"), sites - there.count()
    own = ("id", "site", "footprint", "footprint_crs", "code", "place")
    fields = [field for field in Project._meta.concrete_fields if field.name not in own]
    names = ", ".join(f'"{name}"' for name in (*[field.column for field in fields], "code", "place", "site"))
    point = "ST_SetSRID(ST_MakePoint(%s, %s), 4326)" if connection.vendor == "postgresql" else "MakePoint(%s, %s, 4326)"
    statement = (
        f"INSERT INTO projects_api_project ({names}, footprint_crs) VALUES ({'%s, ' * (len(fields) + 2)}{point}, '')"  # noqa: S608
    )
    kept = list(originals.values_list("code", "site", *[f.attname for f in fields])) if wanting > 0 else []
    saved = [
        tuple(f.get_db_prep_save(value, connection) for f, value in zip(fields, row[2:], strict=True)) for row in kept
    ]
    with connection.cursor() as cursor:
        for turn in range(1, 1 + -(-wanting // max(1, len(kept)))):
            rows = []
            for (code, site, *_rest), values in zip(kept[: wanting - (turn - 1) * len(kept)], saved, strict=False):
                lon, lat = chance.gauss(site.x, 0.008), chance.gauss(site.y, 0.006)
                rows.append((*values, f"{code}-{turn}", place_of(lon, lat), lon, lat))
            cursor.executemany(statement, rows)


def _project(
    chance: random.Random,
    number: int,
    bureau: Any,
    region: Any,
    centre: tuple[float, float] | None,
    plan: Any,
    at: datetime,
) -> Any:
    from django.contrib.gis.geos import Point

    from projects_api.choices import STANDARD_STAGES
    from projects_api.models import Project

    stage, kind, status = weighted(chance, STAGES), weighted(chance, WORKS), weighted(chance, STATUSES)
    stages = STANDARD_STAGES[kind]
    done = round(DONE[status] * len(stages))
    classes = chance.choice((6, 9, 12, 18, 24, 36, 48))
    year = chance.randint(2019, 2026)
    in_plan = plan is not None and chance.random() < 0.3
    following = stages[done].key if done < len(stages) and status != "cancelled" else ""
    return Project(
        code=f"{bureau.code}-{year}-{number + 1:06d}",
        bureau=bureau,
        region=region,
        plan=plan if in_plan else None,
        plan_target=chance.choice(("complete", "start", "upgrade")) if in_plan else "",
        title_zh=f"{region.name_zh}第{number % 89 + 1}{STAGES[stage][0]}{WORKS[kind][0]}",
        title_en=f"{region.name_en} No. {number % 89 + 1} {STAGES[stage][1]}: {WORKS[kind][1]}",
        kind=kind,
        stage=stage,
        status=status,
        classes=classes,
        places=classes * chance.choice((30, 40, 45)),
        floor_area=classes * chance.randint(180, 420),
        total_investment=classes * chance.randint(600_000, 1_900_000),
        responsible_unit="县教育局",
        site=None
        if centre is None
        else Point(chance.gauss(centre[0], 0.02), chance.gauss(centre[1], 0.015), srid=4326),
        site_crs="" if centre is None else "EPSG:4326",
        location_precision="" if centre is None else weighted(chance, PRECISIONS),
        published=True,
        illustrative=True,
        progress=min(100, round(DONE[status] * 100)),
        next_milestone=following,
        next_due=TODAY + timedelta(days=chance.randint(-90, 400)) if following else None,
        created_at=at,
        updated_at=at - timedelta(minutes=number),
    )


def make_milestones(after: int) -> None:
    """The stages of the product's own template for every project with a higher id; met up to the next one."""
    from django.db import connection

    planned = (
        "DATE '2024-01-01' + s.position * 30 + CAST(p.id %% 300 AS integer)"
        if connection.vendor == "postgresql"
        else "date('2024-01-01', '+' || (s.position * 30 + p.id %% 300) || ' days')"
    )
    met = "(p.status = 'in_use' OR s.position < n.position)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO projects_api_milestone (project_id, key, position, title_zh, title_en, weight, public, duration,
                shortest, longest, after, needs_acceptance, "limit", planned,
                actual, percent, state, delay_reason, delay_note, note, illustrative)
            SELECT p.id, s.key, s.position, s.title_zh, s.title_en, s.weight, s.public, s.duration,
                s.shortest, s.longest, s.after, s.needs_acceptance, s."limit", {planned},
                CASE WHEN {met} THEN {planned} END, CASE WHEN {met} THEN 100 ELSE 0 END,
                CASE WHEN {met} THEN 'met' ELSE 'scheduled' END, '', '', '', %s
            FROM projects_api_project p
            JOIN projects_api_milestonetemplate t ON t.kind = p.kind AND t.bureau_id IS NULL AND t.version = 2
            JOIN projects_api_templatestage s ON s.template_id = t.id
            LEFT JOIN projects_api_templatestage n ON n.template_id = t.id AND n.key = p.next_milestone
            WHERE p.id > %s
            """,
            [True, after],
        )


def writers(number: int) -> list[dict[str, str]]:
    """Engineers, each assigned to the same ``number`` projects under construction, with a token and a project of their own."""
    from django.utils import timezone

    from projects_api.models import Assignment, Bureau, Membership, Project, User
    from projects_api.services.tokens import token_create

    bureau = Bureau.objects.get(code="610526")
    projects = list(
        Project.objects.filter(bureau=bureau, status="under_construction", version=0).order_by("pk")[:number]
    )
    made = []
    for place, project in enumerate(projects):
        user = User.objects.create(username=f"bench_{place}", is_active=True)
        Membership.objects.create(user=user, bureau=bureau, role="engineer", since=TODAY)
        Assignment.objects.bulk_create([Assignment(project=p, user=user, since=TODAY) for p in projects])
        _row, token = token_create(user=user, device="benchmark", at=timezone.now())
        made.append({"code": project.code, "milestone": project.next_milestone, "token": token})
    return made


def phone(number: int) -> dict[str, str]:
    """An engineer who signs in with a password and reports on that many of the fixture's sites, the least advanced ones."""
    from projects_api.models import Assignment, Bureau, Membership, Project, User

    bureau = Bureau.objects.get(code="610526")
    projects = list(
        Project.objects.filter(bureau=bureau, archived_at=None).exclude(status="cancelled").order_by("progress")
    )
    projects = projects[:number]
    if len(projects) < number:
        raise SystemExit(f"the fixture has {len(projects)} sites to report on, not {number}")
    person = {"username": "bench_phone", "password": "on the site since six"}
    user = User.objects.create_user(**person)
    Membership.objects.create(user=user, bureau=bureau, role="engineer", since=TODAY)
    Assignment.objects.bulk_create([Assignment(project=p, user=user, since=TODAY) for p in projects])
    return person


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["fill", "writers", "phone"])
    parser.add_argument("number", type=int)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    if options.what == "fill":
        fill(options.number)
    else:
        make = writers if options.what == "writers" else phone
        print(json.dumps(make(options.number)))


if __name__ == "__main__":
    main()
