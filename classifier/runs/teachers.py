"""Teachers: versions from which a training run learns beside the labels."""

from dataclasses import replace
from typing import TYPE_CHECKING

from classifier.models import ModelVersion
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.errors import TrainingStoppedError
from classifier.training.reporting import TrainingObserver

if TYPE_CHECKING:
    from classifier.training.dataset import TrainingData


def check_teacher(config: TrainingConfig) -> None:
    """Check that a config's teacher, if it names one, is a version.

    Raises:
        InvalidConfigError: if there is no such version.
    """
    if config.teacher and not ModelVersion.objects.filter(name=config.teacher).exists():
        names = ", ".join(ModelVersion.objects.values_list("name", flat=True)) or "none yet"
        raise InvalidConfigError(
            {"teacher": f"there is no version {config.teacher!r}; there are: {names}"}
        )


def with_teacher(
    data: "TrainingData", config: TrainingConfig, observer: TrainingObserver
) -> "TrainingData":
    """Return training data with what the config's teacher, if any, answers for its images.

    Raises:
        InvalidConfigError: if the teacher was deleted.
        ModelError: if the teacher's files cannot be used.
        TrainingStoppedError: when the observer asks for it.
    """
    from classifier.training.distillation import teacher_probabilities

    check_teacher(config)
    if not config.teacher:
        return data

    def tell(share: float) -> None:
        observer.on_progress("teacher", 0.0, None)
        if observer.should_stop():
            raise TrainingStoppedError

    folder = ModelVersion.objects.get(name=config.teacher).folder
    return replace(data, teacher=teacher_probabilities(folder, data.train, data.cache, tell))
