# Finding and installing system packages and a fit Python: sourced by script/bootstrap.
# shellcheck shell=bash

os_name() { (. /etc/os-release 2>/dev/null && printf '%s' "${PRETTY_NAME:-${ID:-}}") || uname -s; }

is_debian_like() {
  [ -r /etc/os-release ] && command -v apt-get >/dev/null && command -v dpkg >/dev/null &&
    (. /etc/os-release && case " ${ID:-} ${ID_LIKE:-} " in *" debian "* | *" ubuntu "*) true ;; *) false ;; esac)
}

# postgres_bin: the newest PostgreSQL with PostGIS beside it, or nothing.
postgres_bin() {
  local dir share
  for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) $(pg_config --bindir 2>/dev/null); do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && [ -x "$dir/pg_ctl" ] || continue
    share=$("$dir/pg_config" --sharedir 2>/dev/null) || share="/usr/share/postgresql/$(basename "$(dirname "$dir")")"
    [ -e "$share/extension/postgis.control" ] && { printf '%s' "$dir"; return 0; }
  done
  return 1
}

chromium_bin() {
  local candidate
  for candidate in "${CHROMIUM-}" /usr/bin/chromium /usr/bin/google-chrome /usr/bin/chromium-browser; do
    # Ubuntu's chromium-browser is a 2 KB script that asks for snap.
    [ -n "$candidate" ] && [ -x "$candidate" ] && ! grep -qs 'snap install chromium' "$candidate" &&
      { printf '%s' "$candidate"; return 0; }
  done
  return 1
}

has_pango() {
  command -v python3 >/dev/null && python3 -I -c '
import sys
from ctypes.util import find_library
sys.exit(not all(map(find_library, ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset"))))' 2>/dev/null
}

has_chinese_font() { [ -n "$(fc-list :lang=zh family 2>/dev/null | head -n 1)" ]; }

# Python >= 3.11 with venv, whose SQLite loads SpatiaLite, with GDAL and GEOS to be found.
fits() {
  "$1" -I -c '
import sys
if sys.version_info < (3, 11): sys.exit("is older than 3.11")
import sqlite3
connection = sqlite3.connect(":memory:")
if not hasattr(connection, "enable_load_extension"): sys.exit("has an SQLite that cannot load extensions")
connection.enable_load_extension(True)
try: connection.load_extension("mod_spatialite")
except sqlite3.OperationalError as error: sys.exit(f"cannot load SpatiaLite: {error}")
try: import venv, ensurepip
except ImportError: sys.exit("lacks venv")
' 2>&1
}

# find_python: sets PYTHON_FOUND to the first fit one, PYTHON_WHY to what was wrong with the others.
find_python() {
  local candidate why seen=' '
  PYTHON_FOUND='' PYTHON_WHY=()
  for candidate in "${PYTHON-}" /usr/bin/python3 /usr/bin/python3.{13,12,11} /usr/local/bin/python3 \
    "$(command -v python3.13)" "$(command -v python3.12)" "$(command -v python3.11)" "$(command -v python3)"; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    case "$seen" in *" $candidate "*) continue ;; esac
    seen="$seen$candidate "
    if why=$(fits "$candidate"); then
      PYTHON_FOUND=$candidate
      return 0
    fi
    PYTHON_WHY+=("$candidate ${why##*$'\n'}")
  done
  return 1
}

has_spatial_libraries() {
  # The libraries themselves, found as Django finds them; msgfmt builds the translations.
  command -v msgfmt >/dev/null && command -v python3 >/dev/null && python3 -I -c '
import sys
from ctypes.util import find_library
sys.exit(not (find_library("gdal") and find_library("geos_c")))' 2>/dev/null
}

# missing_packages: what the server needs and lacks, as names for apt, one per line.
missing_packages() {
  has_spatial_libraries || printf '%s\n' python3 gdal-bin gettext
  find_python || printf '%s\n' python3 python3-venv libsqlite3-mod-spatialite
  [ -s /etc/ssl/certs/ca-certificates.crt ] || printf '%s\n' ca-certificates
}

# missing_for_paper: what PDFs are drawn with (Pango, a Chinese font). Everything else works without.
missing_for_paper() {
  has_pango || printf '%s\n' libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
  has_chinese_font || printf '%s\n' fontconfig fonts-noto-cjk
}

# missing_for_tests: what only PostGIS and browser tests need and lack.
missing_for_tests() {
  [ -n "${TEST_DATABASE_URL-}" ] || postgres_bin >/dev/null || printf '%s\n' postgresql postgis-for-postgresql
  chromium_bin >/dev/null || printf '%s\n' chromium
  # Playwright brings its own node, which wants this; the tests of the tools ask git what is committed.
  [ -n "$(ls /usr/lib/*/libatomic.so.1 /usr/lib/libatomic.so.1 /lib/*/libatomic.so.1 2>/dev/null)" ] || printf '%s\n' libatomic1
  command -v git >/dev/null || printf '%s\n' git
  # The examples of docs/api.md are run as they stand there.
  command -v curl >/dev/null || printf '%s\n' curl
  # GDAL's own client reads what /ogc/ serves; its library may be there without it.
  command -v ogr2ogr >/dev/null || printf '%s\n' gdal-bin
}

# as_root COMMAND…: directly or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null && return 0
  [ -t 0 ] && sudo -v
}

run_apt() {
  local log=$1
  shift
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -o Dpkg::Use-Pty=0 \
    -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 "$@" >>"$log" 2>&1
}

# install_packages PACKAGE…: with apt, or a clear word on why not.
install_packages() {
  local wanted=("$@") log package names=()
  is_debian_like || fail "these are missing, and only Debian and Ubuntu can be set up by this script (this is $(os_name)):" \
    "${wanted[*]}" "Install their like by hand, then run it again."
  can_be_root || fail "these system packages are missing, and installing them needs root or sudo:" \
    "${wanted[*]}" "As an administrator: apt-get update && apt-get install ${wanted[*]}"
  log=$(mktemp -t schoolworks-apt.XXXXXX)
  say "Installing system packages: ${wanted[*]} (log: $log)"
  if [ -z "${APT_LISTS_READ-}" ]; then # once per set-up: on a slow line it is the longest part
    run_apt "$log" update || apt_failed "$log" "the package lists cannot be read: is there a network?"
    APT_LISTS_READ=yes
  fi
  for package in "${wanted[@]}"; do
    if [ "$package" = postgis-for-postgresql ]; then
      # Its name holds PostgreSQL's version, which each release has of its own.
      package=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | cut -d' ' -f1 | sort -rV | head -n 1)
      [ -n "$package" ] || fail "$(os_name) offers no PostGIS 3 package" \
        "Give a PostGIS of your own: TEST_DATABASE_URL=postgis://user:password@host/name script/test"
    elif [ "$package" = chromium ] && ! apt-cache show chromium >/dev/null 2>&1; then
      fail "$(os_name) offers no Chromium package outside snap" \
        "Install a Chromium or Chrome and name it: CHROMIUM=/path/to/chrome script/test"
    fi
    names+=("$package")
  done
  run_apt "$log" install --yes --no-install-recommends --no-upgrade "${names[@]}" ||
    apt_failed "$log" "apt-get could not install: ${names[*]}"
  rm -f "$log"
}

apt_failed() {
  local log=$1 reason=$2 lines
  mapfile -t lines <<<"$(grep -E '^(E|W|Err|dpkg)' "$log" | tail -n 6)"
  fail "$reason" "${lines[@]}" "Everything it said: $log"
}
