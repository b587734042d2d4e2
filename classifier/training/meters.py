"""What an epoch measures while it goes on: running means, extremes and counts over its steps."""

import math
import time
from dataclasses import dataclass, field
from typing import Any

from classifier.training.reporting import StepResult


@dataclass
class EpochMeter:
    """Collects one process's steps of an epoch of `steps` steps of `batch_size` images.

    Several processes share the images of a batch evenly.
    """

    steps: int
    batch_size: int
    processes: int = 1
    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)  # of finite gradients, before clipping
    correct: int = 0
    non_finite: int = 0
    started: float = field(default_factory=time.perf_counter)

    def add(self, loss: float, norm: float | None, correct: int) -> None:
        """Take in a step: its loss, its gradient's norm before clipping, its right answers.

        A norm of None: the scaler of mixed precision left the step out, as it does to find out
        how far it can go.
        """
        self.losses.append(loss)
        self.correct += correct
        if norm is not None and math.isfinite(norm):
            self.norms.append(norm)
        elif norm is not None:
            self.non_finite += 1

    @property
    def seen(self) -> int:
        """Images trained on so far, by all processes."""
        return len(self.losses) * self.batch_size

    def step_result(self, epoch: int, epochs: int, rates: tuple[float, float]) -> StepResult:
        """Say how the epoch goes; `rates` are the head's and the backbone's learning rate."""
        return StepResult(
            epoch=epoch,
            epochs=epochs,
            step=len(self.losses),
            steps=self.steps,
            loss=sum(self.losses) / len(self.losses),
            accuracy=self.correct * self.processes / self.seen,
            learning_rate=rates[0],
            backbone_learning_rate=rates[1],
            gradient_norm=self.norms[-1] if self.norms else None,
            images_per_second=self.seen / (time.perf_counter() - self.started),
        )

    def epoch_values(self) -> dict[str, Any]:
        """Return those fields of EpochResult that come from training steps."""
        return {
            "train_loss": sum(self.losses) / len(self.losses),
            "train_loss_max": max(self.losses),
            "train_accuracy": self.correct * self.processes / self.seen,
            "gradient_norm": sum(self.norms) / len(self.norms) if self.norms else 0.0,
            "gradient_norm_max": max(self.norms, default=0.0),
            "non_finite_steps": self.non_finite,
            "images_per_second": self.seen / (time.perf_counter() - self.started),
        }
