#!/usr/bin/env bash
# Runs a command of the program in server mode, against the servers that .env names as the prototype did.
# Usage: server-mode.sh COMMAND [argument…]
#
# DB_NAME, DB_USER, DB_PASSWORD, DB_HOST, DB_PORT become SEMBLANCE_DATABASE and REDIS_URL becomes SEMBLANCE_QUEUE, unless
# those are set. Nothing of it is in any process's arguments.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

program="$root/.build/release/semblance"
load_environment_file
[ -x "$program" ] || fail "There is no $program yet; run make build."

# Anything as a part of a URL: every byte but letters, digits and - _ . ~ in percent encoding (RFC 3986).
encoded() {
    local LC_ALL=C text="$1" position character
    for ((position = 0; position < ${#text}; position++)); do
        character="${text:position:1}"
        case "$character" in
        [A-Za-z0-9_.~-]) printf '%s' "$character" ;;
        # Bytes above 127 count as negative numbers.
        *) printf '%%%02X' "$(($(printf '%d' "'$character") & 255))" ;;
        esac
    done
}

database_url() {
    local user password host="${DB_HOST:-127.0.0.1}"
    user="$(encoded "${DB_USER:-semblance}")"
    password="$(encoded "${DB_PASSWORD:-}")"
    # An IPv6 address stands in brackets; a folder (of a Unix socket) is encoded.
    case "$host" in
    /*) host="$(encoded "$host")" ;;
    \[*) ;;
    *:*) host="[$host]" ;;
    esac
    printf 'postgres://%s%s@%s:%s/%s' "$user" "${password:+:$password}" "$host" "${DB_PORT:-5432}" "$(encoded "${DB_NAME:-semblance}")"
}

if [ -z "${SEMBLANCE_DATABASE:-}" ] && [ -n "${DB_NAME:-}${DB_USER:-}${DB_HOST:-}" ]; then
    SEMBLANCE_DATABASE="$(database_url)"
    export SEMBLANCE_DATABASE
fi
if [ -z "${SEMBLANCE_QUEUE:-}" ] && [ -n "${REDIS_URL:-}" ] && [ -n "${SEMBLANCE_DATABASE:-}" ]; then
    export SEMBLANCE_QUEUE="$REDIS_URL"
fi
export SEMBLANCE_MODEL_CONFIG="${SEMBLANCE_MODEL_CONFIG:-$root/config/model_config.json}"
if [ -z "${SEMBLANCE_DATABASE:-}" ]; then
    case "${1:-}" in
    worker | db) fail "Server mode needs a database: set DB_NAME, DB_USER, DB_PASSWORD, DB_HOST and DB_PORT in .env (or SEMBLANCE_DATABASE). make run-server brings one along." ;;
    esac
fi
cd "$root"
exec "$program" "$@"
