"""One training from a config and images to the best weights. Reports to an observer only."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from classifier.logo_types import CLASS_NAMES
from classifier.training import checkpoint, parallel, progress
from classifier.training.augmentation import augment
from classifier.training.averaging import WeightAverage
from classifier.training.backbones import BACKBONES
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.dataset import (
    ArrayCache,
    DecodingStoppedError,
    ImageArray,
    TrainingData,
)
from classifier.training.depthwise import quicken_depthwise
from classifier.training.device import check_precision, gradient_scaler, pick_device
from classifier.training.errors import TrainingStoppedError
from classifier.training.loop import Session, TrainingState, restore_session, train_stage
from classifier.training.losses import build_loss
from classifier.training.model import LogoClassifier, build_model, reestimate_batch_norm
from classifier.training.reporting import EpochResult, TrainingObserver
from classifier.training.stages import Stage, plan_stages, seeded, validation_batches
from classifier.training.weights import load_version_weights, mix_version_weights

_BATCH_NORM_IMAGES = 1024
_PLAIN_IMAGES = 1024  # to measure training accuracy on


@dataclass(frozen=True)
class TrainingResult:
    """A finished training: its best weights and what they answer on the validation split."""

    config: TrainingConfig
    model: LogoClassifier
    history: list[EpochResult]
    best_epoch: int
    val_logits: np.ndarray  # float32 [N, classes]
    val_labels: np.ndarray  # int64 [N]
    plain_train_accuracy: float  # on training images without augmentation


def train(
    config: TrainingConfig,
    data: TrainingData,
    folder: Path,
    observer: TrainingObserver,
    follows: float = 0.0,
) -> TrainingResult:
    """Train a model; go on from the last checkpoint if `folder` has one.

    Under torchrun every process calls this with the same arguments, but for the observer: only
    the first one's is asked for more than to be silent. All return the same result.

    Args:
        config: all settings.
        data: the images by split; the test split is not touched.
        folder: where checkpoints go. Decoded images go to `data.cache`, or a folder in it.
        observer: hears of progress and may stop the run.
        follows: work that the caller will do with the result, see `progress.finishing_work`; the
            progress that is reported here leaves room for it.

    Raises:
        TrainingStoppedError: when the observer asked for it; the last checkpoint stays.
        NonFiniteLossError: when the loss is not finite.
        WeightsError: when the pretrained weights cannot be used.
        InvalidConfigError: when the batch is too small for the number of processes, or the
            hardware does not compute in the precision asked for.
        CheckpointError: when a checkpoint is there but broken or of other settings.
        UnreadableImageError: when an image file is broken.
    """
    if config.batch_size < 2 * parallel.size():  # batch norm needs two images
        reason = f"must be at least {2 * parallel.size()} for {parallel.size()} processes"
        raise InvalidConfigError({"batch_size": reason})
    device = pick_device()
    check_precision(config, device)
    torch.manual_seed(config.seed)
    model = build_model(config).to(device)
    if device.type == "cpu" and config.precision == "bfloat16":
        quicken_depthwise(model.features)
    stages = plan_stages(config, len(model.features))
    work = _planned_work(config, data, stages) + follows
    tracker = progress.Progress(observer, work)
    train_images, val_images = _decode(config, data, folder, observer, tracker)
    if data.teacher is not None:
        train_images = replace(train_images, teacher=torch.from_numpy(data.teacher))
    session = Session(
        config=config,
        model=model,
        average=WeightAverage(model, config.ema_decay),
        train=train_images,
        val=val_images,
        loss=build_loss(config, train_images.labels, len(CLASS_NAMES)),
        folder=folder,
        observer=observer,
        progress=tracker,
        state=TrainingState(),
        scaler=gradient_scaler(model.mean.device, config.precision),
    )
    if (folder / checkpoint.LAST).exists():
        restore_session(session)
    elif data.start is not None:
        load_version_weights(model, data.start)
        session.average = WeightAverage(model, config.ema_decay)
    elif BACKBONES[config.backbone].borrowed and not config.weights:
        adapt_batch_norm(model, train_images, config)
        session.average = WeightAverage(model, config.ema_decay)
    for stage in stages[session.state.stage :]:
        train_stage(session, stage)
    return _best(session, data.start)


def _planned_work(config: TrainingConfig, data: TrainingData, stages: list[Stage]) -> float:
    counts = len(data.train), len(data.val)
    decoded = sum(counts) + (len(data.train) if config.uploads else 0)
    return decoded * progress.DECODING + sum(
        progress.stage_work(stage, config, *counts) for stage in stages
    )


def _decode(
    config: TrainingConfig,
    data: TrainingData,
    folder: Path,
    observer: TrainingObserver,
    tracker: progress.Progress,
) -> tuple[ImageArray, ImageArray]:
    """Return the training and the validation images for the config's input size."""
    cache = ArrayCache(
        data.cache or folder / "arrays",
        tracker.counter("decoding", progress.DECODING),
        observer.should_stop,
    )
    try:
        with parallel.first_goes_ahead():
            return (
                cache.training(data.train, config.input_size, config.uploads > 0),
                cache.serving(data.val, config.input_size),
            )
    except DecodingStoppedError as error:
        raise TrainingStoppedError from error


def adapt_batch_norm(model: LogoClassifier, images: ImageArray, config: TrainingConfig) -> None:
    """Fit borrowed weights to the logos: statistics of the plain training images."""
    rows = torch.randperm(len(images))[:_BATCH_NORM_IMAGES]
    device = model.mean.device
    batches = [_plain(images, part, config.input_size).to(device) for part in rows.split(64)]
    reestimate_batch_norm(model, batches)


def _plain(images: ImageArray, rows: torch.Tensor, size: int) -> torch.Tensor:
    """Return training images without augmentation, float32 [B, 3, S, S] from 0 to 1."""
    return augment(images.take(rows), images.backgrounds[rows], size, 0.0, torch.Generator())


def _plain_train_accuracy(session: Session) -> float:
    """Return the model's share of right answers on some training images as they are."""
    order = torch.randperm(len(session.train), generator=seeded(session.config.seed, 0))
    rows = order[:_PLAIN_IMAGES]
    device, size = session.model.mean.device, session.config.input_size
    answers = [
        session.model(_plain(session.train, part, size).to(device)).argmax(1).cpu()
        for part in rows.split(64)
    ]
    return (torch.cat(answers) == session.train.labels[rows]).double().mean().item()


@torch.no_grad()
def _best(session: Session, start: bytes | None) -> TrainingResult:
    """Load the best checkpoint and let it answer on the validation split.

    `start` is what was trained from, of which the config may want a share.
    """
    parallel.wait()  # for the first process to have written it
    tensors, _ = checkpoint.load_checkpoint(session.folder / checkpoint.BEST)
    parallel.wait()  # for all to have read it
    model = session.model
    model.load_state_dict(tensors)
    if start is not None and session.config.start_share:
        mix_version_weights(model, start, session.config.start_share)
    model.eval()
    logits = [
        model.suffix(inputs, 0).cpu()
        for inputs, _ in validation_batches(model, session.val, 0, whole=True)
    ]
    return TrainingResult(
        config=session.config,
        model=model,
        history=[EpochResult(**values) for values in session.state.history],
        best_epoch=session.state.best_epoch,
        val_logits=torch.cat(logits).numpy(),
        val_labels=session.val.labels.numpy(),
        plain_train_accuracy=_plain_train_accuracy(session),
    )
