"""Whether a run's learning rate was effective, by its losses and by a range test."""

from collections.abc import Iterator
from itertools import pairwise

from classifier.training.analysis_findings import Facts, Finding, rounded
from classifier.training.reporting import EpochResult

_LEAST_EPOCHS = 4  # of a stage whose course is judged
_STEADY = 0.01  # change of the training loss that counts as none
_LEARNT = 0.85  # training accuracy above which a steady loss is no fault
_FAR_BELOW = 10  # times below the suggested rate
_FAR_ABOVE = 5  # times above it


def rate_findings(facts: Facts) -> Iterator[Finding]:
    """Judge the course of the training loss within each stage."""
    judged = [epochs for epochs in facts.stages if len(epochs) >= _LEAST_EPOCHS]
    faults = [finding for epochs in judged for finding in _stage_fault(facts, epochs)]
    yield from faults
    if judged and not faults:
        first, last = judged[-1][0], judged[-1][-1]
        text = (
            f"The training loss of the stage {last.stage} fell steadily, from "
            f"{first.train_loss:.3f} to {last.train_loss:.3f}."
        )
        yield Finding("rate_effective", "good", "The learning rate was effective.", text)


def _stage_fault(facts: Facts, epochs: list[EpochResult]) -> Iterator[Finding]:
    first, last = epochs[0], epochs[-1]
    rate = facts.config.learning_rate
    rises = sum(b.train_loss > a.train_loss * (1 + _STEADY) for a, b in pairwise(epochs))
    if last.train_loss > first.train_loss * (1 + _STEADY) or rises > len(epochs) / 2:
        text = (
            f"In the stage {last.stage}, the training loss rose in {rises} of {len(epochs) - 1} "
            f"epochs, and went from {first.train_loss:.3f} to {last.train_loss:.3f}."
        )
        lower = {"learning_rate": rounded(rate / 3)}
        yield Finding("rate_too_high", "warning", "The learning rate is too high.", text, lower)
    elif last.train_loss > first.train_loss * (1 - _STEADY) and last.train_accuracy < _LEARNT:
        text = (
            f"In the stage {last.stage}, the training loss hardly moved: {first.train_loss:.3f} "
            f"to {last.train_loss:.3f} in {len(epochs)} epochs."
        )
        higher = {"learning_rate": rounded(min(rate * 3, 10.0))}
        yield Finding("rate_too_low", "warning", "The learning rate is too low.", text, higher)


def rate_test_findings(
    facts: Facts, rate_test: tuple[float, float | None] | None
) -> Iterator[Finding]:
    """Compare the run's rate with the suggested one, and with the one that diverged, if any."""
    if rate_test is None:
        return
    suggested, diverged = rate_test
    rate = facts.config.learning_rate
    found = f"The range test suggests {suggested:.2g}; this run used {rate:.2g}."
    change = {"learning_rate": suggested}
    if (diverged is not None and rate >= diverged) or rate > suggested * _FAR_ABOVE:
        title = "The learning rate is above what the range test bears."
        yield Finding("rate_above_test", "warning", title, found, change)
    elif rate < suggested / _FAR_BELOW:
        title = "The learning rate is far below the range test's."
        yield Finding("rate_below_test", "note", title, found, change)
    else:
        yield Finding("rate_fits_test", "good", "The learning rate fits the range test.", found)
