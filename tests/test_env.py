"""Settings from the environment: right values understood, wrong ones refused by name."""

from __future__ import annotations

import dataclasses
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.bucket import Bucket
from config.env import SETTINGS, Env, read
from config.secretkey import kept_secret_key
from tests.servers import ROOT

pytestmark = pytest.mark.once

KEY = "a key for this test, long enough to pass"


def env(**variables: str) -> Env:
    return read({"SECRET_KEY": KEY} | variables)


def test_with_nothing_set_it_is_the_embedded_database_without_debug_or_demo(tmp_path: Path) -> None:
    settings = read({"VAR_DIR": str(tmp_path)})
    assert settings.embedded
    assert settings.database["NAME"] == str(tmp_path / "schoolworks.sqlite3")
    assert (settings.debug, settings.demo, settings.https, settings.proxies) == (False, False, False, 0)
    assert settings.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]
    assert settings.time_zone == "Asia/Shanghai"
    assert settings.base_maps == () and settings.tile_origins == []


def test_the_embedded_database_takes_its_write_lock_at_begin_and_syncs_fully() -> None:
    options = env().database["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 20
    assert "synchronous=FULL" in options["init_command"]
    assert "journal_mode=DELETE" in options["init_command"]


def test_spatialite_url_names_a_file() -> None:
    assert env(DATABASE_URL="spatialite:///srv/works.sqlite3").database["NAME"] == "/srv/works.sqlite3"


def test_postgis_url_is_read_with_a_pool() -> None:
    database = env(DATABASE_URL="postgis://works:s%40fe@db.example.cn:5433/works?sslmode=require").database
    assert database["ENGINE"] == "django.contrib.gis.db.backends.postgis"
    assert (database["USER"], database["PASSWORD"], database["HOST"]) == ("works", "s@fe", "db.example.cn")
    assert (database["PORT"], database["NAME"]) == (5433, "works")
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["pool"]["max_size"] == 8


def test_a_pool_of_none_opens_a_connection_per_request() -> None:
    database = env(DATABASE_URL="postgis:///works?host=/run/postgresql", DATABASE_POOL_SIZE="0").database
    assert database["OPTIONS"] == {"host": "/run/postgresql"}


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "yes", "on"])
def test_words_for_true(word: str) -> None:
    assert env(DEMO=word).demo is True


@pytest.mark.parametrize("word", ["", "0", "false", "No", "off"])
def test_words_for_false(word: str) -> None:
    assert env(DEMO=word).demo is False


def test_redis_is_a_cache_with_short_time_outs() -> None:
    cache = env(CACHE_URL="redis://localhost:6379/1").cache
    assert cache["BACKEND"].endswith("RedisCache")
    assert cache["LOCATION"] == "redis://localhost:6379/1"
    assert cache["OPTIONS"]["socket_timeout"] < 1


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tiles.example.org/{z}/{x}/{y}.png", "https://tiles.example.org"),
        ("https://{s}.tiles.example.org:8443/{z}/{x}/{y}.png?key=a1", "https://*.tiles.example.org:8443"),
        ("/tiles/{z}/{x}/{y}.png", ""),
    ],
)
def test_a_base_map_and_the_host_that_the_page_may_ask(url: str, origin: str) -> None:
    settings = env(TILE_URL=url, TILE_ATTRIBUTION="Map data: somebody")
    assert [base.urls for base in settings.base_maps] == [(url,)]
    assert settings.tile_origins == ([origin] if origin else [])


def test_tianditu_by_the_owners_key_and_a_file_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "basemap").mkdir()
    for name, head in (("county", b"PMTiles\x03rest"), ("named", b"PMTiles\x03"), ("broken", b"no archive")):
        (tmp_path / "basemap" / f"{name}.pmtiles").write_bytes(head)
    key = "0123456789abcdef0123456789abcdef"
    found = env(VAR_DIR=str(tmp_path), TILE_URL="tianditu:vec pmtiles:named tianditu:img", TIANDITU_KEY=key)
    assert [base.key for base in found.base_maps] == ["vec", "named", "img", "county"]
    vec, named = found.base_maps[:2]
    assert ["cva_w" in url for url in vec.urls] == [False, True] and all(f"tk={key}" in url for url in vec.urls)
    assert vec.attribution == "天地图" and named.path == tmp_path / "basemap" / "named.pmtiles"
    assert found.tile_origins == [f"https://t{n}.tianditu.gov.cn" for n in range(8)]
    with pytest.raises(ImproperlyConfigured, match="^TIANDITU_KEY "):
        env(TILE_URL="tianditu:img")


MAIL = {"EMAIL_FROM": "works@example.cn", "SITE_URL": "https://works.example.cn/"}


def test_a_mail_server_is_read_with_what_mails_need() -> None:
    settings = env(EMAIL_URL="smtp+tls://works:s%40fe@mail.example.cn", **MAIL)
    assert settings.email == {
        "EMAIL_HOST": "mail.example.cn", "EMAIL_PORT": 587, "EMAIL_HOST_USER": "works", "EMAIL_HOST_PASSWORD": "s@fe",
        "EMAIL_USE_TLS": True, "EMAIL_USE_SSL": False,
    }  # fmt: skip
    assert (settings.email_from, settings.site_url) == ("works@example.cn", "https://works.example.cn")
    assert env(EMAIL_URL="smtps://mail.example.cn:2465", **MAIL).email["EMAIL_PORT"] == 2465
    assert env().email == {}


@pytest.mark.parametrize("name", MAIL)
def test_mails_need_a_sender_and_an_address_to_link_to(name: str) -> None:
    given = {key: value for key, value in MAIL.items() if key != name}
    with pytest.raises(ImproperlyConfigured, match=name):
        env(EMAIL_URL="smtp://mail.example.cn", **given)


REFUSED = {
    "SECRET_KEY": ["short", "x" * 60],
    "DEBUG": ["maybe", "2"],
    "DEMO": ["tru"],
    "HTTPS": ["https"],
    "DATABASE_URL": [
        "mysql://root@localhost/x",
        "sqlite:///x.sqlite3",
        "postgres://u@h/x",
        "works",
        "spatialite://relative.sqlite3",
        "spatialite:///",
        "postgis://u@h:port/x",
        "postgis://u@h:5432",
        "postgis://u@[::1/x",
    ],
    "DATABASE_POOL_SIZE": ["-1", "many", "1e3", "201"],
    "CACHE_URL": ["memcached://x", "redis://", "redis://h:port/0", "redis://h/one"],
    "VAR_DIR": ["var", "../var"],
    "MEDIA_URL": [
        "media",
        "http://files.example.cn/x",
        "file://srv/media",
        "s3://",
        "s3://Bucket_",
        "s3://bucket?acl=public-read",
        "s3://bucket?endpoint=files",
        "s3://bucket?endpoint=https://key:secret@s3.example.cn",
        "s3://bucket?style=old",
    ],
    "PHOTO_QUOTA_MB": ["0", "-1", "lots", "1e6"],
    "EMAIL_URL": [
        "mail.example.cn",
        "imap://mail.example.cn",
        "smtp://",
        "smtp://mail.example.cn:port",
        "smtp://mail.example.cn/x",
        "smtps://user@mail.example.cn",
        "smtp://u%0d%0a:p@mail.example.cn",
    ],
    "EMAIL_FROM": ["works", "Works <works@example.cn>", "a@b.cn, c@d.cn"],
    "OC4IDS_PREFIX": ["oc4ids-", "oc4ids-ABC123", "oc4ids-abc1234", "abc123"],
    "OPEN_DATA_LICENCE": ["CC-BY-9", "http://example.cn/", 'https://a.cn/"><b>', "free for all"],
    "SITE_URL": ["works.example.cn", "https://works.example.cn/path", "ftp://works.example.cn"],
    "ALLOWED_HOSTS": [
        "*",
        "https://works.example.cn",
        "works.example.cn/",
        "works example",
        "works.example.cn:8000",
    ],
    "CSRF_TRUSTED_ORIGINS": ["works.example.cn", "ftp://works.example.cn", "https://"],
    "PROXIES": ["-1", "6", "one"],
    "TILE_URL": [
        "https://tiles.example.org/{z}/{x}.png",
        "//tiles.example.org/{z}/{x}/{y}.png",
        "ftp://tiles.example.org/{z}/{x}/{y}.png",
        "javascript:alert(1)/{z}/{x}/{y}",
        "https://a.example;script-src *//{z}/{x}/{y}",
        "https://tiles.{s}.example.org/{z}/{x}/{y}.png",
        "https://user@tiles.example.org/{z}/{x}/{y}.png",
        "tianditu:moon",
        "pmtiles:not-there",
        "pmtiles:/etc/hostname",
        "pmtiles:../../secret",
        "/a/{z}/{x}/{y} /b/{z}/{x}/{y} /c/{z}/{x}/{y} /d/{z}/{x}/{y} /e/{z}/{x}/{y} /f/{z}/{x}/{y} /g/{z}/{x}/{y}",
    ],
    "TIANDITU_KEY": ["short", "0123456789abcdef 0123456789abcdef", "x&tk=" + "1" * 20],
    "TILE_ATTRIBUTION": ["two\nlines", "x" * 301],
    "MAP_REVIEW_NUMBER": ["GS\x00", "x" * 61],
    "LOG_LEVEL": ["LOUD"],
    "TIME_ZONE": ["Asia/Pucheng", "../../etc/passwd", "/etc/localtime"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
def test_a_wrong_value_is_refused_by_name_in_one_line(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        env(**{"TILE_ATTRIBUTION": "Map data: somebody"} | {name: value})
    message = str(refusal.value)
    assert message.startswith(f"{name} ")
    assert "\n" not in message


def test_every_setting_has_a_refusal_to_show() -> None:
    assert {setting.name for setting in SETTINGS} == set(REFUSED)


def test_photos_are_kept_under_var_or_where_it_says() -> None:
    assert env(VAR_DIR="/srv/var").media["OPTIONS"]["location"] == "/srv/var/media"
    assert env(MEDIA_URL="/srv/photos").media["OPTIONS"]["location"] == "/srv/photos"
    assert env(PHOTO_QUOTA_MB="12").photo_quota_mb == 12


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("endpoint=http://minio.example.cn:9000", "http://minio.example.cn:9000/photos/works/x"),
        (
            "endpoint=https://oss-cn-beijing.example.cn&style=virtual",
            "https://photos.oss-cn-beijing.example.cn/works/x",
        ),
        ("region=cn-north-1", "https://photos.s3.cn-north-1.amazonaws.com.cn/works/x"),
    ],
)
def test_a_bucket_is_asked_where_its_service_has_it(query: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    media = env(MEDIA_URL=f"s3://photos/works?{query}").media
    bucket = Bucket(**media["OPTIONS"])
    asked = {"Bucket": bucket.bucket_name, "Key": f"{bucket.location}/x"}
    signed = bucket.connection.meta.client.generate_presigned_url("get_object", Params=asked)
    assert signed.partition("?")[0] == address


def test_a_base_map_must_be_credited() -> None:
    with pytest.raises(ImproperlyConfigured, match="^TILE_ATTRIBUTION "):
        env(TILE_URL="https://tiles.example.org/{z}/{x}/{y}.png")


def test_a_refused_database_url_does_not_show_its_password() -> None:
    for url in (
        "mysql://root:hunter2@localhost/x",
        "postgis://u:hunter2@h:port/x",
        "postgis://u:hunter2@h:5432",
    ):
        with pytest.raises(ImproperlyConfigured) as refusal:
            env(DATABASE_URL=url)
        assert "hunter2" not in str(refusal.value)


def test_a_shared_database_needs_a_key_that_all_processes_share() -> None:
    with pytest.raises(ImproperlyConfigured, match="^SECRET_KEY "):
        read({"DATABASE_URL": "postgis://u@h/x"})
    assert read({"DATABASE_URL": "postgis://u@h/x", "DEBUG": "true"}).secret_key


def test_the_embedded_database_makes_its_key_once_for_all_processes(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(kept_secret_key, [tmp_path / "var"] * 32))
    assert len(keys) == 1
    assert read({"VAR_DIR": str(tmp_path / "var")}).secret_key in keys
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]
    with pytest.raises(ValueError, match="VAR_DIR must be an absolute path"):
        kept_secret_key(Path("var-that-is-nowhere"))
    assert not Path("var-that-is-nowhere").exists(), "nothing is made where it was not meant"


def test_a_damaged_kept_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_bytes(b"\xff\xfe")
    with pytest.raises(ImproperlyConfigured, match="^SECRET_KEY "):
        read({"VAR_DIR": str(tmp_path)})


def test_nothing_can_be_changed_afterwards() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        env().debug = True  # type: ignore[misc]


def test_manage_py_says_it_without_a_traceback() -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"SECRET_KEY": KEY, "TIME_ZONE": "Asia/Pucheng", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("manage.py: TIME_ZONE ")
    assert result.stderr.count("\n") == 1


def test_the_tests_read_no_setting_of_the_machine() -> None:
    """With the production's MEDIA_URL about, they would put their photos into its bucket."""
    script = (ROOT / "script" / "test").read_text(encoding="utf-8").replace("\\\n", " ")
    unset = next(line for line in script.splitlines() if line.startswith("unset DATABASE_URL CACHE_URL")).split()
    assert {setting.name for setting in SETTINGS} - set(unset) == {"SECRET_KEY"}, "script/test makes one of its own"


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    missing = [
        setting.name
        for setting in SETTINGS
        if f"| `{setting.name}` | {setting.default} | {setting.about} |" not in text
    ]
    assert missing == [], "docs/settings.md lacks their lines: `python -m config.env` prints the table"
