"""Between a training and its row: progress goes to the heartbeat, a wish to stop comes back."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils import timezone

from classifier.lib.machine import machine_figures
from classifier.models import EpochMetric
from classifier.training.reporting import (
    EpochResult,
    SilentObserver,
    StepResult,
    TrainingObserver,
)
from classifier.work.heartbeat import Heartbeat


class HeartbeatObserver:
    """Passes what a training reports to a heartbeat and to a listener, if there is one."""

    def __init__(self, heartbeat: Heartbeat, listener: TrainingObserver | None = None) -> None:
        self.heartbeat = heartbeat
        self.listener = listener or SilentObserver()

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        """Keep the progress for the next heartbeat."""
        self.heartbeat.stage = stage
        self.heartbeat.progress = progress
        self.heartbeat.seconds_left = seconds_left
        self.listener.on_progress(stage, progress, seconds_left)

    def on_step(self, result: StepResult) -> None:
        self.listener.on_step(result)

    def on_epoch(self, result: EpochResult) -> None:
        """Write the sign of life, which also hears of cancellation."""
        self.heartbeat.beat()
        self.listener.on_epoch(result)

    def on_checkpoint(self, path: Path) -> None:
        """Pass it on: the checkpoint's place follows from the row."""
        self.listener.on_checkpoint(path)

    def should_stop(self) -> bool:
        """Stop when the work was cancelled or another process has it."""
        return self.heartbeat.stop.is_set() or self.listener.should_stop()


class RunObserver(HeartbeatObserver):
    """Stores the epochs of a training run, and with each heartbeat its present step."""

    def __init__(self, heartbeat: Heartbeat, listener: TrainingObserver | None = None) -> None:
        super().__init__(heartbeat, listener)
        self.step: StepResult | None = None
        heartbeat.more = self._live

    def _live(self) -> dict[str, Any]:
        """Return what is written with each heartbeat: the present step, and the machine."""
        return {"live": {**(asdict(self.step) if self.step else {}), **machine_figures()}}

    def on_step(self, result: StepResult) -> None:
        """Keep the step for the next heartbeat."""
        self.step = result
        super().on_step(result)

    def on_epoch(self, result: EpochResult) -> None:
        """Store an epoch's measures; a resumed run may measure its last one again."""
        values = asdict(result)
        epoch = values.pop("epoch")
        EpochMetric.objects.update_or_create(run=self.heartbeat.row, epoch=epoch, defaults=values)
        super().on_epoch(result)


class Finish:
    """Tells how far a run is between its last epoch and its version, from where training left."""

    def __init__(self, observer: HeartbeatObserver) -> None:
        self.observer = observer
        self.start = observer.heartbeat.progress
        self.seconds_left = observer.heartbeat.seconds_left

    def __call__(self, stage: str, share: float) -> None:
        """Take in the share of this part that is done as a stage begins, 0 to 1."""
        left = None if self.seconds_left is None else self.seconds_left * (1 - share)
        progress = self.start + share * (1 - self.start)
        self.observer.on_progress(stage, progress, left)


class PacedObserver(HeartbeatObserver):
    """Estimates the time that is left by the progress so far."""

    def __init__(self, heartbeat: Heartbeat, listener: TrainingObserver | None = None) -> None:
        super().__init__(heartbeat, listener)
        self.began = timezone.now()

    def on_progress(self, stage: str, progress: float, seconds_left: float | None) -> None:
        passed = (timezone.now() - self.began).total_seconds()
        left = passed * (1 - progress) / progress if progress else None
        super().on_progress(stage, progress, left)
