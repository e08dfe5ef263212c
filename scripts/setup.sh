#!/usr/bin/env bash
# Gets everything that building, running and (with `test`) testing needs. Safe to run again at any time.
# Usage: setup.sh [test]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

here="$root/scripts"
group="${1:-build}"
step "Checking Swift and Debian packages" "$here/check-system.sh" "$group"
step "Getting OpenVINO" "$here/get-openvino.sh"
step "Getting the default model" "$here/get-model.sh"
if [ "$group" = test ]; then
    step "Getting the test tools" "$here/get-test-tools.sh"
    # Somebody's own server does as well.
    if [ -z "${SEMBLANCE_TEST_DATABASE:-}" ]; then step "Getting PostgreSQL with pgvector" "$here/get-postgres.sh"; fi
    step "Getting the tokenizer of CLIP's texts" "$here/get-tokenizer.sh"
    step "Getting the published models that tests compare with" "$here/get-test-models.sh"
    step "Getting photographs" "$here/get-test-photos.sh"
fi
