#!/bin/sh
# Install skytract for this clone: Debian packages where missing, a virtual environment in .venv, and
# the package in it. Run again it changes nothing and needs no network. `make install` calls it.
set -eu
cd "$(dirname "$0")"

PYTHON=${SKYTRACT_PYTHON:-/usr/bin/python3}
VENV=.venv
STAMP=$VENV/.skytract-installed
NEEDED_MB=3000
# Read as data (spectra), never imported: what they depend on is not needed.
DATA_PACKAGES='aspired==0.5.1 astro-sedpy==0.4.1 kastredux==1.1.4 pz-rail-base==2.0.11 synphot==1.8.0'

say() { printf '%s\n' "$*"; }
refuse() {
    printf 'skytract cannot be installed: %s\n' "$*" >&2
    exit 1
}

# --- what is there ---------------------------------------------------------------------------------

# The libpython that a plpython3u is linked to, as "3.11"; empty when the file is not there.
libpython() {
    [ -r "$1" ] || return 0
    tr -c 'a-z0-9.' '\n' <"$1" | sed -n 's/^libpython\([0-9]*\.[0-9]*\).*/\1/p' | head -n 1
}

# Newest installed PostgreSQL >= 15, whether or not its extensions are there.
installed_major() {
    for bin in /usr/lib/postgresql/*/bin/postgres; do
        major=$(basename "$(dirname "$(dirname "$bin")")")
        if [ -x "$bin" ] && [ "$major" -ge 15 ] 2>/dev/null; then say "$major"; fi
    done | sort -n | tail -n 1
}

# PostgreSQL of this release of Debian or Ubuntu.
release_major() {
    case $(. /etc/os-release 2>/dev/null && say "${ID:-} ${VERSION_ID:-}") in
    'debian 13'*) say 17 ;;
    'ubuntu 24.04') say 16 ;;
    *) say 15 ;;
    esac
}

missing_packages() {
    lib=/usr/lib/postgresql/$MAJOR/lib
    [ -x "/usr/lib/postgresql/$MAJOR/bin/postgres" ] || say "postgresql-$MAJOR"
    [ -e "$lib/plpython3.so" ] || say "postgresql-plpython3-$MAJOR"
    [ -e "/usr/share/postgresql/$MAJOR/extension/q3c.control" ] || say "postgresql-$MAJOR-q3c"
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || say python3-venv
}

python_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# What decides whether the environment is up to date: dependencies, Python, and this place.
fingerprint() {
    { sed '/^\[tool/,$d' pyproject.toml; say "$DATA_PACKAGES"; python_version "$PYTHON"; pwd -P; } | sha256sum
}

is_installed() {
    [ -z "$(missing_packages)" ] && [ -x "$VENV/bin/skytract" ] && [ -r "$STAMP" ] &&
        [ "$(cat "$STAMP")" = "$(fingerprint)" ] && "$VENV/bin/python" -c 'import skytract' 2>/dev/null
}

# --- installing ------------------------------------------------------------------------------------

# Run a program quietly; if it fails say what was tried and show its last words.
attempt() {
    what=$1
    shift
    "$@" </dev/null >"$LOG" 2>&1 && return 0
    tail -n 4 "$LOG" >&2
    if grep -qE 'Temporary failure|NewConnectionError|NameResolution|ConnectTimeout|Could not resolve|Network is unreachable|Could not connect|Failed to establish' "$LOG"; then
        refuse "$what failed because the network cannot be reached; connect it (or set the proxy variables) and run this again."
    fi
    refuse "$what failed for the reason above (all of it: $LOG); mend that and run this again."
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends "$@"; }

# A source that does not answer need not matter: whether the packages are found decides.
update_and_install() {
    apt update || true
    apt install "$@"
}

install_packages() {
    packages=$(missing_packages | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null ||
        refuse "there is no apt-get here; install the equivalents of ${packages% } yourself, then run this again."
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            refuse "installing ${packages% } needs root, and there is no sudo; ask an administrator to run: apt-get install ${packages% }"
        # The only moment at which a password may be asked for.
        sudo true || refuse "sudo was refused; ask an administrator to run: apt-get install ${packages% }"
    fi
    # skytract has its own server: keep Debian from making and starting one on port 5432.
    no_cluster=/etc/postgresql-common/createcluster.d/skytract-install.conf
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    say 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
    trap 'as_root rm -f "$no_cluster"' EXIT
    # shellcheck disable=SC2086
    attempt "apt-get install ${packages% }" update_and_install $packages
    as_root rm -f "$no_cluster"
    trap - EXIT
}

check_python() {
    [ -x "$PYTHON" ] || refuse "there is no $PYTHON; install the Debian package python3."
    ours=$(python_version "$PYTHON")
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        refuse "$PYTHON is Python $ours, but 3.11 or newer is needed (Debian 12 has it)."
    theirs=$(libpython "/usr/lib/postgresql/$MAJOR/lib/plpython3.so")
    [ -z "$theirs" ] || [ "$theirs" = "$ours" ] ||
        refuse "$PYTHON is Python $ours, but PostgreSQL $MAJOR runs Python $theirs; set SKYTRACT_PYTHON to a python$theirs."
}

check_disk() {
    free=$(df -Pm . | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$NEEDED_MB" ] ||
        refuse "only $free MB are free on the disk of $(pwd), but $NEEDED_MB MB are needed; free some space."
}

make_environment() {
    # The environment of a clone that was moved names its old place in every script.
    if [ "$(python_version "$VENV/bin/python" || true)" != "$(python_version "$PYTHON")" ] ||
        ! grep -qF "$(pwd -P)/$VENV" "$VENV/bin/activate"; then
        rm -rf "$VENV"
        attempt "making the virtual environment $VENV" "$PYTHON" -m venv "$VENV"
    fi
    attempt 'pip install' "$VENV/bin/python" -m pip install --disable-pip-version-check -e '.[test]'
    # shellcheck disable=SC2086
    attempt 'pip install of spectra' "$VENV/bin/python" -m pip install --disable-pip-version-check --no-deps $DATA_PACKAGES
    fingerprint >"$STAMP"
}

MAJOR=$(installed_major)
MAJOR=${MAJOR:-$(release_major)}
check_python
is_installed && exit 0

# Two at once (make demo and make test) would work on one environment: the second waits.
exec 9<install.sh
flock 9 2>/dev/null || true
is_installed && exit 0

check_disk
packages=$(missing_packages | tr '\n' ' ')
say "Installing skytract (once; later runs need no network):"
[ -z "$packages" ] || say "  - Debian packages: ${packages% }"
say "  - Python packages of pyproject.toml, into $(pwd)/$VENV (about 1.7 GB, a few minutes)"
LOG=$(mktemp "${TMPDIR:-/tmp}/skytract-install.XXXXXX")
install_packages
check_python
make_environment
rm -f "$LOG"
say "skytract is installed: try $VENV/bin/skytract --help"
