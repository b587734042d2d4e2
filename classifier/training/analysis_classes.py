"""Which classes the best epoch answers badly, and which it takes for which."""

from collections.abc import Iterator
from typing import Any

from classifier.logo_types import CLASS_NAMES
from classifier.training.analysis_findings import Facts, Finding
from classifier.training.config import TrainingConfig
from classifier.training.reporting import EpochResult

_LEAST_IMAGES = 10  # of a class that is judged
_WEAK = 0.10  # below the accuracy over all images
_CONFUSED = 0.15  # share of a class's images that are taken for one other class
_LEAST_CONFUSED = 3


def class_accuracies(epoch: EpochResult) -> dict[str, float | None]:
    """Return each class's validation accuracy by name; None for a class without images."""
    rows = zip(CLASS_NAMES, range(len(CLASS_NAMES)), epoch.val_confusion, strict=False)
    return {name: row[own] / sum(row) if sum(row) else None for name, own, row in rows}


def class_findings(facts: Facts) -> Iterator[Finding]:
    """Judge the confusion matrix of the epoch whose weights are kept, if it was recorded."""
    if not facts.best.val_confusion:
        return
    yield from _weak_classes(facts)
    yield from _confusions(facts)


def _weak_classes(facts: Facts) -> Iterator[Finding]:
    best, config = facts.best, facts.config
    for row, (name, accuracy) in zip(
        best.val_confusion, class_accuracies(best).items(), strict=True
    ):
        if accuracy is None or sum(row) < _LEAST_IMAGES or accuracy > best.val_accuracy - _WEAK:
            continue
        changes: dict[str, Any] = {} if config.class_weights else {"class_weights": True}
        if config.loss != "focal":
            changes["loss"] = "focal"
        text = (
            f"{accuracy:.1%} of the {sum(row)} validation images of the class {name} are answered "
            f"rightly, {best.val_accuracy:.1%} of all. More images of it help most."
        )
        title = f"The class {name} is weak."
        yield facts.finding("weak_class", "warning", title, text, changes)


def _confusions(facts: Facts) -> Iterator[Finding]:
    for truth, row in zip(CLASS_NAMES, facts.best.val_confusion, strict=True):
        for answer, count in zip(CLASS_NAMES, row, strict=True):
            enough = count >= _LEAST_CONFUSED and count >= _CONFUSED * sum(row)
            if answer == truth or not enough or sum(row) < _LEAST_IMAGES:
                continue
            text = (
                f"{count} of {sum(row)} validation images of the class {truth} are answered as "
                f"{answer}. Look at their labels on the audit page, too."
            )
            title = f"It takes {truth} for {answer}."
            changes = _sharper(facts.config)
            yield facts.finding("confused_classes", "warning", title, text, changes)


def _sharper(config: TrainingConfig) -> dict[str, Any]:
    """Return settings that show the network more of what tells classes apart."""
    if config.pooling != "multi_scale":
        return {"pooling": "multi_scale"}
    return {"input_size": min(config.input_size + 32, 512)}
