"""Two trainings in one process that take turns until both reach an accuracy, each on its clock."""

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from classifier.benchmarks.plain_loop import PlainLoop
from classifier.training.config import TrainingConfig
from classifier.training.dataset import TrainingData
from classifier.training.errors import TrainingStoppedError
from classifier.training.reporting import EpochResult, SilentObserver
from classifier.training.run import train

_SLICE_SECONDS = 5.0  # of CPU time that one training may be ahead of the other
_VALIDATIONS = 4  # of the plain loop per epoch


class Clock:
    """The time that one training took; it stands while the other has its turn."""

    def __init__(self) -> None:
        self._cpu = self._wall = 0.0
        self._since: tuple[float, float] | None = None

    def start(self) -> None:
        self._since = time.process_time(), time.perf_counter()

    def stop(self) -> None:
        self._cpu, self._wall = self.cpu, self.wall
        self._since = None

    @property
    def cpu(self) -> float:
        """CPU seconds of all threads."""
        return self._cpu + (time.process_time() - self._since[0] if self._since else 0)

    @property
    def wall(self) -> float:
        return self._wall + (time.perf_counter() - self._since[1] if self._since else 0)


@dataclass(frozen=True)
class Point:
    """A validation on the way: what was spent until then, and what it found."""

    stage: str
    images: int  # trained on, counted each time
    cpu_seconds: float
    wall_seconds: float
    val_accuracy: float


class Runner:
    """A training with its clock, and its curve of validations."""

    def __init__(self, accuracy: float) -> None:
        self.accuracy = accuracy
        self.clock = Clock()
        self.curve: list[Point] = []

    def note(self, stage: str, images: int, val_accuracy: float) -> None:
        """Add a validation to the curve."""
        self.curve.append(Point(stage, images, self.clock.cpu, self.clock.wall, val_accuracy))

    @property
    def reached(self) -> Point | None:
        """The first validation that was at least as good as asked for."""
        return next((p for p in self.curve if p.val_accuracy >= self.accuracy), None)

    def summary(self) -> dict[str, Any]:
        """Return plain JSON values; the seconds are until the accuracy, or all there were."""
        end = self.reached
        return {
            "reached": end is not None,
            "cpu_seconds": end.cpu_seconds if end else self.clock.cpu,
            "wall_seconds": end.wall_seconds if end else self.clock.wall,
            "best_accuracy": max((point.val_accuracy for point in self.curve), default=None),
            "curve": [asdict(point) for point in self.curve],
        }


class PlainRunner(Runner):
    """The plain loop. It is validated more often than ours, and off its clock."""

    def __init__(self, loop: PlainLoop, accuracy: float, limit: float) -> None:
        super().__init__(accuracy)
        self.loop, self.limit = loop, limit
        self._steps, self._done = loop.steps(), 0
        self._random_state = torch.get_rng_state()

    @property
    def over(self) -> bool:
        """Whether it got there, or its time is up."""
        return self.clock.cpu >= self.limit or self.reached is not None

    def advance(self, cpu_seconds: float) -> None:
        """Train for a while, without a trace in the other training's random numbers."""
        others = torch.get_rng_state()
        torch.set_rng_state(self._random_state)
        until = self.clock.cpu + cpu_seconds
        while self.clock.cpu < until and not self.over:
            self.clock.start()
            next(self._steps)
            self.clock.stop()
            self._done += 1
            if self._done % max(1, len(self.loop.train) // _VALIDATIONS) == 0:
                self.note("full", self.loop.images, self.loop.val_accuracy())
        self._random_state = torch.get_rng_state()
        torch.set_rng_state(others)


class OurRunner(Runner, SilentObserver):
    """Our training, seen by its observer, which lets the plain loop catch up now and then.

    All that it does is on its clock: decoding, caching, validation and checkpoints.
    """

    def __init__(self, config: TrainingConfig, rival: PlainRunner, accuracy: float) -> None:
        super().__init__(accuracy)
        self.config, self.rival = config, rival
        self._epoch_images = 0

    def train(self, data: TrainingData, folder: Path) -> None:
        """Train until the accuracy is reached or the epochs are over."""
        size = self.config.batch_size
        self._epoch_images = len(data.train) // size * size
        self.clock.start()
        with suppress(TrainingStoppedError):
            train(self.config, data, folder, self)
        self.clock.stop()

    def on_epoch(self, result: EpochResult) -> None:
        """Note what was spent until the epoch's validation."""
        images = (len(self.curve) + 1) * self._epoch_images
        self.note(result.stage, images, result.val_accuracy)

    def should_stop(self) -> bool:
        """Let the plain loop catch up, and stop once the accuracy is reached."""
        ahead = self.clock.cpu - self.rival.clock.cpu
        if ahead > _SLICE_SECONDS and not self.rival.over:
            self.clock.stop()
            self.rival.advance(ahead)
            self.clock.start()
        return self.reached is not None
