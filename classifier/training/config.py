"""The settings of a training run. The admin form, the API and the command line build this object.

Imports no torch, so that web processes can validate settings.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from classifier.logo_types import CLASS_NAMES

BACKBONES = ("efficientnet_b0", "efficientnet_lite0")
HEADS = ("simple", "enhanced", "batch_norm")
POOLINGS = ("last", "multi_scale")
LOSSES = ("cross_entropy", "focal")
OPTIMIZERS = ("adamw", "sgd")
_GENTLE = 0.3  # of the learning rate, for weights of a version
KEPT = ("best", "last")
PRECISIONS = ("auto", "float32", "bfloat16")
SCHEDULES = ("one_cycle", "cosine", "plateau", "constant")


class InvalidConfigError(ValueError):
    """Settings that cannot be trained with. `errors` maps a field's name to the reason."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in errors.items()))


def _setting(default: Any, help_text: str, **limits: Any) -> Any:
    """A field with its meaning and its limits: `choices`, or `low`, `high` and `above`."""
    return field(default=default, metadata={"help": help_text, **limits})


@dataclass(frozen=True)
class TrainingConfig:
    """Everything a training run depends on besides its data. Validates itself.

    Raises:
        InvalidConfigError: naming every field that is wrong, with the reason.
    """

    backbone: str = _setting("efficientnet_b0", "Network that sees the image.", choices=BACKBONES)
    head: str = _setting("simple", "Layers from features to classes.", choices=HEADS)
    dropout: float = _setting(
        1.0, "Strength of the head's dropout; 1 is the head's own, 0 turns it off.", low=0, high=2
    )
    pooling: str = _setting(
        "multi_scale",
        "What the head sees: the last map, or statistics of the image and early maps, too.",
        choices=POOLINGS,
    )
    groups: int = _setting(
        9,
        "Groups of the backbone's layers that are kept, of nine; fewer are quicker.",
        low=5,
        high=9,
    )
    input_size: int = _setting(128, "Side of the square input, in pixels.", low=32, high=512)
    head_epochs: int = _setting(3, "Epochs with a frozen backbone.", low=0, high=500)
    top_epochs: int = _setting(2, "Epochs of the last blocks and the head.", low=0, high=500)
    full_epochs: int = _setting(8, "Epochs of the whole network.", low=0, high=500)
    cached_views: int = _setting(
        2, "Augmented views per image while a part is frozen.", low=1, high=32
    )
    batch_size: int = _setting(32, "Images per step.", low=2, high=1024)
    learning_rate: float = _setting(1e-3, "Highest rate of the head.", above=0, high=10)
    backbone_rate_factor: float = _setting(
        0.3, "Rate of the backbone as a share of the head's.", above=0, high=10
    )
    optimizer: str = _setting("adamw", "Update rule.", choices=OPTIMIZERS)
    weight_decay: float = _setting(0.02, "Pull of the weights towards zero.", low=0, high=1)
    schedule: str = _setting("one_cycle", "Course of the learning rate.", choices=SCHEDULES)
    loss: str = _setting("cross_entropy", "What is minimised.", choices=LOSSES)
    focal_gamma: float = _setting(2.0, "Focal loss: focus on hard images.", low=0, high=10)
    label_smoothing: float = _setting(
        0.1, "Share of the target spread over all classes.", low=0, high=0.9
    )
    class_weights: bool = _setting(True, "Weigh classes against their share of the split.")
    mixup: float = _setting(0.0, "Beta parameter of mixup; 0 turns it off.", low=0, high=10)
    cutmix: float = _setting(0.0, "Beta parameter of cutmix; 0 turns it off.", low=0, high=10)
    gradient_clip: float = _setting(
        1.0, "Largest gradient norm; 0 turns clipping off.", low=0, high=1e6
    )
    ema_decay: float = _setting(
        0.99, "Weight averaging per step; 0 turns it off.", low=0, high=0.99999
    )
    augmentation: float = _setting(1.0, "Strength; 0 turns it off.", low=0, high=2)
    twins: bool = _setting(
        True, "Also train on logos redrawn with and without gradients, where SVG sources are known."
    )
    uploads: float = _setting(
        0.5,
        "Share of the views that are copies as people upload them: framed, small, compressed.",
        low=0,
        high=1,
    )
    flip: bool = _setting(False, "Mirror images at random (it makes lettering unreadable).")
    patience: int = _setting(
        10, "Epochs without a better validation loss before a stage ends.", low=1, high=500
    )
    keep: str = _setting(
        "best",
        "Epoch whose weights are kept: of the lowest validation loss, or the last of a schedule "
        "that ends near 0, whose loss may be higher for being surer.",
        choices=KEPT,
    )
    teacher: str = _setting(
        "", "Version to learn from beside the labels, such as an ensemble; empty: none."
    )
    distillation_weight: float = _setting(
        0.5, "Share of the loss that follows the teacher.", low=0, high=1
    )
    distillation_temperature: float = _setting(
        2.0, "Above 1, the teacher's doubts weigh more.", above=0, high=20
    )
    precision: str = _setting(
        "auto",
        "Of the arithmetic: auto is float16 on graphics cards and float32 on CPUs; bfloat16 is "
        "quicker on CPUs that compute in it (AVX512-BF16, AMX), and needs them.",
        choices=PRECISIONS,
    )
    seed: int = _setting(0, "Of everything random.", low=0, high=2**31 - 1)
    start_from: str = _setting(
        "",
        "Version to go on from, gently: its weights, network and input size are taken, and the "
        "learning rate is a third; empty: from ImageNet.",
    )
    start_share: float = _setting(
        0.0,
        "Share of the weights started from that is mixed into those of the end: what was known "
        "stays known. 0 keeps the new ones alone.",
        low=0,
        high=0.9,
    )
    weights: str = _setting(
        "", "Backbone weights file (safetensors); empty: those that come with the project."
    )

    def __post_init__(self) -> None:
        errors = dict(self._problems())
        if errors:
            raise InvalidConfigError(errors)

    def _problems(self) -> Iterator[tuple[str, str]]:
        """Each wrong field with its reason, in the order of the fields."""
        for setting in fields(self):
            value = getattr(self, setting.name)
            reason = _type_problem(value, type(setting.default)) or _limit_problem(
                value, setting.metadata
            )
            if reason:
                yield setting.name, reason
        stages = (self.head_epochs, self.top_epochs, self.full_epochs)
        if stages == (0, 0, 0):
            yield "full_epochs", "must be at least 1 when head_epochs and top_epochs are 0"
        if isinstance(self.input_size, int) and self.input_size % 16:
            yield "input_size", f"must be a multiple of 16, not {self.input_size}"
        if self.weights and not str(self.weights).endswith(".safetensors"):
            yield "weights", "must be the path of a .safetensors file"

    @property
    def epochs(self) -> int:
        return self.head_epochs + self.top_epochs + self.full_epochs

    @property
    def peak_rate(self) -> float:
        """Highest learning rate of the head: what a version knows already is not to be lost."""
        return self.learning_rate * (_GENTLE if self.start_from else 1.0)

    @property
    def views(self) -> int:
        """Views per image that a cache of activations holds: without augmentation all are one."""
        return self.cached_views if self.augmentation else 1

    def check_data(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Check that a dataset can be trained on with these settings.

        Args:
            counts: images by split and class name: {"train": {"simple": 12, …}, "val": …}.

        Raises:
            InvalidConfigError: for an empty class and for a batch larger than the split.
        """
        errors = {}
        for split in ("train", "val", "test"):
            empty = [name for name in CLASS_NAMES if not counts.get(split, {}).get(name)]
            if empty:
                errors["dataset"] = f"has no {' or '.join(empty)} images in its {split} split"
                break
        train_count = sum(counts.get("train", {}).values())
        if self.batch_size > train_count:
            errors["batch_size"] = (
                f"{self.batch_size} is larger than the training split ({train_count} images)"
            )
        if errors:
            raise InvalidConfigError(errors)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, one per field."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Build a config from JSON values; fields that are missing keep their defaults.

        Raises:
            InvalidConfigError: for unknown fields and impossible values.
        """
        unknown = values.keys() - {f.name for f in fields(cls)}
        if unknown:
            raise InvalidConfigError(dict.fromkeys(sorted(unknown), "is not a setting"))
        return cls(**values)


def _type_problem(value: Any, expected: type) -> str:
    """Say what is wrong with a value's type; an empty string if nothing is."""
    if expected is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number:
            return f"must be a number, not {value!r}"
        return "" if math.isfinite(value) else f"must be finite, not {value}"
    if type(value) is not expected:
        names = {int: "a whole number", bool: "true or false", str: "text"}
        return f"must be {names[expected]}, not {value!r}"
    return ""


def _limit_problem(value: Any, limits: Mapping[str, Any]) -> str:
    """Say which limit a value breaks; an empty string if none."""
    if "choices" in limits and value not in limits["choices"]:
        return f"must be one of {', '.join(limits['choices'])}, not {value!r}"
    if "above" in limits and value <= limits["above"]:
        return f"must be greater than {limits['above']}, not {value}"
    if "low" in limits and value < limits["low"]:
        return f"must be at least {limits['low']}, not {value}"
    if "high" in limits and value > limits["high"]:
        return f"must be at most {limits['high']}, not {value}"
    return ""
