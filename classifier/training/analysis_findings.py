"""A finding about a run, and the facts that rules judge."""

from dataclasses import dataclass, field
from typing import Any

from classifier.training.config import TrainingConfig
from classifier.training.reporting import EpochResult

_MOST_EPOCHS = 500


def rounded(value: float) -> float:
    """Round to two significant digits, for values that a person is to try."""
    return float(f"{value:.2g}")


@dataclass(frozen=True)
class Finding:
    """One thing that a history shows. `changes` maps settings to the values to try."""

    name: str
    severity: str  # error, warning, note or good
    title: str
    text: str
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What is known of a run."""

    stages: list[list[EpochResult]]  # epochs of each stage that has begun
    best: EpochResult  # with the lowest validation loss
    config: TrainingConfig
    finished: bool
    plain_train_accuracy: float | None

    @property
    def in_last_stage(self) -> bool:
        """Whether the run has come to the last stage that is planned."""
        planned = [n for n in ("head", "top", "full") if getattr(self.config, f"{n}_epochs")]
        return not planned or self.stages[-1][0].stage == planned[-1]

    def finding(
        self, name: str, severity: str, title: str, text: str, changes: dict[str, Any]
    ) -> Finding:
        """Make a finding, without changes to the value that a setting already has."""
        new = {key: value for key, value in changes.items() if value != getattr(self.config, key)}
        return Finding(name, severity, title, text, new)

    def more_regular(self) -> dict[str, Any]:
        """Return settings that make it harder to learn images by heart."""
        config = self.config
        changes: dict[str, Any] = {
            "augmentation": min(max(round(config.augmentation * 1.5, 2), 0.5), 2.0),
            "dropout": min(max(round(config.dropout * 1.5, 2), 0.5), 2.0),
        }
        if not config.mixup:
            changes["mixup"] = 0.2
        return changes

    def more_epochs(self, present: int) -> int:
        """Return half as many epochs again, at least two more."""
        return min(max(present + 2, round(present * 1.5)), _MOST_EPOCHS)
