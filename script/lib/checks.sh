# The checks that need no database server, shared by script/lint and script/test: sourced.
# shellcheck shell=bash

CHECKS=(
  "ruff check|.venv/bin/ruff check ."
  "ruff format|.venv/bin/ruff format --check ."
  "import layers|.venv/bin/lint-imports --no-logo"
  "types (mypy)|.venv/bin/mypy"
  "migrations up to date|.venv/bin/python manage.py makemigrations --check --dry-run"
  "openapi.json|script/openapi --check"
)

# run_check COMMAND: quiet when it passes, all its words when not.
run_check() {
  local output
  if output=$(env -u DATABASE_URL bash -c "$1" 2>&1 </dev/null); then return 0; fi
  printf '%s\n' "$output" | tail -n 80
  return 1
}
