"""What a run's history says about it, and which setting to change: history in, findings out.

Two things make plain comparisons of training and validation wrong here. Training figures are
means over an epoch on augmented (harder) images without weight averaging, while validation sees
plain images and averaged weights: training may look worse than validation in a healthy run. And
each stage of gradual unfreezing starts a schedule of its own with other weights to train: courses
are judged within a stage, results over all stages.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from typing import Any

from classifier.training.analysis_classes import class_findings
from classifier.training.analysis_findings import Facts, Finding, rounded
from classifier.training.analysis_rates import rate_findings, rate_test_findings
from classifier.training.analysis_stability import stability_findings
from classifier.training.config import TrainingConfig
from classifier.training.reporting import EpochResult

CONVERGED_WITHIN = 0.01  # of the best validation accuracy
_OVERFIT_RISE = 0.05  # of the validation loss over its best
_GAP = 0.10  # training accuracy above validation accuracy
_UNDERFIT = 0.75  # accuracy that neither split reaches
_STILL_FALLING = 0.01  # of the validation loss, per epoch, over the last two
_IDLE_EPOCHS = 5


@dataclass(frozen=True)
class Analysis:
    """The figures of a run and what they mean. Accuracies are shares from 0 to 1."""

    train_accuracy: float  # of the best epoch; augmented images, plain weights
    plain_train_accuracy: float | None  # the version's, on images as they are
    val_accuracy: float  # of the best epoch
    gap: float | None  # plain_train_accuracy - val_accuracy
    best_epoch: int  # whose weights are kept: of the lowest validation loss, or the last
    convergence_epoch: int  # first within a point of the best validation accuracy
    findings: list[Finding]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def analyse(
    history: Sequence[EpochResult],
    config: TrainingConfig,
    *,
    finished: bool = True,
    plain_train_accuracy: float | None = None,
    rate_test: tuple[float, float | None] | None = None,
    diverged: str = "",
) -> Analysis | None:
    """Judge a run by its epochs; None before the first one.

    Args:
        history: the epochs so far, in order.
        config: the run's settings.
        finished: whether the run did all its epochs.
        plain_train_accuracy: of the kept weights on training images without augmentation.
        rate_test: the suggested learning rate of a range test, and the rate where it diverged.
        diverged: why a run with a loss that was not finite ended.
    """
    if not history:
        return None
    best = min(history, key=lambda epoch: epoch.val_loss)
    if config.keep == "last":
        best = history[-1]
    stages = [list(epochs) for _, epochs in groupby(history, key=lambda epoch: epoch.stage)]
    facts = Facts(stages, best, config, finished, plain_train_accuracy)
    findings = [finding for rule in _RULES for finding in rule(facts)]
    findings += rate_test_findings(facts, rate_test)
    if diverged:
        findings.append(_divergence(config, diverged))
    if not any(finding.severity != "good" for finding in findings):
        text = "Neither the course of its losses nor its validation answers show a fault."
        if not best.val_confusion:
            text = "The course of its losses shows no fault. Answers by class were not recorded."
        findings.append(Finding("healthy", "good", "Nothing is wrong with this run.", text))
    order = {"error": 0, "warning": 1, "note": 2, "good": 3}
    gap = None if plain_train_accuracy is None else plain_train_accuracy - best.val_accuracy
    return Analysis(
        train_accuracy=best.train_accuracy,
        plain_train_accuracy=plain_train_accuracy,
        val_accuracy=best.val_accuracy,
        gap=gap,
        best_epoch=best.epoch,
        convergence_epoch=_convergence_epoch(history),
        findings=sorted(findings, key=lambda finding: order[finding.severity]),
    )


def _convergence_epoch(history: Sequence[EpochResult]) -> int:
    goal = max(epoch.val_accuracy for epoch in history) - CONVERGED_WITHIN
    return next(epoch.epoch for epoch in history if epoch.val_accuracy >= goal - 1e-9)


def _overfitting(facts: Facts) -> Iterator[Finding]:
    """Find a validation loss that rises while the training loss falls, within the last stage."""
    epochs = facts.stages[-1]
    best, last = min(epochs, key=lambda epoch: epoch.val_loss), epochs[-1]
    rise = last.val_loss / max(best.val_loss, 1e-9) - 1
    if rise <= _OVERFIT_RISE or last.train_loss >= best.train_loss:
        return
    text = (
        f"In the stage {last.stage}, the validation loss rose by {rise:.0%} after epoch "
        f"{best.epoch} while the training loss fell from {best.train_loss:.3f} to "
        f"{last.train_loss:.3f}. The weights of epoch {facts.best.epoch} are kept."
    )
    length = f"{last.stage}_epochs"
    shorter = {length: max(len(epochs) - (last.epoch - best.epoch), 1)}
    yield facts.finding(
        "overfitting", "warning", "It overfits.", text, {**facts.more_regular(), **shorter}
    )


def _generalisation_gap(facts: Facts) -> Iterator[Finding]:
    """Find weights that know the training images far better than others."""
    plain, best = facts.plain_train_accuracy, facts.best
    # Augmented images are harder: if even they are answered that much better, the gap is real.
    train, images = (plain, "plain") if plain is not None else (best.train_accuracy, "augmented")
    if train - best.val_accuracy <= _GAP:
        return
    text = (
        f"{train:.1%} of the {images} training images are answered rightly, "
        f"but {best.val_accuracy:.1%} of the validation images. More images help most."
    )
    yield facts.finding(
        "gap", "warning", "It memorises training images.", text, facts.more_regular()
    )


def _underfitting(facts: Facts) -> Iterator[Finding]:
    """Find a run that neither learnt its training images nor the validation split."""
    if not facts.in_last_stage:
        return  # the backbone is still frozen: it is too early to tell
    plain, best = facts.plain_train_accuracy, facts.best
    train = plain if plain is not None else best.train_accuracy
    if max(train, best.val_accuracy) >= _UNDERFIT:
        return
    config = facts.config
    changes: dict[str, Any] = {}
    if config.augmentation > 1:
        changes["augmentation"] = 1.0
    if config.input_size < 128:
        changes["input_size"] = 128
    changes["full_epochs"] = facts.more_epochs(config.full_epochs or 4)
    text = (
        f"Training accuracy ({train:.1%}) and validation accuracy ({best.val_accuracy:.1%}) both "
        f"stayed below {_UNDERFIT:.0%}."
    )
    yield facts.finding("underfitting", "warning", "It underfits.", text, changes)


def _ended_too_soon(facts: Facts) -> Iterator[Finding]:
    """Find a run that was getting better when its epochs were over."""
    epochs = facts.stages[-1]
    if not (facts.finished and facts.in_last_stage and len(epochs) >= 3):
        return
    last = pairwise(epochs[-3:])
    drops = [1 - b.val_loss / max(a.val_loss, 1e-9) for a, b in last]
    if min(drops) <= _STILL_FALLING:
        return
    name = f"{epochs[-1].stage}_epochs"
    more = {name: facts.more_epochs(getattr(facts.config, name))}
    text = f"The validation loss still fell by {drops[-1]:.1%} in the last epoch."
    yield facts.finding("too_short", "note", "It ended while it was getting better.", text, more)


def _idle_epochs(facts: Facts) -> Iterator[Finding]:
    """Find epochs at the end that brought nothing."""
    epochs = facts.stages[-1]
    best = min(epochs, key=lambda epoch: epoch.val_loss)
    idle = epochs[-1].epoch - best.epoch
    if not facts.finished or idle < _IDLE_EPOCHS or best.epoch == epochs[0].epoch:
        return
    name = f"{best.stage}_epochs"
    text = f"The last {idle} epochs did not lower the validation loss any more."
    fewer = {name: best.epoch - epochs[0].epoch + 2}
    yield facts.finding("too_long", "note", "It went on longer than it learnt.", text, fewer)


def _divergence(config: TrainingConfig, reason: str) -> Finding:
    changes = {"learning_rate": rounded(config.learning_rate / 3)}
    if not config.gradient_clip:
        changes["gradient_clip"] = 1.0
    return Finding("diverged", "error", "It diverged.", reason, changes)


_RULES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _overfitting,
    _generalisation_gap,
    _underfitting,
    _ended_too_soon,
    _idle_epochs,
    rate_findings,
    stability_findings,
    class_findings,
)
