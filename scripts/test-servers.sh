#!/usr/bin/env bash
# Runs throw-away servers for tests and for trying things by hand: PostgreSQL with pgvector, and Redis.
#
# Usage: test-servers.sh start FOLDER [postgres|redis]     starts both, or one; prints their URLs
#        test-servers.sh stop FOLDER [postgres|redis]      both: ends them and deletes their data; one: keeps its data
#        test-servers.sh kill FOLDER postgres|redis        ends one as a crash would
#        test-servers.sh empty FOLDER postgres|redis       deletes the data of one that is stopped
#
# FOLDER keeps what belongs together (servers.env holds the URLs, to be sourced); a second start goes on with its data
# and ports. The servers run as a user that is not root, listen on the loopback interface at free ports and want the
# passwords that are in the URLs. SEMBLANCE_TEST_FSYNC=on makes PostgreSQL write as safely as in use: for measurements.
# SEMBLANCE_TEST_USER is the user that the servers run as if root calls; by default nobody. SEMBLANCE_TEST_POSTGRES is a
# PostgreSQL (a folder with bin/) to run in place of the one that scripts/get-postgres.sh gets.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command="${1:-}" folder="${2:-}" only="${3:-}"
[[ -n "$folder" && "$command" =~ ^(start|stop|kill|empty)$ && "$only" =~ ^(postgres|redis|)$ ]] ||
    fail "Usage: test-servers.sh start|stop|kill|empty FOLDER [postgres|redis]"
[[ -n "$only" || "$command" =~ ^(start|stop)$ ]] || fail "test-servers.sh $command needs postgres or redis after the folder."
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"

# Runs a command as the servers' user, without the files that the caller has open: servers outlive it.
as_user() {
    (
        local descriptor
        for descriptor in /proc/self/fd/*; do
            descriptor="${descriptor##*/}"
            if [ "$descriptor" -gt 2 ]; then eval "exec $descriptor>&-"; fi
        done
        cd "$data"
        if [ "$(id -u)" = 0 ]; then
            exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups env HOME="$data" "$@"
        fi
        exec "$@"
    )
}

user="${SEMBLANCE_TEST_USER:-nobody}"
[ "$(id -u)" = 0 ] || user="$(id -un)"

# The data is in the system's folder for temporary files: FOLDER may lie where only root can enter, and the path of a
# Unix socket is short.
if [ -f "$folder/place" ]; then
    data="$(cat "$folder/place")"
    [ "$command" = stop ] || [ -d "$data" ] ||
        fail "The servers' data, $data, is gone. Delete $folder/place to begin anew."
else
    [ "$command" = start ] || exit 0
    data="$(mktemp -d "${TMPDIR:-/tmp}/semblance-servers.XXXXXX")"
    chmod 755 "$data"
    if [ "$(id -u)" = 0 ]; then chown "$user" "$data"; fi
    printf '%s\n' "$data" >"$folder/place"
fi

# A port that nobody listens at now.
free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

random_word() {
    od -An -N12 -tx1 /dev/urandom | tr -d ' \n'
}

# once NAME COMMAND…: the command's output, the same at each later call.
once() {
    local name="$1"
    shift
    [ -f "$folder/$name" ] || (umask 077 && "$@" >"$folder/$name.new" && mv "$folder/$name.new" "$folder/$name")
    cat "$folder/$name"
}

# Where the servers' user can run PostgreSQL from: the checkout may lie in a folder that only root can enter.
postgres_home() {
    if [ -n "${SEMBLANCE_TEST_POSTGRES:-}" ]; then
        printf '%s\n' "$SEMBLANCE_TEST_POSTGRES"
    elif as_user test -x "$deps/postgres/bin/postgres" 2>/dev/null; then
        printf '%s\n' "$deps/postgres"
    else
        [ -d "$data/program" ] || cp -a "$deps/postgres" "$data/program"
        printf '%s\n' "$data/program"
    fi
}

make_cluster() {
    local words="$data/password"
    (umask 077 && once postgres-password random_word >"$words")
    if [ "$(id -u)" = 0 ]; then chown "$user" "$words"; fi
    as_user "$home/bin/initdb" -D "$data/postgres" -U semblance --pwfile="$words" --auth-host=scram-sha-256 \
        --auth-local=scram-sha-256 --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C \
        --no-sync >"$data/initdb.log" 2>&1 || {
        rm -f -- "$words"
        tail -n 20 "$data/initdb.log" >&2
        fail "PostgreSQL's data folder could not be made."
    }
    rm -f -- "$words"
    as_user tee -a "$data/postgres/postgresql.conf" >/dev/null <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = '$data'
max_connections = 400
shared_buffers = 256MB
maintenance_work_mem = 512MB
max_wal_size = 4GB
dynamic_shared_memory_type = mmap
log_min_messages = warning
fsync = ${SEMBLANCE_TEST_FSYNC:-off}
full_page_writes = ${SEMBLANCE_TEST_FSYNC:-off}
END
}

start_postgres() {
    [ -n "${SEMBLANCE_TEST_POSTGRES:-}" ] || [ -x "$deps/postgres/bin/postgres" ] || "$root/scripts/get-postgres.sh" >&2
    local home port
    home="$(postgres_home)"
    port="$(once postgres-port free_port)"
    [ -d "$data/postgres" ] || make_cluster
    if as_user "$home/bin/pg_ctl" -D "$data/postgres" status >/dev/null 2>&1; then return 0; fi
    as_user "$home/bin/pg_ctl" -D "$data/postgres" -w -t 60 -l "$data/postgres.log" -o "-p $port" start \
        >"$data/pg_ctl.log" 2>&1 </dev/null || {
        tail -n 20 "$data/pg_ctl.log" "$data/postgres.log" >&2
        fail "PostgreSQL did not start."
    }
}

end_postgres() {
    [ -d "$data/postgres" ] || return 0
    as_user "$(postgres_home)/bin/pg_ctl" -D "$data/postgres" -w -t 60 -m "$1" stop >/dev/null 2>&1 || true
}

# The process's number, if it is ours still: after a crash another may have it.
redis_pid() {
    local pid
    pid="$(cat "$data/redis.pid" 2>/dev/null)" && [ -n "$pid" ] &&
        [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$data/redis" ] && printf '%s\n' "$pid"
}

start_redis() {
    command -v redis-server >/dev/null || fail "There is no redis-server. As root: apt-get install redis-server"
    if redis_pid >/dev/null; then return 0; fi
    local port password tries
    port="$(once redis-port free_port)"
    password="$(once redis-password random_word)"
    rm -f -- "$data/redis.pid"
    as_user mkdir -p "$data/redis"
    as_user redis-server - >/dev/null 2>&1 <<END
bind 127.0.0.1
port $port
requirepass $password
daemonize yes
dir $data/redis
pidfile $data/redis.pid
logfile $data/redis.log
appendonly yes
save ""
END
    for ((tries = 0; tries < 200; tries++)); do
        if [ "$(REDISCLI_AUTH="$password" redis-cli -p "$port" ping 2>/dev/null)" = PONG ]; then return 0; fi
        sleep 0.05
    done
    tail -n 20 "$data/redis.log" >&2
    fail "Redis did not start."
}

# end_redis SIGNAL
end_redis() {
    local pid
    pid="$(redis_pid)" || return 0
    kill "-$1" "$pid" 2>/dev/null || true
    while [ "$(redis_pid)" = "$pid" ]; do sleep 0.02; done
    rm -f -- "$data/redis.pid"
}

# The file holds passwords.
write_urls() (
    umask 077
    {
        if [ -f "$folder/postgres-port" ]; then
            printf 'export SEMBLANCE_TEST_DATABASE=postgres://semblance:%s@127.0.0.1:%s/postgres\n' \
                "$(cat "$folder/postgres-password")" "$(cat "$folder/postgres-port")"
        fi
        if [ -f "$folder/redis-port" ]; then
            printf 'export SEMBLANCE_TEST_QUEUE=redis://:%s@127.0.0.1:%s/0\n' \
                "$(cat "$folder/redis-password")" "$(cat "$folder/redis-port")"
        fi
    } >"$folder/servers.env.new"
    mv "$folder/servers.env.new" "$folder/servers.env"
    sed 's/^export //' "$folder/servers.env"
)

wants() { [ -z "$only" ] || [ "$only" = "$1" ]; }

case "$command" in
start)
    if wants postgres; then start_postgres; fi
    if wants redis; then start_redis; fi
    write_urls
    ;;
stop)
    if wants postgres; then end_postgres fast; fi
    if wants redis; then end_redis TERM; fi
    if [ -z "$only" ]; then
        rm -rf -- "$data"
        rm -f -- "$folder"/{place,servers.env,postgres-port,postgres-password,redis-port,redis-password}
    fi
    ;;
kill)
    if wants postgres; then end_postgres immediate; fi
    if wants redis; then end_redis KILL; fi
    ;;
empty)
    rm -rf -- "${data:?}/$only"
    ;;
esac
