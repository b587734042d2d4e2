"""Building datasets: from logo packages, or drawn by this project."""

import hashlib
import io
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

from django.db import transaction
from PIL import Image
from tqdm import tqdm

from classifier.conf import conf
from classifier.data.candidates import Candidate, MeasureCache, measure_logos
from classifier.data.drawings import same_drawings
from classifier.data.packages import Package, fetch, read_logos
from classifier.data.selection import Selected, select
from classifier.data.splits import fingerprint, split_at
from classifier.data.synthetic import draw_logo
from classifier.datasets import corrections as label_corrections
from classifier.datasets.errors import DatasetError
from classifier.datasets.proposed import new_proposals, proposed_samples, split_of
from classifier.lib.progress import Tell, part, reported, silent
from classifier.logo_types import LogoType
from classifier.models import Dataset, Proposal, Sample

SYNTHETIC_PACKAGE = "synthetic"
# Shares of a build's time until the packages are there, and until the logos are chosen.
_FETCHED, _SELECTED = 0.1, 0.9


def build_from_packages(
    name: str | None, packages: list[Package], seed: int = 0, drawings_once: bool = False
) -> Dataset:
    """Fetch, measure, label and split the logos of packages; show progress.

    What was fetched and measured before is not done again, so that an interrupted build goes on
    where it was. The same packages, corrections and seed give the same fingerprint. Without a
    name, a dataset that already holds the very same is returned, or the next number is taken.
    With `drawings_once`, a drawing is kept once on whatever ground and in whatever colours, and
    stands in one split: that is another dataset than the one without.

    Raises:
        PackageError: when a package cannot be had.
        DatasetError: when the name is taken.
    """
    if name:
        check_name(name)
    selection = _selection(packages, seed, drawings_once=drawings_once)
    content = fingerprint(
        [
            *((entry.candidate.sha256, entry.label, entry.split) for entry in selection.selected),
            *((p.sha256, p.label, split_of(p)) for p in selection.proposals),
        ]
    )
    known = Dataset.objects.ready().filter(fingerprint=content).first()
    if known and not name:
        return known
    dataset = new_dataset(name or next_name("logos"), Dataset.Source.PACKAGES, seed)
    return finish(dataset, lambda: _selected_samples(dataset, selection), selection.dropped)


def fill_from_packages(dataset: Dataset, packages: list[Package], tell: Tell = silent) -> None:
    """Fill a dataset that is being built from packages; see `build_from_packages`.

    `tell` hears of the share done, 0 to 1; what it raises ends the build.

    Raises:
        PackageError: when a package cannot be had.
    """
    selection = _selection(packages, dataset.seed, part(tell, 0.0, _SELECTED))
    storing = part(tell, _SELECTED, 1.0)
    fill(dataset, lambda: _selected_samples(dataset, selection, storing), selection.dropped)


class _Selection(NamedTuple):
    """The logos to store, and why others are not."""

    cache: MeasureCache
    selected: list[Selected]
    proposals: list[Proposal]
    dropped: Counter[str]


def _selection(
    packages: list[Package], seed: int, tell: Tell = silent, drawings_once: bool = False
) -> _Selection:
    """Fetch, measure, label and split."""
    root = Path(conf.ROOT) / "packages"
    fetching = reported(packages, len(packages), part(tell, 0.0, _FETCHED))
    archives = [(package, fetch(package, root / "archives")) for package in fetching]
    logos = [logo for package, archive in archives for logo in read_logos(package, archive)]
    cache = MeasureCache(root / "measured")
    candidates = measure_logos(logos, cache, part(tell, _FETCHED, 1.0))
    find = partial(_one_drawing, cache) if drawings_once else None
    selected, dropped = select(candidates, label_corrections.labels(), seed, find)
    proposals = new_proposals([entry.candidate.perceptual_hash for entry in selected], dropped)
    return _Selection(cache, selected, proposals, dropped)


def _one_drawing(cache: MeasureCache, candidates: list[Candidate]) -> list[tuple[int, int]]:
    """Return the pairs of candidates that are one drawing."""
    shown = tqdm(candidates, "Comparing", unit="logo")
    return same_drawings((_rendered(cache, logo), logo.background) for logo in shown)


def _rendered(cache: MeasureCache, logo: Candidate) -> Image.Image:
    with Image.open(cache.image(logo.sha256)) as picture:
        return picture.convert("RGBA")


def _selected_samples(
    dataset: Dataset, selection: _Selection, tell: Tell = silent
) -> Iterable[Sample]:
    entries = tqdm(selection.selected, "Storing", unit="logo")
    entries = reported(entries, len(selection.selected), tell)
    rows = [_sample(dataset, entry, selection.cache) for entry in entries]
    return [*rows, *proposed_samples(dataset, selection.proposals)]


def build_synthetic(name: str | None, per_class: int, seed: int = 0) -> Dataset:
    """Draw a dataset with `per_class` logos of each type.

    Raises:
        DatasetError: when the name is taken.
    """
    dataset = new_dataset(name or next_name("synthetic"), Dataset.Source.SYNTHETIC, seed)
    (dataset.folder / "images").mkdir()
    return finish(dataset, lambda: _drawn(dataset, per_class, random.Random(seed)), Counter())


def _drawn(dataset: Dataset, per_class: int, rng: random.Random) -> Iterable[Sample]:
    seen: set[str] = set()
    for logo_type in LogoType:
        drawn = 0
        while drawn < per_class:
            file = io.BytesIO()
            draw_logo(logo_type, rng).save(file, "PNG")
            sha256 = hashlib.sha256(file.getvalue()).hexdigest()
            if sha256 in seen:
                continue
            seen.add(sha256)
            path = f"images/{sha256}.png"
            (dataset.folder / path).write_bytes(file.getvalue())
            yield Sample(
                dataset=dataset,
                path=path,
                sha256=sha256,
                label=logo_type,
                measured_label=logo_type,
                split=split_at(drawn / per_class),
                brand=f"{logo_type}-{drawn}",
                package=SYNTHETIC_PACKAGE,
                name=f"{logo_type}-{drawn}",
            )
            drawn += 1


def _sample(dataset: Dataset, entry: Selected, cache: MeasureCache) -> Sample:
    """Copy one logo's files into the dataset's folder and return its unsaved row."""
    logo = entry.candidate
    image = Path("images") / f"{logo.sha256}.png"
    source = Path("sources") / f"{logo.sha256}.svg"
    place(cache.image(logo.sha256), dataset.folder / image)
    place(cache.source(logo.sha256), dataset.folder / source)
    return Sample(
        dataset=dataset,
        path=str(image),
        sha256=logo.sha256,
        label=entry.label,
        measured_label=entry.measured_label,
        split=entry.split,
        brand=entry.group,
        package=logo.package,
        name=logo.name,
        source_path=str(source),
        licence=logo.licence,
        background=logo.background,
        measures=logo.measures.to_json() | {"lettering": logo.lettering},
    )


def place(source: Path, destination: Path) -> None:
    """Copy a file, making the folder that it goes to."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, destination)


def check_name(name: str) -> None:
    """Make sure that no finished dataset has this name.

    Raises:
        DatasetError: when one has.
    """
    if Dataset.objects.ready().filter(name=name).exists():
        raise DatasetError(f'There is a dataset "{name}" already. Choose another name.')


def next_name(stem: str) -> str:
    """Return the first of `stem-1`, `stem-2` … that no dataset has."""
    taken = set(Dataset.objects.values_list("name", flat=True))
    return next(name for number in count(1) if (name := f"{stem}-{number}") not in taken)


def new_dataset(name: str, source: str, seed: int) -> Dataset:
    """Create the row of a dataset that is being built, with an empty folder.

    A half-built one of the same name is replaced.

    Raises:
        DatasetError: when a finished dataset has that name.
    """
    check_name(name)
    for stale in Dataset.objects.filter(name=name):
        remove(stale)
    dataset = Dataset.objects.create(name=name, source=source, seed=seed)
    shutil.rmtree(dataset.folder, ignore_errors=True)
    dataset.folder.mkdir(parents=True)
    return dataset


def finish(
    dataset: Dataset, samples: Callable[[], Iterable[Sample]], dropped: Counter[str]
) -> Dataset:
    """Store the samples and mark the dataset ready, or remove it if anything fails."""
    try:
        fill(dataset, samples, dropped)
    except BaseException:
        remove(dataset)
        raise
    return dataset


def fill(dataset: Dataset, samples: Callable[[], Iterable[Sample]], dropped: Counter[str]) -> None:
    """Store the samples of a dataset that is being built, and mark it ready."""
    try:
        rows = list(samples())
    finally:
        dataset.dropped = dict(sorted(dropped.items()))
    dataset.fingerprint = fingerprint((row.sha256, row.label, row.split) for row in rows)
    dataset.status = Dataset.Status.READY
    with transaction.atomic():
        dataset.save(force_update=True)  # a row that was deleted meanwhile does not come back
        Sample.objects.bulk_create(rows, batch_size=500)


def remove(dataset: Dataset) -> None:
    """Delete a dataset's rows and files."""
    folder = dataset.folder
    dataset.delete()
    shutil.rmtree(folder, ignore_errors=True)
