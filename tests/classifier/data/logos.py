"""Small hand-written SVGs, and a package made of them, for the tests of the dataset."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

from classifier.data.packages import Package

CIRCLE = '<circle cx="50" cy="50" r="40" fill="#d33"/>'
GRADIENT = (
    '<defs><linearGradient id="a"><stop offset="0" stop-color="#f00"/>'
    '<stop offset="1" stop-color="#00f"/></linearGradient></defs>'
    '<rect x="10" y="10" width="80" height="80" fill="url(#a)"/>'
)


def svg(body: str, width: int = 100, height: int = 100) -> str:
    """Wrap elements in an SVG document."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>'
    )


def mosaic(colours: int) -> str:
    """Squares in a row of many clearly different colours."""
    hues = [f"hsl({360 * i // colours}, 90%, {40 + 15 * (i % 2)}%)" for i in range(colours)]
    squares = (
        f'<rect x="{100 * i / colours}" y="10" width="{90 / colours}" height="80" fill="{hue}"/>'
        for i, hue in enumerate(hues)
    )
    return "".join(squares)


def make_package(folder: Path, logos: dict[str, str], name: str = "some-logos") -> Package:
    """Write an npm archive of SVG files into a cache folder and return its manifest entry."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for stem, text in logos.items():
            entry = tarfile.TarInfo(f"package/svg/{stem}.svg")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    digest = base64.b64encode(hashlib.sha512(packed.getvalue()).digest()).decode()
    package = Package(name, "1.0.0", f"sha512-{digest}", "MIT", files=r"package/svg/.*\.svg$")
    (folder / package.archive_name).write_bytes(packed.getvalue())
    return package


def make_iconify(folder: Path, icons: dict[str, str]) -> Package:
    """Write an npm archive of one Iconify JSON set into a cache folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(
        {"width": 100, "height": 100, "icons": {k: {"body": v} for k, v in icons.items()}}
    ).encode()
    package = Package("@icons/some", "1.0.0", "sha512-", "MIT")
    with tarfile.open(folder / package.archive_name, "w:gz") as tar:
        entry = tarfile.TarInfo("package/icons.json")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return package
