"""Unpublishing takes a project out of everything at once: every address that lets the public in is asked before and after."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from projects_api.models import LedgerEntry
from projects_api.services.projects import project_change
from tests.api.test_canary import ADDRESSES, unpacked
from tests.api.test_permissions import NO_REPORT
from tests.cast import Cast

# What the table asks for once is asked here as crowds, programs and searches would.
BESIDES = [
    "/projects/?status=in_use&status=under_construction", "/projects/?q=pucheng", "/projects/?ordering=-updated",
    "/maps/search.json?q=pucheng", "/maps/clusters.json?in_bbox=108,30,118,36&zoom=4", "/maps/marks.json?bureau=610526",
    "/api/v1/projects/?q=610526", "/api/v1/tiles/0/0/0.mvt", "/api/v1/changes/?since=0", "/projects/610526-2023-001/map.json",
    "/zh/", "/en/projects/", "/zh/projects/610526-2023-001/",
]  # fmt: skip


@pytest.mark.keeps
def test_what_named_a_project_names_it_no_more(cast: Cast, api: Any) -> None:
    project = cast.project()
    names = {project.code, project.title_zh, project.title_en} - {""}
    reader = api("public")

    def read() -> dict[str, tuple[int, str]]:
        asked = {}
        for address in [*ADDRESSES, *BESIDES]:
            if address.endswith((".pdf", ".png")) and "/maps/status/" not in address:
                continue  # the same sheet of another map, a second each
            path = address.format(school=cast.school, report=NO_REPORT, own="", gushi_engineer="")
            answer = reader.get(path, accept_encoding="gzip")
            asked[path] = answer.status, unpacked(answer.content)
        return asked

    before = read()
    speaking = {path for path, (_status, text) in before.items() if any(name in text for name in names)}
    assert len(speaking) > 40, "the test asks where it is named"
    read()  # whatever keeps answers has them now

    entry_before = LedgerEntry.objects.order_by("-id").values_list("id", flat=True).first()
    project_change(
        project_id=project.pk, actor=cast.user("official"), at=timezone.now(), expected=None,
        changes={"published": False}, reason="a neighbour's personal data was in it",
    )  # fmt: skip

    after = read()
    still = {path for path, (_status, text) in after.items() if any(name in text for name in names)}
    # An error may repeat what was asked for, and nothing else.
    assert {path for path in still if after[path][0] == 200} == set()
    assert all(after[path][0] == 404 and project.code in path for path in still), still
    # Its school goes with it: nothing of that one was ever approved (decision 39).
    gone = (project.code, f"/schools/{cast.school}/")
    for path, (status, _text) in after.items():
        assert status == 200 or (status == 404 and any(name in path for name in gone)), (path, status)

    entry = LedgerEntry.objects.filter(id__gt=entry_before).get()
    assert (entry.subject, entry.actor_name, entry.public) == (f"project:{project.code}", "official", False)
    assert {"op": "replace", "path": "/published", "value": False} in entry.patch
    assert entry.reason == "a neighbour's personal data was in it"
    history = api("official").get(f"projects/{project.code}/history/")
    assert history.status == 200 and "neighbour" in history.content.decode()
