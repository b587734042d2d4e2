"""Which candidates become samples, under which label and in which split. No files, no database."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from classifier.data.candidates import Candidate
from classifier.data.duplicates import ALIKE, SAME, hash_bytes
from classifier.data.labels import label_of
from classifier.data.splits import merge_groups, near_pairs, position_of, split_of
from classifier.logo_types import AMBIGUOUS, LogoType

SIMPLE_SURPLUS = 1.4  # at most this many simple logos for each one of the next largest type


@dataclass(frozen=True)
class Selected:
    """A candidate with its label, its group of brands and its split ("" for ambiguous ones)."""

    candidate: Candidate
    label: str
    measured_label: str
    group: str
    split: str


def select(
    candidates: list[Candidate],
    corrections: dict[str, str],
    seed: int,
    one_drawing: Callable[[list[Candidate]], list[tuple[int, int]]] | None = None,
) -> tuple[list[Selected], Counter[str]]:
    """Label, de-duplicate, balance and split; also return how many were dropped, by reason.

    `corrections` maps source hashes to the labels that people gave; they win over the measures.
    `one_drawing` finds the pairs that count as the same picture beside those of like hashes.
    """
    dropped = Counter(c.dropped for c in candidates if c.dropped)
    usable = [c for c in candidates if not c.dropped]
    same = one_drawing(usable) if one_drawing else []
    measured = [
        label_of(c.measures, c.lettering, c.wordmark, c.plausible) for c in usable if c.measures
    ]
    labels = [corrections.get(c.sha256, m) for c, m in zip(usable, measured, strict=True)]
    hashes = hash_bytes([c.perceptual_hash for c in usable])
    groups = merge_groups([c.brand for c in usable], [*near_pairs(hashes, ALIKE), *same])
    doubles = _doubles(usable, labels, sorted([*near_pairs(hashes, SAME), *same]))
    surplus = _surplus(usable, labels, doubles, seed)
    dropped["near-duplicate"] += len(doubles)
    dropped["more simple logos than needed"] += len(surplus)
    left_out = doubles | surplus
    selected = [
        Selected(c, label, m, group, "" if label == AMBIGUOUS else split_of(group, seed))
        for i, (c, label, m, group) in enumerate(zip(usable, labels, measured, groups, strict=True))
        if i not in left_out
    ]
    return selected, +dropped


def _doubles(
    candidates: list[Candidate], labels: list[str], pairs: list[tuple[int, int]]
) -> set[int]:
    """Indices of logos that look like an earlier one with the same label."""
    doubles: set[int] = set()
    for first, second in pairs:
        if first not in doubles and labels[first] == labels[second]:
            doubles.add(second)
    return doubles


def _surplus(
    candidates: list[Candidate], labels: list[str], doubles: set[int], seed: int
) -> set[int]:
    """Indices of simple logos beyond what the other types balance, chosen by hash."""
    left = [i for i in range(len(labels)) if i not in doubles]
    counts = Counter(labels[i] for i in left if labels[i] != AMBIGUOUS)
    simple = counts.pop(LogoType.SIMPLE.value, 0)
    limit = round(SIMPLE_SURPLUS * max(counts.values(), default=simple))
    order = sorted(
        (i for i in left if labels[i] == LogoType.SIMPLE),
        key=lambda i: position_of(candidates[i].sha256, seed),
    )
    return set(order[limit:])
