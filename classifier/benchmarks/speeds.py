"""Speeds of parts of a training: the whole network, and the head with and without its cache."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, count

from torch import Tensor
from torch.nn.functional import cross_entropy

from classifier.benchmarks.plain_loop import PlainLoop
from classifier.logo_types import CLASS_NAMES
from classifier.training.averaging import WeightAverage
from classifier.training.config import TrainingConfig
from classifier.training.dataset import ArrayCache, TrainingData
from classifier.training.losses import smooth_targets
from classifier.training.model import Activations, LogoClassifier, build_model
from classifier.training.optimization import build_optimizer
from classifier.training.stages import Batches, Stage

_ROUNDS = 6


def whole_network_speeds(config: TrainingConfig, data: TrainingData) -> tuple[float, float]:
    """Return images per CPU second that train the whole network: ours, and the plain loop's.

    Both do one step in turn; the first round warms up.
    """
    model = build_model(config)
    images = ArrayCache(data.cache).training(data.train, config.input_size)
    endless = map(Batches(model, images, config, Stage("full", 1, 0)).epoch, count(1))
    plain = PlainLoop(config, data.train, data.val).steps()
    ours = _steps(config, model.train(), chain.from_iterable(endless), 0)
    spent = [0.0, 0.0]
    for number in range(_ROUNDS + 1):
        for side, steps in enumerate((ours, plain)):
            started = time.process_time()
            next(steps)
            spent[side] += (time.process_time() - started) if number else 0
    images_each = _ROUNDS * config.batch_size
    return images_each / spent[0], images_each / spent[1]


def head_epoch_seconds(config: TrainingConfig, data: TrainingData) -> tuple[float, float]:
    """Return the CPU seconds of an epoch of the head alone: from kept activations, and anew."""
    model = build_model(config).eval()
    images = ArrayCache(data.cache).training(data.train, config.input_size)
    stage = Stage("head", 1, len(model.features))
    batches = Batches(model, images, config, stage)

    def epoch_seconds() -> float:
        started = time.process_time()
        deque(_steps(config, model, batches.epoch(1), stage.first_group), maxlen=0)
        return time.process_time() - started

    anew = epoch_seconds()
    for _ in batches.fill_cache():
        pass
    epoch_seconds()  # warms up
    return epoch_seconds(), anew


def _steps(
    config: TrainingConfig,
    model: LogoClassifier,
    batches: Iterable[tuple[Activations, Tensor, Tensor]],
    first_group: int,
) -> Iterator[None]:
    """Train on batches as the loop does, stopping after each step."""
    optimizer = build_optimizer(config, model, first_group)
    average = WeightAverage(model, config.ema_decay)
    for activations, labels, _ in batches:
        targets = smooth_targets(labels, len(CLASS_NAMES), config.label_smoothing)
        optimizer.zero_grad()
        cross_entropy(model.suffix(activations, first_group), targets).backward()
        optimizer.step()
        average.update(model)
        yield
