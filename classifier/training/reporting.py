"""How a training run tells the outside what it does, without knowing who listens."""

from dataclasses import dataclass
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


class TrainingObserver(Protocol):
    """Who is told of a run's progress, and who may end it."""

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        """Hear of steps done: `progress` is the share of the whole run, 0 to 1."""

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

    def on_epoch(self, result: EpochResult) -> None:
        """Ignore epochs."""

    def on_checkpoint(self, path: Path) -> None:
        """Ignore checkpoints."""

    def should_stop(self) -> bool:
        """Go on."""
        return False
