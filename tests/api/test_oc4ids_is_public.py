"""OC4IDS and what is not public: nothing of it goes out, and a package that comes in touches nothing of it."""

from __future__ import annotations

import json
from typing import Any

from projects_api.models import Project
from projects_api.selectors.verify import verify
from tests.api.test_private_values import P, traces
from tests.api.test_publishing import FINISHED, KEY, REASON, STAGE, chosen, works  # noqa: F401 - `works` is a fixture
from tests.cast import Cast
from tests.interchange.conftest import run_command
from tests.oc4ids import faults

TEXT = "改扩建 <b>教学楼</b> {{7*191}}"


def test_nothing_private_or_held_back_goes_out_and_a_package_touches_none_of_it(
    cast: Cast,
    api: Any,
    works: Project,  # noqa: F811
    tmp_path: Any,
) -> None:
    chosen(api, False)
    api("engineer").change(STAGE, FINISHED).ok()
    before = api("official").get(P).ok()
    assert REASON in json.dumps(before)

    text = run_command("export_oc4ids").out
    package = json.loads(text)
    assert faults(package) == [] and len(package["projects"]) == 2
    assert not traces(text) and REASON not in text and FINISHED["actual"] not in text
    assert "2023-002" not in text and "wellensittich" not in text and "transactions" not in text

    def imported() -> Any:
        path = tmp_path / "package.json"
        path.write_text(json.dumps(package))
        return run_command("import_oc4ids", path)

    ran = imported()
    assert [ran.count(word) for word in ("created", "changed", "unchanged", "rejected")] == [0, 0, 2, 0]
    assert api("official").get(P).ok() == before

    # What is public changes; notes, contacts, hidden stages and what waits for acceptance stay.
    package["projects"][0]["description"] = TEXT
    assert imported().count("changed") == 1
    assert api("official").get(P).ok() == {**before, "description": TEXT, "version": before["version"] + 1}

    # What an import says of a stage is accepted: nothing of it is held back any more.
    done = next(metric for metric in package["projects"][0]["metrics"] if metric["id"] == "stageProgress")
    next(seen for seen in done["observations"] if seen["id"] == KEY)["measure"] = 60
    assert imported().count("changed") == 1
    assert (api("official").get(STAGE).ok()["state"], api().get(STAGE).ok()["percent"]) == ("in_progress", 60)
    assert verify().sound
