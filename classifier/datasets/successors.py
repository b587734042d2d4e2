"""A dataset made of another one: the same images and splits, with what people said since."""

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from classifier.data.duplicates import perceptual_hash
from classifier.datasets import corrections
from classifier.datasets.building import fill, next_name
from classifier.datasets.errors import DatasetError
from classifier.datasets.proposed import PACKAGE, new_proposals, proposed_samples
from classifier.lib.progress import Tell, part, reported, silent
from classifier.logo_types import AMBIGUOUS
from classifier.models import Dataset, DatasetBuild, Sample

_HASHED = 0.6  # share of the time until it is known which proposals are new


def create_successor(base: Dataset) -> Dataset:
    """Store a dataset that is to be made of another one, without telling a worker of it."""
    stem, _, number = base.name.rpartition("-")
    name = next_name(stem if stem and number.isdigit() else base.name)
    dataset = Dataset.objects.create(name=name, source=base.source, seed=base.seed, base=base)
    DatasetBuild.objects.create(dataset=dataset)
    return dataset


def fill_successor(dataset: Dataset, tell: Tell = silent) -> None:
    """Fill a dataset from its base: corrected labels, and the accepted proposals that are new.

    Images stay in the split that they were in, so that versions trained on either can be compared
    on the same test images. A logo that was ambiguous and is none any more joins its brand's
    split, or else the training split.

    `tell` hears of the share done, 0 to 1; what it raises ends the filling.

    Raises:
        DatasetError: if the base is gone, or nothing has changed since.
    """
    base = dataset.base
    if base is None or base.status != Dataset.Status.READY:
        raise DatasetError("The dataset that it is made of is gone.")
    rows = list(base.samples.order_by("pk"))
    dropped: Counter[str] = Counter()
    known = {row.sha256 for row in rows if row.package == PACKAGE}
    hashes = [_hash(base, row) for row in reported(rows, len(rows), part(tell, 0.0, _HASHED))]
    proposals = new_proposals(hashes, dropped, known)
    storing = part(tell, _HASHED, 1.0)

    def samples() -> Iterable[Sample]:
        copies = [_copy(dataset, base, row) for row in reported(rows, len(rows), storing)]
        _relabel(copies)
        changed = [row.label != copy.label for row, copy in zip(rows, copies, strict=True)]
        if not any(changed) and not proposals:
            raise DatasetError(
                f"Nothing is new: {base} has the accepted labels and proposals already."
            )
        return [*copies, *proposed_samples(dataset, proposals)]

    fill(dataset, samples, dropped)


def _hash(base: Dataset, row: Sample) -> str:
    with Image.open(base.folder / row.path) as image:
        return perceptual_hash(np.asarray(image.convert("RGBA")))


def _copy(dataset: Dataset, base: Dataset, row: Sample) -> Sample:
    """Return an unsaved copy of a sample, with its files."""
    for path in filter(None, (row.path, row.source_path)):
        _link(base.folder / path, dataset.folder / path)
    names = (
        *("path", "sha256", "label", "measured_label", "split", "brand", "package", "name"),
        *("source_path", "licence", "background", "measures"),
    )
    return Sample(dataset=dataset, **{name: getattr(row, name) for name in names})


def _link(source: Path, destination: Path) -> None:
    """Let two datasets share a file that neither changes; copy it where links do not work."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, destination)
    except FileExistsError:
        return
    except OSError:
        shutil.copyfile(source, destination)


def _relabel(rows: list[Sample]) -> None:
    """Give each sample the label that people gave it, and a split that goes with it."""
    labels = corrections.labels()
    splits = {row.brand: row.split for row in rows if row.split}
    for row in rows:
        row.label = labels.get(row.sha256, row.label)
        if row.label == AMBIGUOUS:
            row.split = ""
        elif not row.split:
            row.split = splits.get(row.brand, Sample.Split.TRAIN)
