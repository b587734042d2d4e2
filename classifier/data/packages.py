"""Logo packages: fetched once through the npm client, checked, and read without unpacking."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, cast

PACKAGE_LIST = Path(__file__).with_name("packages.json")
MAX_SVG_BYTES = 400_000
FETCH_SECONDS = 300


class PackageError(Exception):
    """A logo package cannot be had, or is not what the manifest says."""


@dataclass(frozen=True)
class VectorLogo:
    """One logo of a package, as the text of an SVG file."""

    package: str
    name: str
    svg: str
    licence: str

    @cached_property
    def sha256(self) -> str:
        """Hex sha256 of the SVG text."""
        return hashlib.sha256(self.svg.encode()).hexdigest()


@dataclass(frozen=True)
class Package:
    """A pinned package. `files` is a pattern on its SVG paths; empty for an Iconify JSON set.

    Only names that match `names` are logos; the rest (folders, generic file types) is passed over.
    """

    name: str
    version: str
    integrity: str
    licence: str
    files: str = ""
    names: str = ""

    @property
    def archive_name(self) -> str:
        """File name of the fetched archive."""
        return f"{self.name.replace('@', '').replace('/', '-')}-{self.version}.tgz"


def listed_packages(path: Path = PACKAGE_LIST) -> list[Package]:
    """Return the packages that the manifest in the repository pins."""
    return [Package(**entry) for entry in json.loads(path.read_text())]


def fetch(package: Package, cache: Path) -> Path:
    """Return the package's archive from the cache, fetching it first where it is not there.

    Raises:
        PackageError: without an npm client or a network, or when the integrity hash differs.
    """
    archive = cache / package.archive_name
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            fetched = _npm_pack(package, Path(folder))
            _check_integrity(package, fetched)
            fetched.rename(archive)
    return archive


def _npm_pack(package: Package, folder: Path) -> Path:
    advice = "Use --folder with images of your own, or --synthetic."
    npm = shutil.which("npm")
    if npm is None:
        raise PackageError(f"npm is not installed, so {package.name} cannot be fetched. {advice}")
    command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=FETCH_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        reason = said[0] if said else "the registry did not answer"
        raise PackageError(f"npm could not fetch {package.name}: {reason}. {advice}") from error
    return next(folder.glob("*.tgz"))


def _check_integrity(package: Package, archive: Path) -> None:
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    if f"sha512-{base64.b64encode(digest).decode()}" != package.integrity:
        raise PackageError(
            f"{package.name} {package.version} is not the package that the manifest names: "
            "its integrity hash differs. It was not used."
        )


def read_logos(package: Package, archive: Path) -> Iterator[VectorLogo]:
    """Yield the logos of an archive, in a fixed order. Over-long files are passed over."""
    names = re.compile(package.names or ".*")
    for name, svg in _files(package, archive) if package.files else _iconify(archive):
        if names.fullmatch(name) and len(svg) <= MAX_SVG_BYTES:
            yield VectorLogo(package.name, name, svg, package.licence)


def _files(package: Package, archive: Path) -> Iterator[tuple[str, str]]:
    pattern = re.compile(package.files)
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            if member.size > MAX_SVG_BYTES or not pattern.search(member.name):
                continue
            if content := tar.extractfile(member):  # None for a folder
                text = content.read().decode("utf-8", errors="replace")
                yield Path(member.name).stem, text


def _iconify(archive: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(archive) as tar:
        icons = json.load(cast(IO[bytes], tar.extractfile("package/icons.json")))
    for name, icon in sorted(icons["icons"].items()):
        box = [
            icon.get(key, icons.get(key, default))
            for key, default in (("left", 0), ("top", 0), ("width", 16), ("height", 16))
        ]
        yield (
            name,
            '<svg xmlns="http://www.w3.org/2000/svg" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{" ".join(map(str, box))}" width="{box[2]}" height="{box[3]}">'
            f"{icon['body']}</svg>",
        )
