"""Which split a group of logos belongs to. A group is never torn apart."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np

from classifier.data.duplicates import distances

TRAIN, VAL, TEST = "train", "val", "test"
TRAIN_SHARE, VAL_SHARE = 0.70, 0.15


def split_of(group: str, seed: int) -> str:
    """Return the split of a group: 70 % of groups train, 15 % validate, 15 % test.

    It depends on the group's name and the seed alone, so that a new logo moves no old one.
    """
    return split_at(position_of(group, seed))


def split_at(position: float) -> str:
    """Return the split that a position from 0 to 1 falls in."""
    if position < TRAIN_SHARE:
        return TRAIN
    return VAL if position < TRAIN_SHARE + VAL_SHARE else TEST


def stratified_splits(groups: dict[str, Counter[str]], seed: int) -> dict[str, str]:
    """Split groups, each given by its count of logos per label, so that every label has its shares.

    For small sets, where chance alone might leave a split without a label. Each group counts
    towards its commonest label; the result depends on the names and the seed alone.
    """
    strata: dict[str, list[str]] = defaultdict(list)
    for group, labels in groups.items():
        strata[max(sorted(labels), key=labels.__getitem__)].append(group)
    splits = {}
    for members in strata.values():
        total = sum(groups[group].total() for group in members)
        passed = 0
        for group in sorted(members, key=lambda group: position_of(group, seed)):
            splits[group] = split_at(passed / total)
            passed += groups[group].total()
    return splits


def position_of(name: str, seed: int) -> float:
    """Return a number from 0 to 1 that looks random and depends on name and seed alone."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def fingerprint(samples: Iterable[tuple[str, str, str]]) -> str:
    """Return the hex sha256 over sorted (sample hash, label, split) triples."""
    lines = sorted(",".join(sample) for sample in samples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def merge_groups(brands: list[str], pairs: Iterable[tuple[int, int]]) -> list[str]:
    """Join brands that share near-duplicate logos; return each logo's group name.

    `pairs` are indices of logos that look alike. The group is named by its alphabetically first
    brand, so that the result does not depend on the order of the pairs.
    """
    parent = {brand: brand for brand in brands}

    def root(brand: str) -> str:
        while parent[brand] != brand:
            parent[brand] = parent[parent[brand]]
            brand = parent[brand]
        return brand

    for i, j in pairs:
        first, second = sorted((root(brands[i]), root(brands[j])))
        parent[second] = first
    return [root(brand) for brand in brands]


def near_pairs(hashes: np.ndarray, distance: int) -> list[tuple[int, int]]:
    """Return the pairs (i < j) of hashes, uint8 [N, bytes], at most `distance` bits apart."""
    pairs: list[tuple[int, int]] = []
    for i in range(len(hashes) - 1):
        bits = distances(hashes[i + 1 :], hashes[i])
        pairs.extend((i, i + 1 + int(j)) for j in np.flatnonzero(bits <= distance))
    return pairs
