#!/usr/bin/env bash
# Installs the programs that check PDF and EPS files in the tests, where that is possible without a
# question.
set -euo pipefail

missing=()
command -v pdftoppm >/dev/null || missing+=(poppler-utils)
command -v gs >/dev/null || missing+=(ghostscript)
[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} for the tests of PDF and EPS files ..."
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
        exit 0
    fi
fi
echo "Missing: ${missing[*]}: tests of PDF and EPS files are skipped (Debian: apt install ${missing[*]})." >&2
