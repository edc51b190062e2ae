# Shared by the scripts: sourced, never run. Gives ROOT, VENV, PY and the words they speak in.
# shellcheck shell=bash
set -u -o pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$ROOT" || exit 1
NAME=$(basename "$0")
VENV="$ROOT/.venv"
PY="$VENV/bin/python"
export PYTHONDONTWRITEBYTECODE="${PYTHONDONTWRITEBYTECODE-}"

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
  BOLD='' DIM='' RED='' PLAIN=''
fi

say() { printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$*"; }

fail() {
  printf '%s%s: %s%s\n' "$RED" "$NAME" "$1" "$PLAIN" >&2
  shift
  local line
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# The product's own variable directory: the same rule as config/env.py.
var_dir() { printf '%s' "${VAR_DIR:-$ROOT/var}"; }
