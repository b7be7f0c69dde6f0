#!/bin/sh
# Makes a machine ready. `prepare.sh machine PYTHON` sees to what is not Python's: a Python that will do, and a
# RabbitMQ to play with. `prepare.sh venv PYTHON FOLDER` makes the locked environment, `prepare.sh peer FOLDER`
# adds what has to be built. It says what it installs, and what to do where it may install nothing.
set -eu

say() { echo "timebok: $*" >&2; }

# Only there do we install anything: on Debian or one of its children, as root.
may_install() { [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

prepare_machine() {
    python=$1
    set -- # from here on, what apt is to install
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        say "$python is $("$python" --version 2>/dev/null || echo "not there"), and Python 3.11 or newer is needed."
        say "If you have one by another name, give it: make PYTHON=python3.12 ..."
        exit 1
    fi
    # Debian keeps the part that makes environments in a package of its own.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        may_install || {
            say "$python cannot make environments. Debian and Ubuntu: sudo apt-get install python3-venv"
            exit 1
        }
        set -- python3-venv
    fi
    if ! broker_is_there; then
        if may_install; then
            set -- "$@" rabbitmq-server
        elif ! docker info >/dev/null 2>&1; then
            say "there is no RabbitMQ here, and no Docker: the demo plays in process, and the tests that need a"
            say "broker are skipped (in CI they fail). To have one, install rabbitmq-server (Debian and Ubuntu:"
            say "sudo apt-get install rabbitmq-server) or set TIMEBOK_AMQP_URL."
        fi
    fi
    [ $# = 0 ] || apt_install "$@"
    "$python" -c 'import ensurepip, venv' || {
        say "$python still cannot make environments: it is not the one of Debian. Try make PYTHON=/usr/bin/python3"
        exit 1
    }
}

broker_is_there() {
    [ -n "${TIMEBOK_AMQP_URL:-}" ] || [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] ||
        command -v rabbitmq-server >/dev/null
}

apt_install() {
    say "installing with apt:" "$@" "(as programs only, no service is started)"
    scratch=$(mktemp -d)
    policy=/usr/sbin/policy-rc.d ours=""
    trap 'rm -rf "$scratch" $ours' EXIT
    # RabbitMQ's package would start a node on the default port. What says no to that is this file.
    if [ ! -e "$policy" ]; then
        ours=$policy
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    if ! { apt-get update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "$@"; } >"$scratch/log" 2>&1 </dev/null; then
        cat "$scratch/log" >&2
        say "apt could not install:" "$@"
        exit 1
    fi
    # Nor may one start at the next boot.
    case "$*" in *rabbitmq*)
        update-rc.d rabbitmq-server disable >/dev/null 2>&1 || say "rabbitmq-server may start at the next boot"
        ;;
    esac
}

make_venv() {
    python=$1 folder=$2
    say "making $folder with $("$python" --version) from requirements/dev.lock"
    "$python" -m venv --clear "$folder"
    # The lock names everything, so pip need not look for what anything depends on; and Python compiles what is
    # used when it is used. Both save many seconds.
    "$folder/bin/python" -m pip install -qq --disable-pip-version-check --no-compile --no-deps \
        --require-hashes --requirement requirements/dev.lock
}

make_peer() {
    folder=$1
    say "building the AMQP 1.0 peer of the tests, which takes a minute"
    "$folder/bin/python" -m pip install -qq --disable-pip-version-check --no-compile --no-deps \
        --no-build-isolation --require-hashes --requirement requirements/peer.lock || {
        say "it cannot be built here (it needs a C compiler and Python's headers: sudo apt-get install gcc"
        say "python3-dev): the tests with an AMQP 1.0 peer are skipped (in CI they fail)."
    }
}

case "${1:-}" in
    machine) prepare_machine "$2" ;;
    venv) make_venv "$2" "$3" ;;
    peer) make_peer "$2" ;;
    *) say "prepare.sh machine PYTHON | venv PYTHON FOLDER | peer FOLDER" && exit 2 ;;
esac
