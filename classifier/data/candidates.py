"""Every logo of the packages, rendered and measured once; what was measured is kept on disk."""

import json
import multiprocessing
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from tqdm import tqdm

from classifier.data import measures as measuring
from classifier.data.backgrounds import background_for
from classifier.data.brands import brand_of, is_wordmark
from classifier.data.duplicates import perceptual_hash
from classifier.data.labels import FAINT_GRADIENT_SHARE
from classifier.data.lettering import (
    KEY_LENGTH,
    Reading,
    detector_installed,
    is_plausible,
    known_readings,
    read_lettering,
    save_readings,
)
from classifier.data.measures import Measures
from classifier.data.packages import VectorLogo
from classifier.data.rendering import UnusableSvgError, render
from classifier.lib.progress import Tell, part, reported, silent

FEW = 32  # logos for which starting processes takes longer than the work
_MEASURED = 0.6  # of the time goes into measures, where nothing was read before either


@dataclass(frozen=True)
class Candidate:
    """A logo that may become a sample. `dropped` says why it can't; then nothing was measured."""

    sha256: str
    package: str
    name: str
    licence: str
    brand: str
    wordmark: bool
    dropped: str = ""
    measures: Measures | None = None
    lettering: float | None = None  # share of the foreground; None where nothing has looked
    plausible: bool = True  # that what was read is lettering
    perceptual_hash: str = ""
    background: str = "#ffffff"


class MeasureCache:
    """Measures, renders and vector sources by source hash. Survives interruptions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.table = folder / f"measures-{measuring.VERSION}.jsonl"
        self.entries: dict[str, dict[str, Any]] = {}
        if self.table.exists():
            for line in self.table.read_text().splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue  # the last line of an interrupted build
                self.entries[entry["sha256"]] = entry

    def add(self, entry: dict[str, Any]) -> None:
        """Remember what was measured of one logo."""
        self.entries[entry["sha256"]] = entry
        with self.table.open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def image(self, sha256: str) -> Path:
        """Where the render of a logo is kept."""
        return self.folder / sha256[:2] / f"{sha256}.png"

    def source(self, sha256: str) -> Path:
        """Where the SVG text of a logo is kept."""
        return self.folder / sha256[:2] / f"{sha256}.svg"


def measure_logos(
    logos: Iterable[VectorLogo], cache: MeasureCache, tell: Tell = silent
) -> list[Candidate]:
    """Render and measure each logo on all cores, those in the cache excepted; show progress.

    `tell` hears of the share done, 0 to 1; what it raises ends the work. Returns the candidates in
    the order of the logos, equal sources once.
    """
    unique = {logo.sha256: logo for logo in reversed(list(logos))}
    logos = list(reversed(unique.values()))
    waiting = [(logo, str(cache.folder)) for logo in logos if logo.sha256 not in cache.entries]
    measured = _in_parallel(_measure, waiting, "Measuring")
    for entry in reported(measured, len(waiting), part(tell, 0.0, _MEASURED)):
        cache.add(entry)
    candidates = _candidates(logos, cache)
    return _with_lettering(candidates, cache, part(tell, _MEASURED, 1.0))


def _candidates(logos: list[VectorLogo], cache: MeasureCache) -> list[Candidate]:
    names: dict[str, set[str]] = {}
    for logo in logos:
        names.setdefault(logo.package, set()).add(logo.name)
    candidates = []
    for logo in logos:
        entry = cache.entries[logo.sha256]
        candidates.append(
            Candidate(
                sha256=logo.sha256,
                package=logo.package,
                name=logo.name,
                licence=logo.licence,
                brand=brand_of(logo.name),
                wordmark=is_wordmark(logo.name, frozenset(names[logo.package])),
                dropped=entry.get("dropped", ""),
                measures=Measures(**entry["measures"]) if "measures" in entry else None,
                perceptual_hash=entry.get("perceptual_hash", ""),
                background=entry.get("background", "#ffffff"),
            )
        )
    return candidates


def _with_lettering(
    candidates: list[Candidate], cache: MeasureCache, tell: Tell
) -> list[Candidate]:
    """Add the lettering shares, reading those logos that no earlier build has read."""
    readings = known_readings()
    wanted = [
        (c, c.measures.tile)
        for c in candidates
        if c.measures and not c.dropped and c.measures.gradient_share < FAINT_GRADIENT_SHARE
    ]
    waiting = [
        (c.sha256, str(cache.image(c.sha256)), c.background, tile)
        for c, tile in wanted
        if c.sha256[:KEY_LENGTH] not in readings
    ]
    if waiting and not detector_installed():
        tqdm.write(
            f"rapidocr is not installed: for {len(waiting)} logos, wordmarks are found by "
            "their file names alone."
        )
    elif waiting:
        read = reported(_in_parallel(_read, waiting, "Reading"), len(waiting), tell)
        for count, (sha256, reading) in enumerate(read, 1):
            readings[sha256[:KEY_LENGTH]] = reading
            if count % 500 == 0:
                save_readings(readings)
        save_readings(readings)
    known = {c.sha256 for c, _ in wanted}
    return [
        _lettered(c, readings.get(c.sha256[:KEY_LENGTH])) if c.sha256 in known else c
        for c in candidates
    ]


def _lettered(candidate: Candidate, reading: Reading | None) -> Candidate:
    if reading is None:
        return candidate
    plausible = is_plausible(reading, candidate.name)
    return replace(candidate, lettering=reading.share, plausible=plausible or not reading.share)


def _in_parallel(function: Any, items: list[Any], title: str) -> Iterable[Any]:
    """Yield the results as they come, from as many processes as there are cores.

    A Celery worker may not start processes: there the work is done in its own.
    """
    if len(items) < FEW or multiprocessing.current_process().daemon:
        yield from map(function, items)
        return
    # A fresh interpreter holds no database connection and no half-locked library.
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        results = pool.imap_unordered(function, items, chunksize=8)
        yield from tqdm(results, total=len(items), desc=title, unit="logo", smoothing=0.05)


def _measure(job: tuple[VectorLogo, str]) -> dict[str, Any]:
    logo, folder = job
    entry: dict[str, Any] = {"sha256": logo.sha256}
    try:
        image = render(logo.svg)
        measures = measuring.measure(logo.svg, image)
    except UnusableSvgError as error:
        return entry | {"dropped": str(error)}
    if min(image.shape[:2]) < 16:
        return entry | {"dropped": "too narrow"}
    stem = Path(folder) / logo.sha256[:2] / logo.sha256
    stem.parent.mkdir(exist_ok=True)
    Image.fromarray(image).save(stem.with_suffix(".png"))
    stem.with_suffix(".svg").write_text(logo.svg)
    return entry | {
        "measures": asdict(measures),
        "perceptual_hash": perceptual_hash(image),
        "background": background_for(image, logo.sha256),
    }


def _read(job: tuple[str, str, str, bool]) -> tuple[str, Reading]:
    sha256, path, background, tile = job
    with Image.open(path) as picture:
        image = np.asarray(picture.convert("RGBA"))
    return sha256, read_lettering(image, background, tile)
