#!/usr/bin/env bash
# Installs Chromium for the browser tests where that is possible without a question.
set -euo pipefail

for browser in chromium chromium-browser google-chrome; do
    command -v "$browser" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests ..."
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
        exit 0
    fi
fi
echo "No Chromium here: the browser tests are skipped (Debian: apt install chromium)." >&2
