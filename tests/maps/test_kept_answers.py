"""The map's answers that are kept in memory: right after every write, and never another reader's."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client

from mapviews import columns
from projects_api.models import Project, User
from projects_api.services.projects import project_change
from tests.cast import Cast, _standing, cast
from tests.maps.conftest import NOW

__all__ = ["_standing", "cast"]


@pytest.mark.keeps
@pytest.mark.parametrize(("path", "maker"), [("/maps/marks.json", "marks"), ("/maps/sites.json", "columns")])
def test_a_kept_answer_never_outlives_a_write_nor_reaches_another_reader(
    client: Client, cast: Cast, path: str, maker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The public's answer comes from memory the second time; what is written, or who signs in, asks the database."""
    made: list[str] = []
    make = getattr(columns, maker)

    def counted(projects: QuerySet[Project], *, version: str, today: date, paint: str) -> Any:
        made.append(version)
        return make(projects, version=version, today=today, paint=paint)

    monkeypatch.setattr(columns, maker, counted)

    def read(reader: Client) -> Any:
        return reader.get(path).json()

    first, again = read(client), read(client)
    assert first == again
    assert len(made) == 1
    official = Client()
    official.force_login(User.objects.get(username="official"))
    assert read(official)["count"] > first["count"]
    project = Project.objects.get(code=cast.published)
    project_change(project_id=project.pk, actor=None, at=NOW, expected=None, changes={"published": False})
    assert read(client)["count"] == first["count"] - 1


def test_clusters_are_those_right_after_a_write_and_each_readers_own(client: Client, cast: Cast) -> None:
    address = "/maps/clusters.json?in_bbox=108,30,118,36&zoom=4"
    first = client.get(address).json()
    assert client.get(address).json() == first
    official = Client()
    official.force_login(cast.user("official"), "projects_api.services.sign_in.AccountBackend")
    inside = official.get(address).json()
    assert inside["count"] == first["count"] + 1
    assert cast.unpublished in inside["list"]["code"] and cast.unpublished not in first["list"]["code"]
    etag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"if-none-match": etag}).status_code == 304
    project_change(project_id=cast.project().pk, actor=None, at=NOW, expected=None, changes={"published": False})
    assert client.get(address).json()["count"] == first["count"] - 1
