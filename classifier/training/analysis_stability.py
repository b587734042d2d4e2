"""Whether a run went smoothly: loss spikes, exploding and non-finite gradients."""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from classifier.training.analysis_findings import Facts, Finding, rounded
from classifier.training.reporting import EpochResult

_EPOCH_SPIKE = 1.5  # times the training loss of the epoch before
_STEP_SPIKE = 5  # times the epoch's mean loss, for a single step
_EXPLOSION = 10  # times the stage's median gradient norm
_STEP_EXPLOSION = 100  # times the epoch's mean gradient norm, for a single step


def stability_findings(facts: Facts) -> Iterator[Finding]:
    """Look for spikes within each stage: the first epoch of a stage has new weights to train."""
    yield from _spikes(facts)
    yield from _explosions(facts)
    yield from _non_finite(facts)


def _calmer(facts: Facts) -> dict[str, float]:
    clip = facts.config.gradient_clip
    changes = {"learning_rate": rounded(facts.config.learning_rate / 3)}
    changes["gradient_clip"] = clip / 2 if clip else 1.0
    return changes


def _spikes(facts: Facts) -> Iterator[Finding]:
    spikes = []
    for epochs in facts.stages:
        spikes += [
            b.epoch for a, b in pairwise(epochs) if b.train_loss > a.train_loss * _EPOCH_SPIKE
        ]
        # A late epoch's mean is small: a step counts only if it is bad by the stage's start, too.
        start = 2 * epochs[0].train_loss
        spikes += [
            e.epoch for e in epochs if e.train_loss_max > max(_STEP_SPIKE * e.train_loss, start)
        ]
    if spikes:
        text = f"The training loss jumped in {_epochs(spikes)}."
        yield facts.finding("loss_spikes", "warning", "The loss has spikes.", text, _calmer(facts))


def _explosions(facts: Facts) -> Iterator[Finding]:
    found = [e.epoch for epochs in facts.stages for e in epochs if _explodes(e, epochs)]
    if found:
        text = f"The gradient norm was far above its usual size in {_epochs(found)}."
        title = "Gradients explode."
        yield facts.finding("exploding_gradients", "warning", title, text, _calmer(facts))


def _explodes(epoch: EpochResult, stage: list[EpochResult]) -> bool:
    usual = median(e.gradient_norm for e in stage)
    far = len(stage) >= 3 and epoch.gradient_norm > _EXPLOSION * max(usual, 1e-9)
    return far or epoch.gradient_norm_max > _STEP_EXPLOSION * max(epoch.gradient_norm, 1e-9)


def _non_finite(facts: Facts) -> Iterator[Finding]:
    epochs = [e for stage in facts.stages for e in stage if e.non_finite_steps]
    if epochs:
        steps = sum(epoch.non_finite_steps for epoch in epochs)
        text = f"{steps} steps in {_epochs([e.epoch for e in epochs])} were left out."
        title = "Some gradients were not finite."
        yield facts.finding("non_finite_gradients", "warning", title, text, _calmer(facts))


def _epochs(numbers: list[int]) -> str:
    listed = sorted(set(numbers))
    return f"epoch{'s' if len(listed) > 1 else ''} {', '.join(map(str, listed))}"
