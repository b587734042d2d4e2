"""Other tracers, to compare with: none is needed by the product.

`scripts/peers.sh` installs them into a folder of their own.
"""

import resource
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

_PROGRAM = Path(__file__).with_name("peer_process.py")
_SCRIPT = Path(__file__).with_name("imagetracer.js")
_ENLARGED = 4
_SECONDS = 3600  # for all images of a folder
_CRASHES = 20


@dataclass(frozen=True)
class Peer:
    """Another tracer.

    Attributes:
        name: as tables call it.
        what: program, version and settings.
        package: folder of its packages below that of all peers; empty for a program on the path.
        two_colours: it draws one colour on another, and nothing else.
    """

    name: str
    what: str
    package: str = ""
    two_colours: bool = False

    def missing(self, folder: Path) -> str:
        """Return what is not installed; empty if it can be run."""
        if self.name == "imagetracer":
            installed = (folder / "node_modules" / "imagetracerjs").is_dir()
            return "" if installed and shutil.which("node") else "imagetracerjs"
        if not self.package:
            return "" if shutil.which(self.name) else self.name
        return "" if (folder / self.package).is_dir() else self.package

    def draw(self, folder: Path, uploads: Path, drawings: Path) -> None:
        """Draw each `uploads/x.png` as `drawings/x.svg`, with its CPU milliseconds in `x.ms`.

        Names are without dots. An image that the tracer fails on has no drawing.
        """
        drawings.mkdir(exist_ok=True)
        if self.name == "potrace":
            for upload in _not_drawn(uploads, drawings):
                _potrace(upload, drawings / upload.stem)
        elif self.name == "imagetracer":
            _imagetracer(folder, uploads, drawings)
        else:
            _python(self.name, folder / self.package, uploads, drawings)


PEERS = {
    peer.name: peer
    for peer in (
        Peer("vtracer", "vtracer 0.6, defaults", "vtracer"),
        Peer("vtracer-poster", "vtracer 0.6, its preset poster", "vtracer"),
        Peer("vtracer-x4", "vtracer 0.6 on a four times enlarged image", "vtracer"),
        Peer("vtracer-watershed", "vtracer 1.0 alpha, watershed", "vtracer-alpha"),
        Peer("potrace", "potrace on a four times enlarged threshold", two_colours=True),
        Peer("swag", "swag-converter, defaults", "swag"),
        Peer("autotrace", "autotrace, defaults", "autotrace"),
        Peer("imagetracer", "imagetracerjs, defaults"),
    )
}


def _not_drawn(uploads: Path, drawings: Path) -> list[Path]:
    return [
        upload
        for upload in sorted(uploads.glob("*.png"))
        if not (drawings / f"{upload.stem}.svg").exists()
    ]


def _python(name: str, packages: Path, uploads: Path, drawings: Path) -> None:
    """Run a tracer that is a Python package; again after a crash, without the image it was at."""
    command = [sys.executable, "-I", str(_PROGRAM), name, packages, uploads, drawings]
    for _ in range(_CRASHES):
        if subprocess.run(command, timeout=_SECONDS, check=False).returncode == 0:
            return


def _imagetracer(folder: Path, uploads: Path, drawings: Path) -> None:
    for upload in _not_drawn(uploads, drawings):
        image = Image.open(upload).convert("RGBA")
        upload.with_suffix(".rgba").write_bytes(struct.pack("<II", *image.size) + image.tobytes())
    subprocess.run(["node", _SCRIPT, folder, uploads, drawings], timeout=_SECONDS, check=False)
    for pixels in uploads.glob("*.rgba"):
        pixels.unlink()


def _potrace(upload: Path, drawing: Path) -> None:
    """Draw the two main colours of an image: where it is nearer to the one that is not its rim's.

    A transparent image is drawn where it is more than half opaque.
    """
    pixels = np.asarray(Image.open(upload).convert("RGBA"))
    height, width = pixels.shape[:2]
    size = (_ENLARGED * width, _ENLARGED * height)
    share, ink, ground = _share(pixels)
    enlarged = cv2.resize(share, size, interpolation=cv2.INTER_CUBIC)
    bitmap = Image.fromarray(enlarged <= 0.5).convert("1")
    bitmap.save(drawing.with_suffix(".pbm"))
    began = _children_seconds()
    command = ["potrace", "-s", "--flat", "-C", ink, drawing.with_suffix(".pbm"), "-o", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return
    seconds = _children_seconds() - began
    svg = done.stdout
    if ground:
        svg = svg.replace("<g ", f'<rect width="100%" height="100%" fill="{ground}"/>\n<g ', 1)
    drawing.with_suffix(".svg").write_text(svg)
    drawing.with_suffix(".ms").write_text(f"{1000 * seconds:.3f}")


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _share(pixels: np.ndarray) -> tuple[np.ndarray, str, str]:
    """Return how much of each pixel is ink, float32 [H, W], the ink's colour and the ground's."""
    colours = pixels[..., :3].astype(np.float32)
    if pixels[..., 3].min() < 255:
        inside = pixels[..., 3] == 255
        ink = np.median(colours[inside], axis=0) if inside.any() else np.zeros(3)
        return pixels[..., 3].astype(np.float32) / 255, _hex(ink), ""
    rim = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
    ground = np.median(rim, axis=0)
    away = np.linalg.norm(colours - ground, axis=2)
    far = away >= 0.9 * away.max()
    ink = np.median(colours[far], axis=0)
    direction = ink - ground
    share = (colours - ground) @ direction / max(1e-6, float(direction @ direction))
    return share.astype(np.float32), _hex(ink), _hex(ground)


def _hex(colour: np.ndarray) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(round(float(value)) for value in colour))
