"""Datasets from images of your own: a folder or a zip of `class/image` files."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np
from PIL import Image
from tqdm import tqdm

from classifier.conf import conf
from classifier.data import measures as measuring
from classifier.data.backgrounds import background_for
from classifier.data.brands import brand_of
from classifier.data.duplicates import ALIKE, hash_bytes, perceptual_hash
from classifier.data.rendering import LONG_SIDE, UnusableSvgError, render
from classifier.data.splits import merge_groups, near_pairs, stratified_splits
from classifier.datasets import corrections as label_corrections
from classifier.datasets import croissant
from classifier.datasets.archives import (
    ArchiveError,
    ImportedFile,
    RefusedFileError,
    files_of,
    open_archive,
)
from classifier.datasets.building import (
    check_name,
    fill,
    finish,
    new_dataset,
    next_name,
)
from classifier.datasets.errors import DatasetError
from classifier.datasets.reimporting import restore, rows_of
from classifier.images import ImageError
from classifier.images.guarded import read_image
from classifier.lib.progress import Tell, reported, silent
from classifier.logo_types import AMBIGUOUS, CLASS_NAMES
from classifier.models import Dataset, Sample

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".svg"))
NAMED_REFUSALS = 200  # beyond these, refused files are only counted


@dataclass(frozen=True)
class _Logo:
    path: PurePosixPath
    sha256: str
    label: str
    image: np.ndarray
    svg: str
    measures: dict[str, float | int | bool]

    @property
    def brand(self) -> str:
        return brand_of(self.path.stem)


def import_path(path: Path, name: str | None = None, seed: int = 0) -> Dataset:
    """Make a dataset of a folder or zip of `class/*.png|jpg|webp|svg`; see `import_archive`."""
    if path.is_dir():
        return _import(_files_of_folder(path), name, seed)
    if not path.is_file():
        raise DatasetError(f"There is no folder or zip file {path}.")
    with path.open("rb") as file:
        return import_archive(file, name, seed)


def import_archive(file: BinaryIO, name: str | None = None, seed: int = 0) -> Dataset:
    """Make a dataset of a zip of `class/*.png|jpg|webp|svg`.

    Files that cannot be used are named in the dataset's `dropped`, the rest is kept. Logos of one
    brand (inferred from the file names) and logos that look alike stay in one split. An
    export that nobody changed keeps its brands, splits and hashes, and so its fingerprint.

    Raises:
        DatasetError: when it is not a zip, holds too much, or holds no usable logo.
    """
    try:
        with open_archive(file) as archive:
            return _import(files_of(archive), name, seed)
    except ArchiveError as error:
        raise DatasetError(str(error)) from error


def fill_from_archive(dataset: Dataset, file: BinaryIO, tell: Tell = silent) -> None:
    """Fill a dataset that is being built from a zip; see `import_archive`.

    `tell` hears of the share done, 0 to 1; what it raises ends the import.

    Raises:
        DatasetError: when it is not a zip, holds too much, or holds no usable logo.
    """
    dropped: Counter[str] = Counter()
    try:
        with open_archive(file) as archive:
            files = reported(files_of(archive), len(archive.infolist()), tell)
            fill(dataset, lambda: _samples(dataset, files, dropped), dropped)
    except ArchiveError as error:
        raise DatasetError(str(error)) from error


def _files_of_folder(folder: Path) -> Iterator[ImportedFile]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        inside = PurePosixPath(path.relative_to(folder).as_posix())
        if not path.resolve().is_relative_to(folder.resolve()):
            yield ImportedFile(inside, refusal="leads outside the folder")
        elif path.stat().st_size > conf.MAX_UPLOAD_BYTES:
            yield ImportedFile(inside, refusal="the file is too large")
        else:
            yield ImportedFile(inside, path.read_bytes())


def _import(files: Iterable[ImportedFile], name: str | None, seed: int) -> Dataset:
    if name:
        check_name(name)
    dropped: Counter[str] = Counter()
    dataset = new_dataset(name or next_name("imported"), Dataset.Source.FOLDER, seed)
    return finish(dataset, lambda: _samples(dataset, files, dropped), dropped)


def _samples(
    dataset: Dataset, files: Iterable[ImportedFile], dropped: Counter[str]
) -> list[Sample]:
    (dataset.folder / "images").mkdir()
    corrected = label_corrections.labels()
    logos: dict[str, tuple[Sample, str]] = {}
    lists: dict[str, bytes] = {}
    for file in tqdm(files, desc="Importing", unit="file"):
        if str(file.path) in (croissant.TABLE, croissant.FILE):
            lists[str(file.path)] = file.content
        if _is_beside_the_point(file.path):
            continue
        try:
            logo = _read_logo(file)
            if logo.sha256 in logos:
                raise RefusedFileError("the same file came before")
        except RefusedFileError as error:
            named = sum(dropped.values()) < NAMED_REFUSALS
            dropped[f"{file.path}: {error}" if named else str(error)] += 1
            continue
        label = corrected.get(logo.sha256, logo.label)
        logos[logo.sha256] = _stored(dataset, logo, label), perceptual_hash(logo.image)
    if not logos:
        raise DatasetError(
            f"No usable logo was found. Expected files like {CLASS_NAMES[0]}/name.png, in folders "
            f"named {', '.join(CLASS_NAMES)}." + _first_refusal(dropped)
        )
    samples = [sample for sample, _ in logos.values()]
    if not restore(samples, rows_of(lists)):
        _split(samples, [h for _, h in logos.values()])
        return samples
    for sample in samples:  # by now they have the hashes by which corrections are known
        sample.label = corrected.get(sample.sha256, sample.label)
        sample.split = "" if sample.label == AMBIGUOUS else sample.split
    return samples


def _first_refusal(dropped: Counter[str]) -> str:
    return f" Refused first: {next(iter(dropped))}." if dropped else ""


def _is_beside_the_point(path: PurePosixPath) -> bool:
    """Whether a file is a list or an operating system's own, not a logo."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts if part != "..")
    return hidden or path.name in (croissant.TABLE, croissant.FILE, "Thumbs.db")


def _read_logo(file: ImportedFile) -> _Logo:
    label = file.path.parent.name.lower()
    if file.refusal:
        raise RefusedFileError(file.refusal)
    if label not in (*CLASS_NAMES, AMBIGUOUS):
        raise RefusedFileError(f"its folder is none of {', '.join(CLASS_NAMES)}")
    if file.path.suffix.lower() not in SUFFIXES:
        raise RefusedFileError("not a PNG, JPEG, WebP or SVG file")
    sha256 = hashlib.sha256(file.content).hexdigest()
    if file.path.suffix.lower() == ".svg":
        svg = file.content.decode("utf-8", errors="replace")
        try:
            image = render(svg)
            measured = measuring.measure(svg, image).to_json()
        except UnusableSvgError as error:
            raise RefusedFileError(str(error)) from error
        return _Logo(file.path, sha256, label, image, svg, measured)
    try:
        picture = read_image(file.content, conf.MAX_PIXELS)
    except ImageError as error:
        raise RefusedFileError(str(error)) from error
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return _Logo(file.path, sha256, label, np.asarray(picture), "", {})


def _stored(dataset: Dataset, logo: _Logo, label: str) -> Sample:
    """Write the logo's image, and its vector source where it has one; return its unsaved row.

    `label` is what a person said of it, or its folder's.
    """
    path = f"images/{logo.sha256}.png"
    Image.fromarray(logo.image).save(dataset.folder / path)
    source_path = ""
    if logo.svg:
        source_path = f"sources/{logo.sha256}.svg"
        (dataset.folder / "sources").mkdir(exist_ok=True)
        (dataset.folder / source_path).write_text(logo.svg)
    return Sample(
        dataset=dataset,
        path=path,
        sha256=logo.sha256,
        label=label,
        measured_label=logo.label,
        brand=logo.brand[:120],
        package="import",
        name=str(logo.path)[-120:],
        source_path=source_path,
        background=background_for(logo.image, logo.sha256),
        measures=logo.measures,
    )


def _split(samples: list[Sample], hashes: list[str]) -> None:
    """Give each sample its group and its split."""
    groups = merge_groups([s.brand for s in samples], near_pairs(hash_bytes(hashes), ALIKE))
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for sample, group in zip(samples, groups, strict=True):
        if sample.label != AMBIGUOUS:
            labels[group][sample.label] += 1
    splits = stratified_splits(labels, samples[0].dataset.seed)
    for sample, group in zip(samples, groups, strict=True):
        sample.brand = group
        sample.split = "" if sample.label == AMBIGUOUS else splits[group]
