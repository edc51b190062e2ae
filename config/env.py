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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.basemaps import BaseMap, Refused, base_maps
from config.licences import DEFAULT, KNOWN, licence_of
from config.secretkey import MIN_LENGTH, kept_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
HOST = re.compile(r"\.?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\]", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


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
        "Where readers find the product, like `https://works.example.cn`: links in e-mails begin with it. "
        "Required with `EMAIL_URL`.",
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


def refuse(name: str, problem: str) -> ImproperlyConfigured:
    """The one way in which a setting is refused."""
    return ImproperlyConfigured(f"{name} {problem}")


def read(variables: Mapping[str, str]) -> Env:
    """All settings from `variables`. Raises `ImproperlyConfigured` naming the first wrong one."""
    debug = _flag(variables, "DEBUG")
    var_dir = _var_dir(variables)
    database = _database(variables, var_dir)
    email, email_from, site_url = _email(variables), _email_from(variables), _site_url(variables)
    if email and not email_from:
        raise refuse("EMAIL_FROM", "is required when EMAIL_URL is set: mails must say who sends them")
    if email and not site_url:
        raise refuse("SITE_URL", "is required when EMAIL_URL is set: mails link to the pages")
    return Env(
        secret_key=_secret_key(variables, debug=debug, database=database, var_dir=var_dir),
        debug=debug,
        demo=_flag(variables, "DEMO"),
        database=database,
        cache=_cache(variables),
        var_dir=var_dir,
        media=_media(variables, var_dir),
        photo_quota_mb=_number(variables, "PHOTO_QUOTA_MB", default=4096, lowest=1, highest=1_000_000),
        email=email,
        email_from=email_from,
        site_url=site_url,
        oc4ids_prefix=_oc4ids_prefix(variables),
        open_data_licence=_open_data_licence(variables),
        allowed_hosts=_allowed_hosts(variables, debug=debug),
        csrf_trusted_origins=_list(
            variables,
            "CSRF_TRUSTED_ORIGINS",
            check=_is_origin,
            wanted="origins like https://works.example.cn",
        ),
        https=_flag(variables, "HTTPS"),
        proxies=_number(variables, "PROXIES", default=0, lowest=0, highest=5),
        base_maps=_base_maps(variables, var_dir),
        tile_attribution=_words(variables, "TILE_ATTRIBUTION", max_length=300),
        map_review_number=_words(variables, "MAP_REVIEW_NUMBER", max_length=60),
        log_level=_log_level(variables),
        time_zone=_time_zone(variables),
    )


def _text(variables: Mapping[str, str], name: str) -> str:
    return variables.get(name, "").strip()


def _flag(variables: Mapping[str, str], name: str) -> bool:
    word = _text(variables, name).lower()
    if word in TRUE_WORDS:
        return True
    if not word or word in FALSE_WORDS:
        return False
    raise refuse(name, f"must be true or false, not {word!r}")


def _number(variables: Mapping[str, str], name: str, *, default: int, lowest: int, highest: int) -> int:
    text = _text(variables, name)
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
        raise refuse(name, f"must be a whole number from {lowest} to {highest}, not {text!r}")
    return int(text)


def _words(variables: Mapping[str, str], name: str, *, max_length: int) -> str:
    text = _text(variables, name)
    if CONTROL.search(text):
        raise refuse(name, "must be one line of text without control characters")
    if len(text) > max_length:
        raise refuse(name, f"must have at most {max_length} characters, not {len(text)}")
    return text


def _list(variables: Mapping[str, str], name: str, *, check: Callable[[str], bool], wanted: str) -> list[str]:
    entries = [entry.strip() for entry in _text(variables, name).split(",") if entry.strip()]
    for entry in entries:
        if not check(entry):
            raise refuse(name, f"must be {wanted}, separated by commas, not {entry!r}")
    return entries


def _is_origin(text: str) -> bool:
    scheme, separator, host = text.partition("://")
    host = re.sub(r":\d{1,5}$", "", host)
    return bool(separator) and scheme in {"http", "https"} and HOST.fullmatch(host.removeprefix("*.")) is not None


def _allowed_hosts(variables: Mapping[str, str], *, debug: bool) -> list[str]:
    hosts = _list(
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
    text = _text(variables, "VAR_DIR")
    if text and not text.startswith("/"):
        raise refuse("VAR_DIR", f"must be an absolute path, not {text!r}")
    return Path(text) if text else BASE_DIR / "var"


def _database(variables: Mapping[str, str], var_dir: Path) -> dict[str, Any]:
    url = _text(variables, "DATABASE_URL")
    pool_size = _number(variables, "DATABASE_POOL_SIZE", default=8, lowest=0, highest=200)
    scheme = url.split(":", 1)[0].lower()
    if not url or scheme == "spatialite":
        return _spatialite(url, var_dir)
    if scheme == "postgis":
        return _postgis(url, pool_size)
    # The URL may hold a password: only its scheme is shown.
    raise refuse("DATABASE_URL", f"must start with spatialite:/// or postgis://, not {scheme!r}")


def _spatialite(url: str, var_dir: Path) -> dict[str, Any]:
    path = var_dir / "schoolworks.sqlite3"
    if url:
        parts = urlsplit(url)
        if parts.netloc or len(parts.path) < 2 or parts.path.endswith("/") or parts.query or parts.fragment:
            raise refuse("DATABASE_URL", "must give an absolute file, like spatialite:///srv/schoolworks.sqlite3")
        path = Path(parts.path)
    return {
        "ENGINE": "django.contrib.gis.db.backends.spatialite",
        "NAME": str(path),
        "ATOMIC_REQUESTS": False,
        # Loading SpatiaLite into a connection costs more than most pages' queries. An idle connection holds no lock; a
        # restored file is seen by new processes, or after this many seconds.
        "CONN_MAX_AGE": 300,
        # pytest-xdist gives each worker a name made from NAME, which here is a path; in memory each has its own anyway.
        "TEST": {"NAME": ":memory:"},
        "OPTIONS": {
            # IMMEDIATE takes the write lock at BEGIN: no write fails half-way with "database is locked".
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # The rollback journal, not WAL: SQLite up to 3.51.2 has a WAL-reset corruption bug.
            "init_command": "PRAGMA synchronous=FULL; PRAGMA journal_mode=DELETE",
        },
    }


def _postgis(url: str, pool_size: int) -> dict[str, Any]:
    try:
        config = dict(environ.Env.db_url_config(url))
        port = urlsplit(url).port
    except (ValueError, KeyError) as error:
        raise refuse("DATABASE_URL", "is not a valid URL, like postgis://user:password@host:5432/name") from error
    if not config.get("NAME"):
        raise refuse("DATABASE_URL", "must name the database, like postgis://user:password@host:5432/name")
    options: dict[str, Any] = dict(config.get("OPTIONS", {}))
    if pool_size:
        options["pool"] = {"min_size": 0, "max_size": pool_size, "timeout": 10}
    return {
        **config,
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "PORT": port or "",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": options,
    }


def _cache(variables: Mapping[str, str]) -> dict[str, Any]:
    url = _text(variables, "CACHE_URL") or "locmem://"
    scheme = url.split(":", 1)[0].lower()
    if scheme == "locmem":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "schoolworks"}
    if scheme not in {"redis", "rediss"}:
        raise refuse("CACHE_URL", f"must start with locmem://, redis:// or rediss://, not {scheme!r}")
    try:
        parts = urlsplit(url)
        valid = (
            bool(parts.hostname) and (parts.port is None or parts.port > 0) and re.fullmatch(r"(/\d{0,3})?", parts.path)
        )
    except ValueError:
        valid = None
    if not valid:
        raise refuse("CACHE_URL", "is not a valid URL, like redis://host:6379/0")
    # Short time-outs: with Redis away, pages go on without it instead of waiting for it.
    timeouts = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "OPTIONS": timeouts}


def _media(variables: Mapping[str, str], var_dir: Path) -> dict[str, Any]:
    url = _text(variables, "MEDIA_URL")
    if not url or url.startswith("/"):
        # Others on the machine are kept out.
        options = {"location": url or str(var_dir / "media"), "allow_overwrite": True}
        modes = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options | modes}
    parts = urlsplit(url)
    if parts.scheme != "s3":
        # The URL may hold a secret: only its scheme is shown.
        raise refuse("MEDIA_URL", f"must be an absolute directory or start with s3://, not {parts.scheme!r}")
    query = dict(parse_qsl(parts.query))
    endpoint, style = query.get("endpoint", ""), query.get("style", "auto")
    known = query.keys() <= {"endpoint", "region", "style"}
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc) or not known:
        raise refuse("MEDIA_URL", "must name a bucket, like s3://bucket/prefix?endpoint=https://s3.example.cn&region=…")
    if endpoint and not _is_origin(endpoint):
        raise refuse("MEDIA_URL", "must give its endpoint as an origin, like https://s3.example.cn")
    if style not in {"auto", "path", "virtual"}:
        raise refuse("MEDIA_URL", f"must have the style path or virtual, not {style!r}")
    return {
        "BACKEND": "config.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "endpoint_url": endpoint or None,
            "region_name": query.get("region") or None,
            "addressing_style": style,
        },
    }


# scheme -> (port, STARTTLS, TLS from the first byte)
MAIL_SCHEMES = {"smtp": (25, False, False), "smtp+tls": (587, True, False), "smtps": (465, False, True)}
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")

OC4IDS_PREFIX = re.compile(r"oc4ids-[a-z0-9]{6}")


def _email(variables: Mapping[str, str]) -> dict[str, Any]:
    url = _text(variables, "EMAIL_URL")
    if not url:
        return {}
    scheme = url.partition("://")[0].lower()
    if scheme not in MAIL_SCHEMES:
        # The URL may hold a password: only its scheme is shown.
        raise refuse("EMAIL_URL", f"must start with smtp://, smtp+tls:// or smtps://, not {scheme!r}")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host = None, None
    if not host or HOST.fullmatch(host) is None or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise refuse("EMAIL_URL", "is not a valid URL, like smtp+tls://user:password@mail.example.cn:587")
    usual, starttls, tls = MAIL_SCHEMES[scheme]
    user, password = (unquote(part or "") for part in (parts.username, parts.password))
    if CONTROL.search(user + password) or bool(user) != bool(password):
        raise refuse("EMAIL_URL", "must give both a user and a password, or neither")
    return {
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or usual,
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": password,
        "EMAIL_USE_TLS": starttls,
        "EMAIL_USE_SSL": tls,
    }


def _email_from(variables: Mapping[str, str]) -> str:
    address = _text(variables, "EMAIL_FROM")
    if address and not MAIL_ADDRESS.fullmatch(address):
        raise refuse("EMAIL_FROM", f"must be one address, like works@example.cn, not {address!r}")
    return address


def _site_url(variables: Mapping[str, str]) -> str:
    url = _text(variables, "SITE_URL").rstrip("/")
    if url and not _is_origin(url):
        raise refuse("SITE_URL", f"must be an origin like https://works.example.cn, not {url!r}")
    return url


def _oc4ids_prefix(variables: Mapping[str, str]) -> str:
    prefix = _text(variables, "OC4IDS_PREFIX") or "oc4ids-000000"
    if not OC4IDS_PREFIX.fullmatch(prefix):
        raise refuse("OC4IDS_PREFIX", f"must be a prefix like oc4ids-abc123, not {prefix!r}")
    return prefix


def _open_data_licence(variables: Mapping[str, str]) -> tuple[str, str]:
    text = _text(variables, "OPEN_DATA_LICENCE") or DEFAULT
    found = licence_of(text)
    if found is None:
        raise refuse("OPEN_DATA_LICENCE", f"must be one of {', '.join(KNOWN)}, or an https address, not {text!r}")
    return found


def _base_maps(variables: Mapping[str, str], var_dir: Path) -> tuple[BaseMap, ...]:
    attribution = _words(variables, "TILE_ATTRIBUTION", max_length=300)
    try:
        return base_maps(
            _text(variables, "TILE_URL"), attribution=attribution, key=_text(variables, "TIANDITU_KEY"), var_dir=var_dir
        )
    except Refused as error:
        raise refuse(error.name, str(error)) from error


def _log_level(variables: Mapping[str, str]) -> str:
    level = _text(variables, "LOG_LEVEL").upper() or "INFO"
    if level not in LOG_LEVELS:
        raise refuse("LOG_LEVEL", f"must be one of {', '.join(LOG_LEVELS)}, not {level!r}")
    return level


def _time_zone(variables: Mapping[str, str]) -> str:
    name = _text(variables, "TIME_ZONE") or "Asia/Shanghai"
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
