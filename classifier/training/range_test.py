"""The learning-rate range test: train with a rising rate, and watch where the loss falls.

Smith: Cyclical Learning Rates for Training Neural Networks (2015),
https://arxiv.org/abs/1506.01186
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import torch
from torch import Tensor

from classifier.logo_types import CLASS_NAMES
from classifier.training.backbones import BACKBONES
from classifier.training.config import TrainingConfig
from classifier.training.dataset import ArrayCache, DecodingStoppedError, ImageArray, TrainingData
from classifier.training.device import pick_device
from classifier.training.errors import TrainingStoppedError
from classifier.training.loop import train_mode
from classifier.training.losses import build_loss, smooth_targets
from classifier.training.model import Activations, LogoClassifier, build_model
from classifier.training.optimization import build_optimizer, set_rates
from classifier.training.reporting import TrainingObserver
from classifier.training.run import adapt_batch_norm
from classifier.training.stages import Batches, Stage, plan_stages

FIRST_RATE, LAST_RATE = 1e-6, 1.0
_SMOOTHING = 0.9
_DIVERGED = 4  # times the best smoothed loss
_BELOW_BEST = 10  # the suggested rate lies this far below the one with the lowest loss
_LEAST_POINTS = 10


@dataclass(frozen=True)
class RangeTest:
    """What a range test found. The curve is (rate of the head, smoothed loss) by step."""

    curve: list[tuple[float, float]]
    suggested: float | None  # None: the loss never fell
    diverged: float | None  # the rate at which the loss blew up, if it did


def find_learning_rate(
    config: TrainingConfig,
    data: TrainingData,
    folder: Path,
    observer: TrainingObserver,
    steps: int = 100,
) -> RangeTest:
    """Train the config's last stage from fresh weights for some steps, each at a higher rate.

    Args:
        config: the settings; those of the learning rate and its schedule do not matter.
        data: the images; only the training split is seen.
        folder: where decoded images go if `data` has no cache.
        observer: hears of progress and may stop the test.
        steps: from FIRST_RATE to LAST_RATE; it ends early when the loss blows up.

    Raises:
        TrainingStoppedError: when the observer asked for it.
        WeightsError: when the pretrained weights cannot be used.
        UnreadableImageError: when an image file is broken.
    """
    torch.manual_seed(config.seed)
    model = build_model(config).to(pick_device())
    stage = plan_stages(config, len(model.features))[-1]
    cache = ArrayCache(data.cache or folder / "arrays", should_stop=observer.should_stop)
    try:
        images = cache.training(data.train, config.input_size, config.uploads > 0)
    except DecodingStoppedError as error:
        raise TrainingStoppedError from error
    if BACKBONES[config.backbone].borrowed and not config.weights:
        adapt_batch_norm(model, images, config)
    losses: list[float] = []
    for loss in _losses(config, model, images, stage, steps, observer):
        losses.append(loss)
        observer.on_progress("range test", len(losses) / steps, None)
        if _blew_up(losses):
            break
    return read_curve([_rate(step, steps) for step in range(len(losses))], losses)


def _losses(
    config: TrainingConfig,
    model: LogoClassifier,
    images: ImageArray,
    stage: Stage,
    steps: int,
    observer: TrainingObserver,
) -> Iterator[float]:
    """Yield the loss before each step, training on."""
    batches = Batches(model, images, config, stage)
    if stage.frozen:
        model.eval()
        for _ in batches.fill_cache():
            _check_stop(observer)
    optimizer = build_optimizer(config, model, stage.first_group)
    loss_of = build_loss(config, images.labels, len(CLASS_NAMES))
    train_mode(model, stage)
    for step, (inputs, labels, _) in zip(range(steps), _endless(batches), strict=False):
        _check_stop(observer)
        set_rates(optimizer, _rate(step, steps))
        targets = smooth_targets(labels, len(CLASS_NAMES), config.label_smoothing)
        loss = loss_of(model.suffix(inputs, stage.first_group), targets)
        yield loss.item()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if config.gradient_clip:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, config.gradient_clip)
        optimizer.step()


def read_curve(rates: list[float], losses: list[float]) -> RangeTest:
    """Smooth the losses at rising rates, and say which rate to train with.

    The suggestion is a tenth of the rate with the lowest smoothed loss: there, the loss falls
    and is far from blowing up.
    """
    smooth = _smoothed(losses)
    curve = [(r, s) for r, s in zip(rates, smooth, strict=True) if math.isfinite(s)]
    if not curve:
        return RangeTest([], None, rates[0] if rates else None)
    best_rate, best = min(curve, key=lambda point: point[1])
    fell = best < curve[0][1] * 0.98
    suggested = float(f"{best_rate / _BELOW_BEST:.2g}") if fell else None
    return RangeTest(curve, suggested, rates[-1] if _blew_up(losses) else None)


def _smoothed(losses: list[float]) -> list[float]:
    """Return the exponential moving average, corrected for its start."""
    mean, smooth = 0.0, []
    for number, loss in enumerate(losses, start=1):
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        smooth.append(mean / (1 - _SMOOTHING**number))
    return smooth


def _blew_up(losses: list[float]) -> bool:
    if losses and not math.isfinite(losses[-1]):
        return True
    smooth = _smoothed(losses)
    return len(smooth) > _LEAST_POINTS and smooth[-1] > _DIVERGED * min(smooth)


def _rate(step: int, steps: int) -> float:
    return FIRST_RATE * (LAST_RATE / FIRST_RATE) ** (step / max(steps - 1, 1))


def _endless(batches: Batches) -> Iterator[tuple[Activations, Tensor, Tensor]]:
    for epoch in count(1):
        yield from batches.epoch(epoch)


def _check_stop(observer: TrainingObserver) -> None:
    if observer.should_stop():
        raise TrainingStoppedError
