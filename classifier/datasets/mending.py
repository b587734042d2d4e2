"""Classes that a split lacks: naming them, and moving brands so that none is missing."""

import random
from collections import defaultdict

from django.db import transaction

from classifier.data.splits import VAL_SHARE, fingerprint
from classifier.datasets.errors import DatasetError
from classifier.datasets.info import SPLITS
from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, Sample

_NAMES = dict(Sample.Split.choices)


def missing_classes(dataset: Dataset) -> dict[str, list[str]]:
    """Return, for each class that a split lacks, the splits that lack it."""
    present = set(dataset.samples.of_classes().values_list("label", "split").distinct())
    missing = {
        name: [split for split in SPLITS if (name, split) not in present] for name in CLASS_NAMES
    }
    return {name: splits for name, splits in missing.items() if splits}


def missing_sentences(missing: dict[str, list[str]]) -> list[str]:
    """Say which class is missing where, a sentence a class."""
    sentences = []
    for name, splits in missing.items():
        if len(splits) == len(SPLITS):
            sentences.append(f"There is no {name} logo at all.")
        else:
            where = " and ".join(_NAMES[split] for split in splits)
            sentences.append(f"No {name} logo is in the split for {where}.")
    return sentences


def mend_split(dataset: Dataset) -> int:
    """Move whole brands between splits until every split has each class; return how many.

    A split that lacks a class gets about its share (15 %) of that class, one brand at least, from
    the split that has most brands of it, which keeps one. Which brands go depends on the dataset's
    seed. The fingerprint changes with the split.

    Raises:
        DatasetError: if a class has fewer than three brands: the message names it; or if something
            was trained on the dataset, whose training logos could become test logos.
    """
    if dataset.training_runs.exists() or dataset.studies.exists():
        raise DatasetError(
            "Networks were trained on this split: logos they learned from could become test logos. "
            "Import the logos again under another name, and mend that split."
        )
    with transaction.atomic():
        rows = list(dataset.samples.of_classes().exclude(split=""))
        moved = _moves(rows, dataset.seed)
        for row in rows:
            row.split = moved.get(row.brand, row.split)
        Sample.objects.bulk_update(rows, ["split"], batch_size=500)
        everything = dataset.samples.values_list("sha256", "label", "split")
        dataset.fingerprint = fingerprint(everything)
        dataset.save(update_fields=["fingerprint"])
    return len(moved)


def _moves(rows: list[Sample], seed: int) -> dict[str, str]:
    """Return the new split of each brand that has to move."""
    splits = {row.brand: row.split for row in rows}
    brands: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        brands[row.label].add(row.brand)
    few = [name for name in CLASS_NAMES if len(brands[name]) < len(SPLITS)]
    if few:
        counts = ", ".join(f"{name} ({len(brands[name])})" for name in few)
        raise DatasetError(
            f"Three brands of a class are needed, one for each split; too few: {counts}. Import "
            "more logos of other brands. Names of files tell brands: acme-icon.svg and "
            "acme-wordmark.svg are one, and so are logos that look alike."
        )
    moved: dict[str, str] = {}
    rng = random.Random(seed)
    # The rarest class first: its brands have the least choice. A brand with logos of two classes
    # may leave another class behind, which a second round sees.
    for name in 2 * sorted(CLASS_NAMES, key=lambda name: len(brands[name])):
        for split in SPLITS:
            _fill(split, sorted(brands[name] - moved.keys()), brands[name], splits, moved, rng)
    if any({splits[brand] for brand in brands[name]} != set(SPLITS) for name in CLASS_NAMES):
        raise DatasetError(
            "No way was found to give every split each class without tearing brands apart. "
            "Import more logos of other brands."
        )
    return moved


def _fill(
    split: str,
    free: list[str],
    members: set[str],
    splits: dict[str, str],
    moved: dict[str, str],
    rng: random.Random,
) -> None:
    """Give a split some brands of a class if it has none, from the split that has most of them."""
    if any(splits[brand] == split for brand in members):
        return
    having = {
        other: [brand for brand in free if splits[brand] == other]
        for other in SPLITS
        if other != split
    }
    giver = max(having, key=lambda other: len(having[other]))
    kept = sum(splits[brand] == giver for brand in members) - 1
    wanted = max(1, round(VAL_SHARE * len(members)))
    for brand in rng.sample(having[giver], max(0, min(wanted, kept, len(having[giver])))):
        splits[brand] = moved[brand] = split
