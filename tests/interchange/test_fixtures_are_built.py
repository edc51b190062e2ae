"""The product's own services made the demonstration fixtures."""

from __future__ import annotations

import json

import pytest

from projects_api.interchange.demo.build import build
from projects_api.interchange.demo.dump import dump, dump_pictures, objects_of
from projects_api.interchange.demo.source import HOME, read_source
from projects_api.models import Bureau


@pytest.mark.once  # some 600 writes through the services; what they write does not depend on the engine
@pytest.mark.parametrize("name", ["pucheng", "gushi"])
def test_the_committed_fixture_is_what_its_sources_make(db, settings, empty_storage, tmp_path, name):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    source = read_source(name)
    build(source)
    bureau = Bureau.objects.select_related("region__parent").get(code=source.code)
    dump(objects_of(bureau), tmp_path / "made.json")
    dump_pictures(bureau, tmp_path / "photos")
    made, committed = (
        json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "made.json", HOME.parent / f"{name}.json")
    )
    assert len(made) == len(committed)
    for one, other in zip(made, committed, strict=True):
        assert one == other, "run script/build_fixtures"
    for picture in (path for path in (tmp_path / "photos").rglob("*") if path.is_file()):
        assert picture.read_bytes() == (HOME.parent / picture.relative_to(tmp_path)).read_bytes(), picture
