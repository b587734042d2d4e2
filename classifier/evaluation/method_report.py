"""Two methods on the same images: where each is better, in figures and in sentences from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from classifier.evaluation.comparison import Comparison, compare
from classifier.logo_types import CLASS_NAMES

# Where a measure of the vector source is cut into groups: each holds [edge, next edge).
_EDGES: dict[str, tuple[float, ...]] = {
    "colours": (0, 2, 3, 5, 7, np.inf),
    "regions": (0, 3, 9, 15, 31, np.inf),
    "gradient_share": (0, 1e-9, 0.12, 0.3, 0.6, np.inf),
}
_ENOUGH = 20  # images that a group needs before anything is said of it
_SHOWN_GAP = 0.02  # of accuracy; less is called equal


@dataclass(frozen=True)
class Group:
    """Some of the images, and how often each method is right on them."""

    kind: str  # "class", or the name of a measure
    name: str
    result: Comparison

    @property
    def first_accuracy(self) -> float:
        """Share of right answers of the first method."""
        return (self.result.both + self.result.first_only) / self.result.count

    @property
    def second_accuracy(self) -> float:
        """Share of right answers of the second method."""
        return (self.result.both + self.result.second_only) / self.result.count


@dataclass(frozen=True)
class MethodReport:
    """A comparison of two methods as a whole, by class and by measure."""

    first: str
    second: str
    whole: Group
    classes: list[Group]
    measures: list[Group]

    @property
    def sentences(self) -> list[str]:
        """What the figures say, in plain words."""
        return [self._overall(), *self._strengths()]

    def _overall(self) -> str:
        whole, result = self.whole, self.whole.result
        verdict = "real" if result.p_value < 0.05 else "possibly chance"
        return (
            f"Of {result.count} images {self.first} gets {whole.first_accuracy:.1%} right and "
            f"{self.second} {whole.second_accuracy:.1%}; the difference is {verdict} "
            f"(McNemar's p = {result.p_value:.2g}). Right with {self.first} alone: "
            f"{result.first_only}, with {self.second} alone: {result.second_only}, with both: "
            f"{result.both}, with neither: {result.neither}."
        )

    def _strengths(self) -> list[str]:
        groups = [g for g in (*self.classes, *self.measures) if g.result.count >= _ENOUGH]
        sentences = []
        for name, sign in ((self.first, 1), (self.second, -1)):
            better = [(sign * (g.first_accuracy - g.second_accuracy), g) for g in groups]
            better = [(gap, g) for gap, g in better if gap >= _SHOWN_GAP]
            better.sort(key=lambda entry: -entry[0])
            listed = ", ".join(f"{_described(g)} (by {gap:.1%})" for gap, g in better[:4])
            sentences.append(f"Better with {name}: {listed or 'nothing by 2 points or more'}.")
        weakest = min(groups, key=lambda g: max(g.first_accuracy, g.second_accuracy), default=None)
        if weakest:
            best = max(weakest.first_accuracy, weakest.second_accuracy)
            sentences.append(
                f"Hardest for both: {_described(weakest)}, where the better one reaches {best:.1%}."
            )
        return sentences

    def to_markdown(self) -> str:
        """Return the report as Markdown."""
        lines = [f"# {self.first.capitalize()} against {self.second}", ""]
        lines += [f"- {sentence}" for sentence in self.sentences]
        columns = ["group", "images", self.first, self.second]
        columns += ["both", f"{self.first} alone", f"{self.second} alone", "neither"]
        for title, groups in (
            ("Whole split", [self.whole]),
            ("By class", self.classes),
            ("By measure", self.measures),
        ):
            lines += ["", f"## {title}", "", _row(columns), _row(["---"] * len(columns))]
            lines += [_row(_cells(group)) for group in groups]
        return "\n".join(lines) + "\n"


def compare_methods(
    names: tuple[str, str],
    labels: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    measures: Sequence[Mapping[str, Any]],
) -> MethodReport:
    """Compare two methods' answers.

    Args:
        names: of the methods.
        labels: int [N].
        first: int [N], the first method's answers.
        second: int [N], the second's.
        measures: of each image's vector source, by name; an image may lack any.

    Raises:
        InvalidPredictionsError: for different lengths, or no samples.
    """
    labels, first, second = (np.asarray(values) for values in (labels, first, second))

    def group(kind: str, name: str, mask: np.ndarray) -> list[Group]:
        if not mask.any():
            return []
        return [Group(kind, name, compare(labels[mask], first[mask], second[mask]))]

    whole = Group("class", "all", compare(labels, first, second))
    classes = [
        found for i, name in enumerate(CLASS_NAMES) for found in group("class", name, labels == i)
    ]
    by_measure = []
    for kind, edges in _EDGES.items():
        values = np.array([entry.get(kind, np.nan) for entry in measures], dtype=float)
        for low, high in pairwise(edges):
            by_measure += group(kind, _span(kind, low, high), (values >= low) & (values < high))
    return MethodReport(*names, whole, classes, by_measure)


def _span(kind: str, low: float, high: float) -> str:
    if kind == "gradient_share":
        if high < 0.01:
            return "none"
        return f"{low:.0%} and more" if np.isinf(high) else f"{low:.0%} to {high:.0%}"
    if np.isinf(high):
        return f"{low:.0f} and more"
    first, last = max(round(low), 1), round(high) - 1
    return f"{first}" if first == last else f"{first} to {last}"


def _described(group: Group) -> str:
    if group.kind == "class":
        return f"class {group.name}"
    return f"{group.kind.replace('_', ' ')} {group.name}"


def _cells(group: Group) -> list[str]:
    result = group.result
    return [
        _described(group) if group.name != "all" else "all",
        str(result.count),
        f"{group.first_accuracy:.1%}",
        f"{group.second_accuracy:.1%}",
        *map(str, (result.both, result.first_only, result.second_only, result.neither)),
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
