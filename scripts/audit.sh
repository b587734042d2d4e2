#!/usr/bin/env bash
# Writes a bill of materials of all pinned packages (CycloneDX) and asks the index of advisories about
# them. Where that index cannot be reached, the bill is written all the same, and a message says so.
set -euo pipefail
cd "$(dirname "$0")/.."
var=${VAR_DIR:-var}
mkdir -p "$var"

.venv/bin/cyclonedx-py requirements requirements.txt --output-format JSON \
    --output-file "$var/sbom.json" --output-reproducible 2>/dev/null
echo "$var/sbom.json: $(grep -c '"bom-ref"' "$var/sbom.json") entries."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
.venv/bin/pip-audit --requirement requirements.txt --disable-pip --progress-spinner off \
    >"$log" 2>&1 || status=$?
if grep -qE 'ConnectionError|ConnectTimeout|Max retries|ServiceError|HTTPError' "$log"; then
    echo "Skipped: the index of advisories cannot be reached from here."
    exit 0
fi
unknown=$(grep -c 'could not be audited' "$log" || true)
packages=$(grep -cE '^[A-Za-z0-9._-]+==' requirements.txt)
if [ "$unknown" -gt $((packages / 2)) ]; then
    # A mirror of the packages alone knows nothing of their faults.
    echo "Skipped: from here the index knows nothing about $unknown of $packages packages."
    exit 0
fi
cat "$log"
exit $status
