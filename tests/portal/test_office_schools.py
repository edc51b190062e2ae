"""The register in the office: a school entered, an act previewed and recorded, set right, set aside, and who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from projects_api.models import LedgerEntry, School
from tests.cast import Cast

HERE = "/office/610526/schools/"
ESTABLISHED = {
    "establishment-applicant": "Town 1", "establishment-applied": "2021-03-01", "establishment-decision": "approved",
    "establishment-decided": "2021-05-20", "establishment-document_number": "蒲政文8号", "establishment-authority": "county",
    "name_zh": "东镇小学", "stage": "primary", "region": "610526101", "classes": "12", "places": "540", "boarding": "",
    "location": "109.58, 34.95", "location_crs": "WGS84", "version": "0",
}  # fmt: skip


@pytest.fixture
def office(cast: Cast, client: Client) -> Any:
    client.force_login(cast.user("official"), "projects_api.services.sign_in.AccountBackend")
    return client


def page(client: Any, path: str, data: dict[str, str] | None = None, status: int = 200) -> str:
    en = {"accept-language": "en"}
    answer = client.get(path, headers=en) if data is None else client.post(path, data, headers=en)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return str(answer.content.decode())


def fields_of(text: str) -> dict[str, str]:
    """What a browser would send of the page's first form, as it stands."""
    form = re.search(r'<form method="post" id="school".*?</form>', text, re.S)
    assert form
    found = dict(re.findall(r'<input[^>]* name="([\w-]+)"[^>]* value="([^"]*)"', form[0]))
    for name, options in re.findall(r'<select id="([\w-]+)".*?>(.*?)</select>', form[0], re.S):
        found[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return found


def test_a_school_is_entered_and_acts_are_recorded_set_right_and_aside(cast: Cast, office: Any) -> None:
    assert "First School" in page(office, HERE) and "No school of this name" in page(office, f"{HERE}?q=zzz")
    entries = LedgerEntry.objects.count()
    wrong = page(office, f"{HERE}new/", ESTABLISHED | {"act": "save", "establishment-decided": "2021-02-01"}, 400)
    assert 'href="#establishment-decided"' in wrong and 'value="东镇小学"' in wrong
    shown = page(office, f"{HERE}new/", ESTABLISHED | {"act": "preview"})
    assert "nothing is saved yet" in shown and LedgerEntry.objects.count() == entries
    page(office, f"{HERE}new/", ESTABLISHED | {"act": "save"}, 303)
    school = School.objects.get(name_zh="东镇小学")
    path = f"{HERE}{school.code}/"
    assert "蒲政文8号" in page(office, path)

    new = f"{path}acts/alteration/"
    said = fields_of(page(office, new)) | {
        "applicant": "东镇小学", "applied": "2023-01-10", "decided": "2023-02-01", "document_number": "9", "authority": "局",
        "changes-places": "810",
    }  # fmt: skip
    assert "<strong>810</strong> instead of 540" in page(office, new, said | {"act": "preview"})
    page(office, new, said | {"act": "save"}, 303)
    page(office, new, said | {"act": "save"}, 412)
    act = f"{path}acts/2/"
    said = fields_of(page(office, act)) | {"changes-places": "800"}
    assert 'href="#reason"' in page(office, act, said | {"act": "save"}, 400)
    page(office, act, said | {"act": "save", "reason": "misread"}, 303)
    school.refresh_from_db()
    assert school.places == 800
    begun = f"{path}acts/1/"
    said = fields_of(page(office, begun))
    assert (said["changes-places"], "Set the act aside" in page(office, begun)) == ("540", False)
    page(office, begun, said | {"act": "save", "changes-places": "500", "reason": "misread"}, 303)
    assert "<strong>800</strong> instead of 500" in page(office, path)
    version = str(School.objects.get(pk=school.pk).version)
    page(office, act, {"act": "aside", "version": version, "reason": "of another school"}, 303)
    assert School.objects.get(pk=school.pk).places == 500 and "set aside" in page(office, path)
    page(office, act, status=404)

    said = fields_of(page(office, f"{path}acts/cancellation/")) | {
        "applicant": "镇政府", "applied": "2024-05-01", "decided": "2024-05-01", "document_number": "10", "authority": "局",
        "closed": "2024-08-31",
    }  # fmt: skip
    shown = page(office, f"{path}acts/cancellation/", said | {"act": "preview"})
    assert "The school is closed from" in shown and "31 August 2024" in shown
    page(office, f"{path}acts/cancellation/", said | {"act": "save"}, 303)
    page(office, f"{path}acts/alteration/", status=404)
    version = str(School.objects.get(pk=school.pk).version)
    page(office, f"{path}entry/", {"act": "aside", "version": version, "reason": "never was"}, 303)
    assert "there never was such a school" in page(office, path)


def test_who_only_reads_is_offered_nothing_to_record(cast: Cast, client: Client) -> None:
    client.force_login(cast.user("viewer"), "projects_api.services.sign_in.AccountBackend")
    for path in (HERE, f"{HERE}{cast.planned_school}/"):
        text = page(client, path)
        assert "Your role reads this" in text and "acts/" not in text and "/new/" not in text
    assert client.get(f"{HERE}no-such/").status_code == 404
    assert client.get("/office/411525/schools/").status_code == 403
