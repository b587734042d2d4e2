#!/usr/bin/env bash
# Builds both images and runs the project in them: set-up, web, worker, health check, a batch.
# Needs buildah and debootstrap, and root; neither a Docker engine nor a registry of images: the
# base is made of Debian's packages. Everything is made anew and removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in buildah debootstrap; do
    if ! command -v "$program" >/dev/null; then
        echo "Skipped: $program is missing (Debian: apt install buildah debootstrap)."
        exit 0
    fi
done
[ "$(id -u)" = 0 ] || { echo "Skipped: debootstrap needs root."; exit 0; }

port=${PORT:-8931}
work=$(mktemp -d /var/tmp/containers.XXXXXX)
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=${STORAGE_DRIVER:-vfs}
store=(--root "$work/store" --runroot "$work/run")
certificates=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)
started=()
say() { echo "== $(date -u +%H:%M:%S) $*"; }
finish() {
    # Each is a shell of ours: what it started ends what runs in the container.
    for number in "${started[@]}"; do pkill -P "$number" || true; done
    wait 2>/dev/null || true
    buildah "${store[@]}" rm --all >/dev/null 2>&1 || true
    umount -R "$work" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# The mirror that this machine's own packages come from.
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | head -1)}

say "base image"
debootstrap --variant=minbase --include=python3,python3-distutils,python3-lib2to3,python3.11-venv,ca-certificates \
    bookworm "$work/root" "$mirror" \
    >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log"; exit 1; }
rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
chroot "$work/root" python3.11 -m venv /opt/python
base=$(buildah "${store[@]}" from scratch)
buildah "${store[@]}" add --quiet "$base" "$work/root" / >/dev/null
buildah "${store[@]}" config --env PATH=/opt/python/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "$base"
buildah "${store[@]}" commit --quiet --rm "$base" localhost/base >/dev/null
rm -rf "$work/root"

for target in web worker; do
    say "image $target"
    buildah "${store[@]}" bud --quiet --layers=false --format docker "${certificates[@]}" \
        --build-arg BASE=localhost/base --target "$target" --tag "localhost/$target" . \
        >"$work/$target.log" 2>&1 || { tail -30 "$work/$target.log"; exit 1; }
done
buildah "${store[@]}" images --format '{{.Name}} {{.Size}}'

mkdir "$work/data" "$work/metrics"
chown 10001 "$work/data" "$work/metrics"
web=$(buildah "${store[@]}" from localhost/web)
worker=$(buildah "${store[@]}" from localhost/worker)
inside() {
    local container=$1
    shift
    buildah "${store[@]}" run --volume "$work/data:/data" --volume "$work/metrics:/metrics" \
        "$container" -- "$@"
}

say "set-up"
inside "$web" python manage.py setup
say "queue, web, worker"
queue='import os
from django.conf import settings
from converter.local.broker import EmbeddedBroker
command = EmbeddedBroker(settings.VAR_DIR / "queue", settings.BROKER_SOCKET).command()
os.execv(command[0], command)'
inside "$web" python manage.py shell --no-imports -c "$queue" >"$work/queue.txt" 2>&1 &
started+=($!)
inside "$web" gunicorn converter.wsgi --bind "127.0.0.1:$port" >"$work/web.txt" 2>&1 &
started+=($!)
inside "$worker" celery -A converter worker -l INFO -Q short,conversion,training -c 1 \
    >"$work/worker.txt" 2>&1 &
started+=($!)
for _ in $(seq 60); do
    curl -fs "http://127.0.0.1:$port/healthz" >/dev/null && break
    sleep 1
done
say "health: $(curl -fs "http://127.0.0.1:$port/healthz"), $(curl -fs "http://127.0.0.1:$port/readyz")"
say "torch in the worker: $(inside "$worker" python -c 'import torch; print(torch.__version__)')"
say "torch in web: $(inside "$web" python -c 'import torch' 2>&1 | grep Error: | head -1)"
say "a batch"
python3 - "$port" <<'PYTHON' || { tail -20 "$work"/*.txt; exit 1; }
import json, struct, sys, time, urllib.request, uuid, zlib

base = f"http://127.0.0.1:{sys.argv[1]}"


def png(colour):
    rows = b"".join(
        b"\0" + b"".join(bytes(colour) if (x - 64) ** 2 + (y - 64) ** 2 < 2500 else b"\xff" * 3
                         for x in range(128)) for y in range(128))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 128, 128, 8, 2, 0, 0, 0)),
             (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in parts)


boundary = uuid.uuid4().hex
body = b"".join(
    f'--{boundary}\r\nContent-Disposition: form-data; name="images"; filename="{i}.png"\r\n\r\n'.encode()
    + png(colour) + b"\r\n" for i, colour in enumerate([(200, 30, 30), (30, 90, 200), (20, 140, 60)]))
request = urllib.request.Request(
    f"{base}/api/v1/batches/", body + f"--{boundary}--\r\n".encode(),
    {"Content-Type": f"multipart/form-data; boundary={boundary}"})
answer = urllib.request.urlopen(request)
cookie = answer.headers["Set-Cookie"].partition(";")[0]
batch = json.load(answer)
for _ in range(120):
    request = urllib.request.Request(base + batch["url"], headers={"Cookie": cookie})
    progress = json.load(urllib.request.urlopen(request))["progress"]
    if not progress["is_active"]:
        break
    time.sleep(1)
print(progress)
sys.exit(progress["done"] != 3)
PYTHON
say "everything ran"
