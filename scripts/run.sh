#!/usr/bin/env bash
# Indexes the demo pictures (if they are there) and serves the page until Ctrl-C.
# Usage: run.sh [--demo]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

program="$root/.build/release/semblance"
load_environment_file
export SEMBLANCE_MODEL_CONFIG="${SEMBLANCE_MODEL_CONFIG:-$root/config/model_config.json}"
[ -x "$program" ] || fail "There is no $program yet; run make build."

# Unchanged pictures are skipped, so that this is quick from the second time on.
index_demo() {
    local code=0
    "$program" index "$deps/demo/furniture" "$deps/demo/stamps" --catalogue demo \
        --metadata "$deps/demo/metadata.jsonl" || code=$?
    case $code in
    0) ;;
    2) note "some pictures could not be indexed; the others can be searched" ;;
    130) exit 130 ;;
    *) fail "the demo could not be indexed; see above. make run DEMO=none serves without it." ;;
    esac
}

if [ "${1:-}" = --demo ] && [ "${DEMO:-}" != none ]; then
    step "Indexing the demo catalogue" index_demo
fi
say "==> Serving (open http://${SEMBLANCE_HOST:-127.0.0.1}:${SEMBLANCE_PORT:-8000} in a browser; Ctrl-C stops)"
cd "$root"
exec "$program" serve
