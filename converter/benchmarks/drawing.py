"""`benchmark drawing`: how good the drawings are, beside their vector sources and other tracers."""

import json
import multiprocessing
import tempfile
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import CommandError

from converter.benchmarks.checks import check_renderer
from converter.benchmarks.drawing_tables import OURS, describe, summarise
from converter.benchmarks.timing import cpu_seconds
from converter.conversion import read_upload
from converter.images import to_png
from converter.presets import PRESETS
from converter.tracing import TracingError, trace

if TYPE_CHECKING:
    from converter.benchmarks.cases import Case, Kind
    from converter.benchmarks.peers import Peer

Row = dict[str, Any]


class DrawingBenchmark:
    """Draws test logos and plain shapes, and measures outlines, nodes and colours."""

    help = "Outlines, nodes, colours and time of drawings, beside their sources; --peers: others'."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the logos, how many, and whom to compare with."""
        add = parser.add_argument
        add("--logos", type=Path, metavar="DIR", help="of export_dataset --vectors; else: shapes")
        add("--per-type", type=int, default=25, help="logos (default: 25)")
        add("--kinds", default="", help="of uploads: png256,png96,jpeg60,clear256")
        add("--seed", type=int, default=0)
        add("--jobs", type=int, default=2, help="images at a time (default: 2)")
        add("--peers", action="store_true", help="compare with what scripts/peers.sh installed")
        add(
            "--keep",
            type=Path,
            metavar="DIR",
            help="keep uploads and drawings; peers' are not made again",
        )

    def measure(self, options: dict[str, Any]) -> dict[str, Any]:
        """Draw and judge; see `summarise` for what comes out."""
        check_renderer()
        uploads = _uploads(options)
        peers, missing = _peers(settings.VAR_DIR / "peers") if options["peers"] else ([], [])
        with tempfile.TemporaryDirectory() as scratch:
            folder = options["keep"] or Path(scratch)
            rows = _rows(uploads, peers, folder, options["jobs"])
            (folder / "figures.json").write_text(json.dumps(rows))
        return summarise(rows, missing) | {"steps": _steps(uploads)}

    def describe(self, results: dict[str, Any]) -> str:
        return describe(results)


@dataclass(frozen=True)
class Upload:
    """One image to draw, and the name of its files."""

    name: str
    case: "Case"
    kind: "Kind"


def _uploads(options: dict[str, Any]) -> list[Upload]:
    from converter.benchmarks.cases import KINDS, plain_cases
    from converter.benchmarks.logos import LogosError, read_logos

    names = options["kinds"].split(",") if options["kinds"] else list(KINDS)
    if unknown := set(names) - set(KINDS):
        raise CommandError(f"There is no kind {unknown.pop()!r}. Choose of {', '.join(KINDS)}.")
    try:
        logos = (
            read_logos(options["logos"], "test", options["per_type"], options["seed"])
            if options["logos"]
            else []
        )
    except LogosError as error:
        raise CommandError(str(error)) from error
    pairs = [(case, KINDS[name]) for name in names for case in (*plain_cases(KINDS[name]), *logos)]
    return [Upload(_file_name(case, kind), case, kind) for case, kind in pairs]


def _file_name(case: "Case", kind: "Kind") -> str:
    """Return a name without dots, which stays the same from run to run."""
    return f"{kind.name}-{case.label}-{case.name.replace('.', '_')}"


def _peers(folder: Path) -> tuple[list["Peer"], list[str]]:
    """Return the peers that can be run, and the names of those that cannot."""
    from converter.benchmarks.peers import PEERS

    missing = [peer.name for peer in PEERS.values() if peer.missing(folder)]
    return [peer for peer in PEERS.values() if peer.name not in missing], missing


def _rows(uploads: list[Upload], peers: list["Peer"], folder: Path, jobs: int) -> list[Row]:
    """Draw every upload with every tracer and return what the judge found, a row for each."""
    from tqdm import tqdm

    images = folder / "uploads"
    for each in (images, folder / OURS):
        each.mkdir(parents=True, exist_ok=True)
    # Fresh processes: a forked one would share this one's database connection.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        drawn = pool.map(_draw, uploads, [folder] * len(uploads))
        list(tqdm(drawn, total=len(uploads), unit="drawing", desc=OURS))
        for peer in tqdm(peers, unit="peer"):
            peer.draw(settings.VAR_DIR / "peers", images, folder / peer.name)
        names = {OURS: False} | {peer.name: peer.two_colours for peer in peers}
        judged = pool.map(_judge, uploads, [folder] * len(uploads), [names] * len(uploads))
        results = list(tqdm(judged, total=len(uploads), unit="upload", desc="judge"))
    return [row for rows in results for row in rows]


def _steps(uploads: list[Upload]) -> dict[str, dict[str, float]]:
    """Return the CPU milliseconds of each step of a conversion, on the logos of the first kind."""
    from converter.benchmarks.steps import measure_steps

    kind = uploads[0].kind
    logos = [upload.case for upload in uploads if upload.kind == kind]
    return measure_steps([case for case in logos if not case.is_plain], kind)


def _draw(upload: Upload, folder: Path) -> None:
    """Write an upload as PNG, for the peers, and this project's drawing of it."""
    from converter.benchmarks.rendering import RenderingError

    try:
        logo = read_upload(upload.case.upload(upload.kind))
    except RenderingError:
        return
    (folder / "uploads" / f"{upload.name}.png").write_bytes(to_png(logo.image))
    drawing = folder / OURS / upload.name
    began = cpu_seconds()
    try:
        svg = trace(logo, PRESETS[upload.case.preset]).svg
    except TracingError:
        return
    drawing.with_suffix(".ms").write_text(f"{1000 * (cpu_seconds() - began):.3f}")
    drawing.with_suffix(".svg").write_text(svg)


def _judge(upload: Upload, folder: Path, tracers: dict[str, bool]) -> list[Row]:
    """Return a row for each tracer; `failed` where it gave nothing that can be looked at."""
    import cv2

    from converter.benchmarks.judging import judge, know
    from converter.benchmarks.rendering import RenderingError

    cv2.setNumThreads(1)
    case, kind = upload.case, upload.kind
    try:
        truth = know(case.svg, case.size(kind), case.ground_of(kind))
    except RenderingError:
        return []
    mark, flat = case.is_mark, not truth.gradients.any()
    rows = []
    for tracer, two_colours in tracers.items():
        if two_colours and not (mark or case.is_plain):
            continue
        row: Row = {
            "tracer": tracer, "kind": kind.name, "name": case.name, "type": case.label,
            "mark": mark, "flat": flat,
        }  # fmt: skip
        drawing = folder / tracer / upload.name
        try:
            svg = drawing.with_suffix(".svg").read_text()
            row |= judge(svg, truth).values() | {
                "ms": float(drawing.with_suffix(".ms").read_text())
            }
        except (OSError, RenderingError):
            row["failed"] = True
        rows.append(row)
    return rows
