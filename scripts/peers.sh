#!/usr/bin/env bash
# Installs the tracers that `benchmark drawing --peers` compares with, into a folder of their own
# (default: var/peers). The project itself needs none of them.
set -uo pipefail

cd "$(dirname "$0")/.."
folder=${1:-var/peers}
python=.venv/bin/python
mkdir -p "$folder"

into() { # folder, requirements ...
    echo "Installing ${*:2} ..."
    $python -m pip install --quiet --upgrade --target "$folder/$1" "${@:2}"
}

into vtracer vtracer==0.6.15
into vtracer-alpha vtracer==1.0.0a4
into swag swag-converter==0.2.1
into autotrace pyautotrace==0.0.8
command -v npm >/dev/null && npm install --silent --prefix "$folder" imagetracerjs@1.2.6
if ! command -v potrace >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing potrace ..."
    apt-get update -qq && apt-get install -y -qq --no-install-recommends potrace >/dev/null
fi
command -v potrace >/dev/null || echo "No potrace here (Debian: apt install potrace)." >&2
