#!/bin/sh
# Bring the virtual environment to the lock file: uv first where there is none, then every package.
# Run from the project's folder. Ends at once when nothing changed since the last time.
set -eu

venv=${UV_PROJECT_ENVIRONMENT:-.venv}
stamp=$venv/.paet-synced
uv_version=0.13.9

is_fresh() {
    [ -f "$stamp" ] && "$venv/bin/python" -c '' 2>/dev/null &&
        [ -z "$(find uv.lock pyproject.toml kit/pyproject.toml gateway/pyproject.toml services/*/pyproject.toml \
            -newer "$stamp")" ]
}

fail() {
    echo "$@" >&2
    exit 1
}

find_python() {
    for candidate in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
}

# A uv of our own, in .venv-uv: with venv and pip, or with a pip that is there already.
bring_uv() {
    echo "bringing uv $uv_version into .venv-uv"
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        "$1" -m venv .venv-uv
        .venv-uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
    elif "$1" -m pip --version >/dev/null 2>&1; then
        "$1" -m pip install --quiet --disable-pip-version-check --target .venv-uv "uv==$uv_version"
    else
        fail "uv is not there, and $1 can neither make a virtual environment nor run pip to bring it." \
            "Install uv, or the missing part of Python (Debian, Ubuntu: apt-get install python3-venv)."
    fi
    echo '*' >.venv-uv/.gitignore
}

if is_fresh; then
    exit 0
fi
python=$(find_python)
[ -n "$python" ] || fail "Python 3.11 or newer is needed; set PYTHON to its program if it is not on the PATH."
uv=uv
if ! uv --version >/dev/null 2>&1; then
    uv=.venv-uv/bin/uv
    "$uv" --version >/dev/null 2>&1 || bring_uv "$python"
fi
export UV_PYTHON_DOWNLOADS=never
# The certificates of the machine, as pip has them: in many offices a proxy with a certificate of its own stands between.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
[ -x "$venv/bin/python" ] || "$uv" venv --quiet --python "$python" "$venv"
# Compiled now: else every one of the dozen processes compiles what it imports, at every start where Python may not
# write beside its sources, as in many containers.
"$uv" sync --frozen --all-packages --all-extras --compile-bytecode
touch "$stamp"
