#!/usr/bin/env bash
# Builds once, then runs every suite, even after one has failed. Ends with the suites' own closing lines.
# All of it, with the set-up that `make test` did before, has 40 minutes: what is not done by then has failed.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cd "$root"
logs="$deps/logs"
mkdir -p "$logs"

# What the suites need to know. What a developer has set for daily use must not leak into tests.
load_environment_file
cache="$(cache_folder)"
# Somebody's own servers do as well: superusers of PostgreSQL with pgvector and of Redis.
database="${SEMBLANCE_TEST_DATABASE:-}" queue="${SEMBLANCE_TEST_QUEUE:-}"
unset "${!SEMBLANCE_@}"
export SEMBLANCE_CACHE="$cache"
export SEMBLANCE_BINARY="$root/.build/release/semblance"
export SEMBLANCE_PYTHON="$deps/venv/bin/python"
export PYTHON="$SEMBLANCE_PYTHON"
export PYTHONUNBUFFERED=1
# The checkers that Swift tests call: schemathesis and openapi-spec-validator.
export PATH="$deps/venv/bin:$PATH"

deadline=$((${STARTED_AT:-$(date +%s)} + 40 * 60))
failed=()
suites=()

# Seconds that are left; at least one, since `timeout 0` would mean no limit.
time_left() {
    local left=$((deadline - $(date +%s)))
    printf '%s' $((left > 1 ? left : 1))
}

# suite NAME COMMAND…: shows the output and keeps it; remembers a failure.
suite() {
    local name="$1" started=$SECONDS
    shift
    suites+=("$name")
    printf '\n==> %s\n' "$name"
    # A suite that hangs ends when the time of the whole is up.
    if timeout --kill-after=10 "$(time_left)" "$@" </dev/null 2>&1 | tee "$logs/$name.log"; then
        printf '    %s: passed in %d s\n' "$name" "$((SECONDS - started))"
    else
        failed+=("$name")
        printf '    %s: FAILED after %d s\n' "$name" "$((SECONDS - started))"
    fi
}

# The runner's own last words, out of a suite's log.
closing_lines() {
    grep -E 'Test run with [0-9]+ test|^=+ .*(passed|failed|error|no tests ran).* =+$|^Ran [0-9]+ test|^(OK|FAILED)( |$)|^[0-9]+ (passed|failed)' \
        "$logs/$1.log" | tail -n 3 || true
}

step "Checking the source's format" "$root/scripts/lint.sh" || failed+=(lint)
step "Building everything with its tests (the first time takes several minutes)" \
    swift_build --build-tests -c release

# Servers of this run alone. They end with it, however it ends.
start_servers() {
    servers="$(mktemp -d)"
    trap '"$root/scripts/test-servers.sh" stop "$servers" && rm -rf -- "$servers"' EXIT
    [ -n "$database" ] || "$root/scripts/test-servers.sh" start "$servers" postgres >/dev/null || return 1
    [ -n "$queue" ] || "$root/scripts/test-servers.sh" start "$servers" redis >/dev/null || return 1
    set -a
    # shellcheck disable=SC1091
    if [ -f "$servers/servers.env" ]; then source "$servers/servers.env"; fi
    set +a
    export SEMBLANCE_TEST_DATABASE="${database:-${SEMBLANCE_TEST_DATABASE:-}}"
    export SEMBLANCE_TEST_QUEUE="${queue:-${SEMBLANCE_TEST_QUEUE:-}}"
}
step "Starting PostgreSQL and Redis for the tests" start_servers

suite Swift swift test --skip-build -c release --disable-xctest
for folder in Setup System Browser; do
    if [ -x "Tests/$folder/run.sh" ]; then suite "$folder" "Tests/$folder/run.sh"; fi
done
[ "$(date +%s)" -lt "$deadline" ] || failed+=("time: the whole has 40 minutes")

printf '\n==> Summary (the whole output is in .deps/logs)\n'
for ((number = ${#suites[@]} - 1; number >= 0; number--)); do
    printf '%s:\n' "${suites[number]}"
    closing_lines "${suites[number]}"
done
if [ ${#failed[@]} != 0 ]; then
    fail "failed: ${failed[*]}"
fi
