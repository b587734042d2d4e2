#!/usr/bin/env bash
# Makes .venv with Python 3.11, whole or not at all.
set -euo pipefail

for python in python3.11 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        echo "Making .venv with $(command -v "$python") ..."
        rm -rf .venv
        if "$python" -m venv .venv; then
            exit 0
        fi
        rm -rf .venv
        echo "Python 3.11 lacks its venv module: install it (Debian: apt install python3.11-venv)." >&2
        exit 1
    fi
done
echo "This project needs Python 3.11: install it (Debian 12: apt install python3.11 python3.11-venv;" >&2
echo "macOS: brew install python@3.11; anywhere: pyenv install 3.11) and run make again." >&2
exit 1
