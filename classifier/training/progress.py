"""How far a run is, and how long it will take: work counted in images, weighed by their cost."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from classifier.training.config import TrainingConfig
from classifier.training.reporting import TrainingObserver

if TYPE_CHECKING:
    from classifier.training.stages import Stage

_REPORT_SECONDS = 0.5

# What an image costs relative to one that the whole network trains on; measured at 128 pixels.
DECODING = 0.05
CACHING = 0.35
TRAINING = {"head": 0.002, "top": 0.25, "full": 1.0}
VALIDATION = {"head": 0.001, "top": 0.06, "full": 0.3}
EXPORT = 400.0  # images' worth of time, whatever their number
_SEEN_AFTERWARDS = 4500  # images at most, to tell logos from other pictures and to judge the fit


class Progress:
    """Counts a run's work and tells the observer, at most twice a second."""

    def __init__(self, observer: TrainingObserver, total: float) -> None:
        self.observer = observer
        self.total = total
        self.done = 0.0
        self.before = 0.0  # work that an earlier session of a resumed run did
        self.started = time.monotonic()
        self.reported = 0.0

    def resume_at(self, done: float) -> None:
        """Count work of an earlier session as done, without learning a pace from it."""
        self.before = self.done = done
        self.started = time.monotonic()

    def add(self, stage: str, work: float) -> None:
        self.done += work
        now = time.monotonic()
        finished = self.done >= self.total * (1 - 1e-9)
        if now - self.reported < _REPORT_SECONDS and not finished:
            return
        self.reported = now
        pace = (self.done - self.before) / max(now - self.started, 1e-6)
        left = max(self.total - self.done, 0)
        self.observer.on_progress(
            stage, min(self.done / self.total, 1), left / pace if pace else None
        )

    def skip(self, stage: str, work: float) -> None:
        """Take work that will not be done out of the plan."""
        self.total -= work
        self.add(stage, 0.0)

    def counter(self, stage: str, cost: float) -> Callable[[int], None]:
        """Return a function that counts images at a cost."""
        return lambda images: self.add(stage, images * cost)


def epoch_work(stage: "Stage", config: TrainingConfig, train_count: int, val_count: int) -> float:
    """Return the work of one epoch; images that do not fill a batch sit it out."""
    seen = train_count // config.batch_size * config.batch_size
    return seen * TRAINING[stage.name] + val_count * VALIDATION[stage.name]


def stage_work(stage: "Stage", config: TrainingConfig, train_count: int, val_count: int) -> float:
    """Return the work of a whole stage, its cache included."""
    work = stage.epochs * epoch_work(stage, config, train_count, val_count)
    if stage.frozen:
        work += (train_count * config.views + val_count) * CACHING
    return work


def finishing_work(train_count: int, val_count: int, test_count: int) -> float:
    """Return the work between the last epoch and the version: judging, exporting, testing."""
    seen = min(4 * train_count, _SEEN_AFTERWARDS) + 3 * val_count + test_count
    return EXPORT + seen * VALIDATION["full"]


def relative_work(config: TrainingConfig, train_count: int) -> float:
    """Return a run's work on its training images, to compare settings: no torch is needed."""
    frozen = bool(config.head_epochs) + bool(config.top_epochs)
    per_image = (
        config.head_epochs * TRAINING["head"]
        + config.top_epochs * TRAINING["top"]
        + config.full_epochs * TRAINING["full"]
        + frozen * config.views * CACHING
    )
    return train_count * per_image
