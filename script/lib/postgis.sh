# A throw-away PostGIS cluster on a free port: sourced. postgis_start sets DATABASE_URL, postgis_stop removes it all.
# shellcheck shell=bash

PG_DIR=''

# The server refuses to run as root: its own user does, or whoever calls.
pg_run() {
  if [ "$(id -u)" != 0 ]; then
    "$@"
  elif command -v setpriv >/dev/null; then
    setpriv --reuid "$PG_USER" --regid "$PG_GROUP" --init-groups -- "$@"
  else
    runuser -u "$PG_USER" -- "$@"
  fi
}

postgis_start() {
  local bin port password try log
  bin=$(postgres_bin) || { PG_PROBLEM="no PostgreSQL with PostGIS is installed"; return 1; }
  PG_USER=nobody
  id postgres >/dev/null 2>&1 && PG_USER=postgres
  PG_GROUP=$(id -gn "$PG_USER")
  PG_DIR=$(mktemp -d /tmp/schoolworks-pg.XXXXXX) || return 1
  PG_BIN=$bin
  log="$PG_DIR/log"
  password=$("$PY" -c 'import secrets; print(secrets.token_hex(16))')
  printf '%s\n' "$password" >"$PG_DIR/password"
  [ "$(id -u)" = 0 ] && chown -R "$PG_USER:$PG_GROUP" "$PG_DIR"
  PG_PROBLEM="initdb failed"
  (cd / && pg_run "$bin/initdb" -D "$PG_DIR/data" --username schoolworks --pwfile "$PG_DIR/password" \
    --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 --no-sync) >"$PG_DIR/initdb.log" 2>&1 ||
    { PG_PROBLEM="initdb failed: $(tail -n 2 "$PG_DIR/initdb.log" | tr '\n' ' ')"; return 1; }
  for try in 1 2 3; do
    # Another process may take the port between the look and the start: then once more.
    port=$("$PY" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # Nothing here outlives the run, so nothing is worth an fsync.
    if (cd / && pg_run "$bin/pg_ctl" -D "$PG_DIR/data" -w -t 300 -l "$log" -o "-p $port -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories='$PG_DIR' -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
      -c max_connections=200 -c shared_buffers=256MB -c jit=off" start) >/dev/null 2>&1; then
      DATABASE_URL="postgis://schoolworks:$password@127.0.0.1:$port/schoolworks"
      # In template1, so that every database made from it has PostGIS at once.
      PGPASSWORD=$password "$bin/psql" -q -h 127.0.0.1 -p "$port" -U schoolworks -d template1 -v ON_ERROR_STOP=1 \
        -c 'CREATE EXTENSION postgis' -c 'CREATE DATABASE schoolworks' >"$PG_DIR/psql.log" 2>&1 ||
        { PG_PROBLEM="PostGIS could not be set up: $(tail -n 2 "$PG_DIR/psql.log")"; return 1; }
      export DATABASE_URL
      return 0
    fi
  done
  PG_PROBLEM="PostgreSQL did not start: $(tail -n 2 "$log" 2>/dev/null | tr '\n' ' ')"
  return 1
}

postgis_stop() {
  [ -n "$PG_DIR" ] || return 0
  if [ -f "$PG_DIR/data/postmaster.pid" ]; then
    (cd / && pg_run "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -m immediate -w -t 10 stop) >/dev/null 2>&1
  fi
  rm -rf "$PG_DIR"
  PG_DIR=''
}
