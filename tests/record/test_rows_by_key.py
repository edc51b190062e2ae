"""`the_one`: a row by its key, which no order is asked for."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects_api.models import Project
from projects_api.models.base import the_one


def test_the_row_of_a_key_comes_in_one_query_without_an_order(cast: Any) -> None:
    assert Project._meta.ordering, "else there would be nothing to leave out"
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = the_one(Project.objects.filter(code=cast.published))
        assert the_one(Project.objects.filter(code="nobody's")) is None
    assert found and found.code == cast.published
    assert len(asked) == 2 and not any("ORDER BY" in query["sql"] for query in asked.captured_queries)
