"""How a training run tells the outside what it does, without knowing who listens."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class EpochResult:
    """What one epoch measured. Accuracies are shares from 0 to 1."""

    epoch: int  # from 1, over all stages
    stage: str
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    backbone_learning_rate: float
    gradient_norm: float
    images_per_second: float
    seconds: float
    memory_mb: float
    train_loss_max: float = 0.0  # of one step
    gradient_norm_max: float = 0.0  # of one step, before clipping
    non_finite_steps: int = 0  # left out, because their gradient was not finite
    val_confusion: list[list[int]] = field(
        default_factory=list
    )  # counts: rows truth, columns answer


@dataclass(frozen=True)
class StepResult:
    """How the present epoch goes. Means are over its steps so far."""

    epoch: int  # from 1, over all stages
    epochs: int  # planned over all stages
    step: int  # from 1, within the epoch
    steps: int
    loss: float
    accuracy: float
    learning_rate: float
    backbone_learning_rate: float
    gradient_norm: float | None  # of the last step with a finite one, before clipping
    images_per_second: float


class TrainingObserver(Protocol):
    """Receives a run's progress, and may ask it to stop."""

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        """Hear of steps done: `progress` is the share of the whole run, 0 to 1."""

    def on_step(self, result: StepResult) -> None:
        """Hear of a training step; called often, so it must be cheap."""

    def on_epoch(self, result: EpochResult) -> None:
        """Hear of a finished epoch."""

    def on_checkpoint(self, path: Path) -> None:
        """Hear of a checkpoint that is whole on disk."""

    def should_stop(self) -> bool:
        """Answer whether the run is to end at the next step; called often, so it must be cheap."""


class SilentObserver:
    """An observer that neither listens nor stops."""

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        """Ignore progress."""

    def on_step(self, result: StepResult) -> None:
        """Ignore steps."""

    def on_epoch(self, result: EpochResult) -> None:
        """Ignore epochs."""

    def on_checkpoint(self, path: Path) -> None:
        """Ignore checkpoints."""

    def should_stop(self) -> bool:
        return False
