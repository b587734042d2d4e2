"""The settings of a training run. The admin form, the API and the command line build this object.

Imports no torch, so that web processes can validate settings.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

BACKBONES = ("efficientnet_b0", "efficientnet_lite0")
HEADS = ("simple", "enhanced", "batch_norm")
LOSSES = ("cross_entropy", "focal")
OPTIMIZERS = ("adamw", "sgd")
SCHEDULES = ("one_cycle", "cosine", "plateau", "constant")


class InvalidConfigError(ValueError):
    """Settings that cannot be trained with. `errors` maps a field's name to the reason."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in errors.items()))


@dataclass(frozen=True)
class TrainingConfig:
    """Everything a training run depends on besides its data. Validates itself.

    Raises:
        InvalidConfigError: naming every field that is wrong, with the reason.
    """

    backbone: str = "efficientnet_b0"
    head: str = "simple"
    input_size: int = 128  # pixels, square
    head_epochs: int = 3  # stage "head": backbone frozen
    top_epochs: int = 2  # stage "top": last blocks and head
    full_epochs: int = 8  # stage "full": the whole network
    batch_size: int = 32
    learning_rate: float = 1e-3  # of the head
    backbone_rate_factor: float = 0.3  # backbone's learning rate relative to the head's
    optimizer: str = "adamw"
    weight_decay: float = 0.02
    schedule: str = "one_cycle"
    loss: str = "cross_entropy"
    label_smoothing: float = 0.1
    class_weights: bool = True  # from the training split's counts
    gradient_clip: float = 1.0  # norm; 0 turns clipping off
    ema_decay: float = 0.99  # 0 turns weight averaging off
    augmentation: float = 1.0  # strength; 0 turns it off
    patience: int = 10  # epochs without better validation loss before a stage ends
    seed: int = 0
    weights: str = ""  # path of a backbone weights file (safetensors); empty: the package's own

    def __post_init__(self) -> None:
        errors = dict(self._problems())
        if errors:
            raise InvalidConfigError(errors)

    def _problems(self) -> list[tuple[str, str]]:
        """Each wrong field with its reason, in the order of the fields."""
        return []

    @property
    def epochs(self) -> int:
        """Epochs over all stages."""
        return self.head_epochs + self.top_epochs + self.full_epochs

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, one per field."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Build a config from JSON values; fields that are missing keep their defaults.

        Raises:
            InvalidConfigError: for unknown fields and impossible values.
        """
        unknown = values.keys() - {f.name for f in fields(cls)}
        if unknown:
            raise InvalidConfigError(dict.fromkeys(sorted(unknown), "is not a setting"))
        return cls(**values)
