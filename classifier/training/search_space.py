"""What a study varies, and what it spends on a trial. Imports neither torch nor optuna."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from classifier.training.config import HEADS, LOSSES, InvalidConfigError, TrainingConfig
from classifier.training.progress import relative_work


@dataclass(frozen=True)
class Parameter:
    """A setting that a study varies: over `choices`, or over a range, on a logarithmic scale."""

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Any, ...] = ()

    def to_json(self) -> dict[str, Any]:
        if self.choices:
            return {"choices": list(self.choices)}
        return {"low": self.low, "high": self.high, "log": self.log}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Build a parameter from what `to_json` gave."""
        if "choices" in values:
            return cls(choices=tuple(values["choices"]))
        return cls(values["low"], values["high"], values["log"])


SearchSpace = dict[str, Parameter]

PARAMETERS: SearchSpace = {
    "learning_rate": Parameter(1e-4, 1e-2, log=True),
    "backbone_rate_factor": Parameter(0.03, 1.0, log=True),
    "head": Parameter(choices=HEADS),
    "dropout": Parameter(0.0, 2.0),
    "augmentation": Parameter(0.25, 1.75),
    "loss": Parameter(choices=LOSSES),
    "schedule": Parameter(choices=("one_cycle", "cosine", "plateau")),
    "batch_size": Parameter(choices=(16, 32, 64)),
}


@dataclass(frozen=True)
class Budget:
    """What a study may spend: its trials, the share of the training images and the epochs of each.

    Raises:
        InvalidConfigError: naming what is wrong.
    """

    trials: int = 20
    share: float = 0.5
    epochs: int = 6
    parallel: int = 1  # trials at the same time

    def __post_init__(self) -> None:
        limits = {"trials": 500, "epochs": 500, "parallel": 64}
        errors = {
            name: f"must be a whole number from 1 to {most}, not {value!r}"
            for name, most in limits.items()
            if type(value := getattr(self, name)) is not int or not 1 <= value <= most
        }
        number = isinstance(self.share, int | float) and not isinstance(self.share, bool)
        if not (number and 0.05 <= self.share <= 1):
            errors["share"] = f"must be a number from 0.05 to 1, not {self.share!r}"
        if errors:
            raise InvalidConfigError(errors)

    def train_count(self, images: int) -> int:
        """Return how many of that many training images a trial sees."""
        return round(images * self.share)


def choose_space(names: Iterable[str], train_count: int, batch_size: int) -> SearchSpace:
    """Return the search space of some parameters.

    Args:
        names: of the parameters.
        train_count: training images that a trial sees.
        batch_size: of trials that do not vary it.

    Raises:
        InvalidConfigError: for unknown names, for none, and where no batch size fits.
    """
    names = list(names)
    unknown = sorted(set(names) - PARAMETERS.keys())
    if unknown or not names:
        known = ", ".join(PARAMETERS)
        wrong = f"{', '.join(unknown)} cannot be varied" if unknown else "is empty"
        raise InvalidConfigError({"parameters": f"{wrong}; choose among {known}"})
    space = {name: parameter for name, parameter in PARAMETERS.items() if name in names}
    if "batch_size" in space:
        fitting = tuple(size for size in PARAMETERS["batch_size"].choices if size <= train_count)
        space["batch_size"] = Parameter(choices=fitting)
    else:
        fitting = (batch_size,) if batch_size <= train_count else ()
    if not fitting:
        raise InvalidConfigError({"share": f"leaves {train_count} images, less than a batch"})
    return space


def trial_config(config: TrainingConfig, values: Mapping[str, Any], epochs: int) -> TrainingConfig:
    """Return a trial's settings: the study's, with the trial's values and so many epochs in all.

    Every stage keeps its share of them as nearly as whole epochs can (largest remainders).
    """
    # The whole network comes first where remainders are equal: it needs the epochs most.
    names = ("full_epochs", "top_epochs", "head_epochs")
    shares = {name: getattr(config, name) * epochs / config.epochs for name in names}
    stages: dict[str, Any] = {name: int(share) for name, share in shares.items()}
    rest = sorted(names, key=lambda name: stages[name] - shares[name])
    for name in rest[: epochs - sum(stages.values())]:
        stages[name] += 1
    return replace(config, **stages, **values)


def trial_seconds(
    config: TrainingConfig,
    budget: Budget,
    train_count: int,
    images_per_second: float,
    measured_size: int,
) -> float:
    """Estimate how long a trial takes that is not pruned.

    Args:
        config: the study's settings.
        budget: of the study.
        train_count: images of the whole training split.
        images_per_second: what a run measured while the whole network trained.
        measured_size: that run's input size; the cost of an image grows with its area.
    """
    shortened = trial_config(config, {}, budget.epochs)
    area = (config.input_size / measured_size) ** 2
    work = relative_work(shortened, budget.train_count(train_count))
    return work * area / images_per_second
