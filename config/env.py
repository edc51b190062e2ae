"""Settings from the environment: read once, typed, and loud.

``read(os.environ)`` gives a frozen `Env`. A missing or wrong value raises `ImproperlyConfigured` with one
line that names the variable, so that a typing error never starts a server that behaves differently from
what was meant.
`SETTINGS` is the table that ``docs/settings.md`` is checked against (``python -m config.env`` prints it).
"""

from __future__ import annotations

import os
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import addresses
from config.basemaps import BaseMap, Refused, base_maps
from config.licences import DEFAULT, KNOWN, licence_of
from config.secretkey import MIN_LENGTH, kept_secret_key
from config.values import HOST, flag, given, is_origin, line, listed, number, refuse

BASE_DIR = Path(__file__).resolve().parent.parent

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable as the documentation shows it."""

    name: str
    default: str
    about: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "SECRET_KEY",
        "made once in `VAR_DIR/secret_key` on the embedded database",
        f"Signs sessions and tokens. At least {MIN_LENGTH} characters. "
        "Required with `postgis://…` unless `DEBUG` is on.",
    ),
    Setting("DEBUG", "false", "Django's debug pages. Never on a server that others reach."),
    Setting("DEMO", "false", "Lets the demo accounts sign in and says so on every page. `script/server` sets it."),
    Setting(
        "DATABASE_URL",
        "SpatiaLite in `VAR_DIR/schoolworks.sqlite3`",
        "`spatialite:///absolute/path.sqlite3` or `postgis://user:password@host:port/name`; other schemes are refused.",
    ),
    Setting(
        "DATABASE_POOL_SIZE",
        "8",
        "PostGIS connections per server process, 0 to 200; 0 opens one per request instead.",
    ),
    Setting(
        "CACHE_URL",
        "`locmem://` (memory of each process)",
        "`redis://host:port/0` or `rediss://…` shares the cache between processes.",
    ),
    Setting(
        "VAR_DIR",
        "`var/` in the checkout",
        "Absolute path of what the product writes: database, key, collected static files.",
    ),
    Setting(
        "MEDIA_URL",
        "`VAR_DIR/media`",
        "Where photos are kept: an absolute directory, or `s3://bucket/prefix?endpoint=https://…&region=…` "
        "(and `&style=virtual` where the bucket's name belongs in the host: [photos.md](photos.md)). Never served by address.",
    ),
    Setting(
        "PHOTO_QUOTA_MB",
        "4096",
        "Room for one project's original photos, 1 to 1000000 MB; beyond it new ones are refused with 413.",
    ),
    Setting(
        "EMAIL_URL",
        "none: no e-mail is sent, notifications are in the app only",
        "Mail server: `smtp://user:password@host:25`, `smtp+tls://…:587` (STARTTLS) or `smtps://…:465`; user and password "
        "percent-encoded, or left out.",
    ),
    Setting("EMAIL_FROM", "none", "The sender's address, like `works@example.cn`. Required with `EMAIL_URL`."),
    Setting(
        "SITE_URL",
        "none",
        "Where readers find the product, like `https://works.example.cn`: links in e-mails, feeds and files begin with it, "
        "and its port is one that pages are kept for ([caching.md](caching.md)). Required with `EMAIL_URL`.",
    ),
    Setting(
        "OC4IDS_PREFIX",
        "oc4ids-000000, which is nobody's",
        "The prefix of project identifiers in OC4IDS packages, like `oc4ids-abc123`. Open Contracting Partnership gives one to "
        "every publisher that asks ([oc4ids.md](oc4ids.md)).",
    ),
    Setting(
        "OPEN_DATA_LICENCE",
        "CC-BY-4.0",
        "The licence of the open data ([open-data.md](open-data.md)): one of "
        + ", ".join(f"`{name}`" for name in KNOWN)
        + ", or "
        "the https address of another.",
    ),
    Setting(
        "ALLOWED_HOSTS",
        "localhost,127.0.0.1,[::1]",
        "Host names it answers to, separated by commas. `*` only with `DEBUG`.",
    ),
    Setting(
        "CSRF_TRUSTED_ORIGINS",
        "none",
        "Origins like `https://works.example.cn` from which forms may come, separated by commas.",
    ),
    Setting(
        "HTTPS",
        "false",
        "Secure cookies, HSTS, and a redirect from http. Turn it on wherever the product is served over TLS.",
    ),
    Setting(
        "PROXIES",
        "0",
        "How many reverse proxies of your own stand in front (0 to 5). "
        "Only with 1 or more are `X-Forwarded-For` and `X-Forwarded-Proto` believed.",
    ),
    Setting(
        "TILE_URL",
        "none: the map draws boundaries and sites only",
        "Base maps, separated by blanks: `https://…/{z}/{x}/{y}.png` (any XYZ or WMTS address) or a path of this server, `{s}` "
        "only as first label of the host; `tianditu:vec`, `tianditu:img`; `pmtiles:NAME` or `pmtiles:/absolute/path.pmtiles`. "
        "Files in `VAR_DIR/basemap/*.pmtiles` are offered by themselves ([maps.md](maps.md)).",
    ),
    Setting(
        "TIANDITU_KEY",
        "none",
        "The owner's key for `tianditu:…`, of the kind for browsers. It stands in the page, so bind it to your host at Tianditu.",
    ),
    Setting(
        "TILE_ATTRIBUTION",
        "none",
        "Credit line of the base map, shown as plain text. Required with addresses of tiles in `TILE_URL`.",
    ),
    Setting("MAP_REVIEW_NUMBER", "none", "The map review number (审图号) that public maps in China show."),
    Setting("LOG_LEVEL", "INFO", "One of " + ", ".join(LOG_LEVELS) + "."),
    Setting("TIME_ZONE", "Asia/Shanghai", "IANA name of the zone in which times are shown; stored times are UTC."),
)


@dataclass(frozen=True, slots=True)
class Env:
    """The whole configuration. `database`, `cache` and `media` are entries for Django's `DATABASES`, `CACHES` and `STORAGES`;
    `email` holds its `EMAIL_…` settings, {} where no mail is sent."""

    secret_key: str
    debug: bool
    demo: bool
    database: dict[str, Any]
    cache: dict[str, Any]
    var_dir: Path
    media: dict[str, Any]
    photo_quota_mb: int
    email: dict[str, Any]
    email_from: str
    site_url: str
    oc4ids_prefix: str
    open_data_licence: tuple[str, str]
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    https: bool
    proxies: int
    base_maps: tuple[BaseMap, ...]
    tile_attribution: str
    map_review_number: str
    log_level: str
    time_zone: str

    @property
    def embedded(self) -> bool:
        """Whether the database is the embedded one (SpatiaLite)."""
        return bool(self.database["ENGINE"] == "django.contrib.gis.db.backends.spatialite")

    @property
    def static_root(self) -> Path:
        """Where `collectstatic` puts files."""
        return self.var_dir / "static"

    @property
    def tile_origins(self) -> list[str]:
        """The base maps' hosts as Content-Security-Policy sources; none where they are ours."""
        return sorted({origin for base in self.base_maps for origin in base.origins})


def read(variables: Mapping[str, str]) -> Env:
    """All settings from `variables`. Raises `ImproperlyConfigured` naming the first wrong one."""
    debug = flag(variables, "DEBUG")
    var_dir = _var_dir(variables)
    database = addresses.database(variables, var_dir)
    email, email_from, site_url = addresses.email(variables), _email_from(variables), _site_url(variables)
    if email and not email_from:
        raise refuse("EMAIL_FROM", "is required when EMAIL_URL is set: mails must say who sends them")
    if email and not site_url:
        raise refuse("SITE_URL", "is required when EMAIL_URL is set: mails link to the pages")
    return Env(
        secret_key=_secret_key(variables, debug=debug, database=database, var_dir=var_dir),
        debug=debug,
        demo=flag(variables, "DEMO"),
        database=database,
        cache=addresses.cache(variables),
        var_dir=var_dir,
        media=addresses.media(variables, var_dir),
        photo_quota_mb=number(variables, "PHOTO_QUOTA_MB", default=4096, lowest=1, highest=1_000_000),
        email=email,
        email_from=email_from,
        site_url=site_url,
        oc4ids_prefix=_oc4ids_prefix(variables),
        open_data_licence=_open_data_licence(variables),
        allowed_hosts=_allowed_hosts(variables, debug=debug),
        csrf_trusted_origins=listed(
            variables,
            "CSRF_TRUSTED_ORIGINS",
            check=is_origin,
            wanted="origins like https://works.example.cn",
        ),
        https=flag(variables, "HTTPS"),
        proxies=number(variables, "PROXIES", default=0, lowest=0, highest=5),
        base_maps=_base_maps(variables, var_dir),
        tile_attribution=line(variables, "TILE_ATTRIBUTION", max_length=300),
        map_review_number=line(variables, "MAP_REVIEW_NUMBER", max_length=60),
        log_level=_log_level(variables),
        time_zone=_time_zone(variables),
    )


def _allowed_hosts(variables: Mapping[str, str], *, debug: bool) -> list[str]:
    hosts = listed(
        variables,
        "ALLOWED_HOSTS",
        check=lambda host: host == "*" or HOST.fullmatch(host) is not None,
        wanted="host names without scheme, port or path",
    )
    # With any host allowed, a forged Host header would decide where links in mails and redirects lead.
    if "*" in hosts and not debug:
        raise refuse("ALLOWED_HOSTS", "must name its hosts: '*' is allowed only with DEBUG")
    return hosts or ["localhost", "127.0.0.1", "[::1]"]


def _var_dir(variables: Mapping[str, str]) -> Path:
    text = given(variables, "VAR_DIR")
    if text and not text.startswith("/"):
        raise refuse("VAR_DIR", f"must be an absolute path, not {text!r}")
    return Path(text) if text else BASE_DIR / "var"


MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
OC4IDS_PREFIX = re.compile(r"oc4ids-[a-z0-9]{6}")


def _email_from(variables: Mapping[str, str]) -> str:
    address = given(variables, "EMAIL_FROM")
    if address and not MAIL_ADDRESS.fullmatch(address):
        raise refuse("EMAIL_FROM", f"must be one address, like works@example.cn, not {address!r}")
    return address


def _site_url(variables: Mapping[str, str]) -> str:
    url = given(variables, "SITE_URL").rstrip("/")
    if url and not is_origin(url):
        raise refuse("SITE_URL", f"must be an origin like https://works.example.cn, not {url!r}")
    return url


def _oc4ids_prefix(variables: Mapping[str, str]) -> str:
    prefix = given(variables, "OC4IDS_PREFIX") or "oc4ids-000000"
    if not OC4IDS_PREFIX.fullmatch(prefix):
        raise refuse("OC4IDS_PREFIX", f"must be a prefix like oc4ids-abc123, not {prefix!r}")
    return prefix


def _open_data_licence(variables: Mapping[str, str]) -> tuple[str, str]:
    text = given(variables, "OPEN_DATA_LICENCE") or DEFAULT
    found = licence_of(text)
    if found is None:
        raise refuse("OPEN_DATA_LICENCE", f"must be one of {', '.join(KNOWN)}, or an https address, not {text!r}")
    return found


def _base_maps(variables: Mapping[str, str], var_dir: Path) -> tuple[BaseMap, ...]:
    attribution = line(variables, "TILE_ATTRIBUTION", max_length=300)
    try:
        return base_maps(
            given(variables, "TILE_URL"), attribution=attribution, key=given(variables, "TIANDITU_KEY"), var_dir=var_dir
        )
    except Refused as error:
        raise refuse(error.name, str(error)) from error


def _log_level(variables: Mapping[str, str]) -> str:
    level = given(variables, "LOG_LEVEL").upper() or "INFO"
    if level not in LOG_LEVELS:
        raise refuse("LOG_LEVEL", f"must be one of {', '.join(LOG_LEVELS)}, not {level!r}")
    return level


def _time_zone(variables: Mapping[str, str]) -> str:
    name = given(variables, "TIME_ZONE") or "Asia/Shanghai"
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise refuse("TIME_ZONE", f"is not a known time zone: {name!r}; take one like Asia/Shanghai") from error
    return name


def _secret_key(variables: Mapping[str, str], *, debug: bool, database: dict[str, Any], var_dir: Path) -> str:
    key = variables.get("SECRET_KEY", "")
    if key:
        if len(key) < MIN_LENGTH or len(set(key)) < 5:
            raise refuse("SECRET_KEY", f"must have at least {MIN_LENGTH} characters, and varied ones")
        return key
    if database["ENGINE"].endswith("spatialite"):
        try:
            return kept_secret_key(var_dir)
        except (OSError, ValueError) as error:
            raise refuse("SECRET_KEY", f"is not set, and none can be kept: {error}") from error
    if debug:
        return "for DEBUG alone: this key is in the public source"
    raise refuse(
        "SECRET_KEY",
        f"is not set: give {MIN_LENGTH} or more random characters, the same for every server process",
    )


def table() -> str:
    """`SETTINGS` as a Markdown table."""
    rows = [f"| `{s.name}` | {s.default} | {s.about} |" for s in SETTINGS]
    return "\n".join(["| variable | unset means | what it does |", "| --- | --- | --- |", *rows])


if __name__ == "__main__":
    print(table())
else:
    env = read(os.environ)
