"""The training loop: stages of epochs of steps, with a checkpoint after every epoch."""

import math
import resource
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from classifier.logo_types import CLASS_NAMES
from classifier.training import checkpoint, parallel, progress
from classifier.training.augmentation import mix
from classifier.training.averaging import WeightAverage
from classifier.training.config import TrainingConfig
from classifier.training.dataset import ImageArray
from classifier.training.device import mixed_precision
from classifier.training.distillation import distilled_loss
from classifier.training.errors import CheckpointError, NonFiniteLossError, TrainingStoppedError
from classifier.training.losses import Loss, smooth_targets
from classifier.training.meters import EpochMeter
from classifier.training.model import Activations, LogoClassifier, TrainedPart
from classifier.training.optimization import build_optimizer, rate_share, set_rates
from classifier.training.reporting import EpochResult, TrainingObserver
from classifier.training.stages import Batches, Stage, seeded, validation_batches

_PLATEAU_PATIENCE = 2  # epochs
_PLATEAU_FACTOR = 0.3


@dataclass
class TrainingState:
    """What has to be known, besides tensors, to go on after any epoch."""

    stage: int = 0  # index of the present stage
    stage_epoch: int = 0  # finished epochs of the present stage
    stage_best_loss: float = float("inf")
    stale_epochs: int = 0  # since the stage's best validation loss
    plateau_share: float = 1.0  # of the highest rate, for the schedule "plateau"
    average_steps: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    work: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)  # EpochResult by epoch


@dataclass
class Session:
    """Everything that the loop works on."""

    config: TrainingConfig
    model: LogoClassifier
    average: WeightAverage[LogoClassifier]
    train: ImageArray
    val: ImageArray
    loss: Loss
    folder: Path
    observer: TrainingObserver
    progress: progress.Progress
    state: TrainingState
    scaler: torch.amp.GradScaler
    optimizer_tensors: dict[str, Tensor] = field(default_factory=dict)  # of a resumed stage

    @property
    def evaluated(self) -> LogoClassifier:
        """The weights that are validated and kept: the average, if it is on."""
        return self.average.model if self.config.ema_decay else self.model


def train_stage(session: Session, stage: Stage) -> None:
    """Run what is left of a stage, and make its averaged weights the next stage's start.

    Raises:
        TrainingStoppedError: when the observer asks for it.
        NonFiniteLossError: when the loss is not finite.
    """
    config, state, model = session.config, session.state, session.model
    batches = Batches(model, session.train, config, stage)
    optimizer = build_optimizer(config, model, stage.first_group)
    checkpoint.restore_optimizer(optimizer, session.optimizer_tensors)
    session.optimizer_tensors = {}
    part = parallel.synchronized(TrainedPart(model, stage.first_group))
    validation = None
    while state.stage_epoch < stage.epochs and state.stale_epochs < config.patience:
        if stage.frozen and validation is None:
            validation = _fill_caches(session, stage, batches)
        started = time.perf_counter()
        measured = _train_epoch(session, stage, part, batches, optimizer)
        measured |= _validate(session, stage, validation)
        measured["seconds"] = time.perf_counter() - started
        _finish_epoch(session, stage, measured, optimizer)
    remaining = stage.epochs - state.stage_epoch
    work = progress.epoch_work(stage, config, len(session.train), len(session.val))
    session.progress.skip(stage.name, remaining * work)
    model.load_state_dict(session.evaluated.state_dict())
    session.average = WeightAverage(model, config.ema_decay)
    state.stage += 1
    state.stage_epoch = state.stale_epochs = state.average_steps = 0
    state.stage_best_loss, state.plateau_share = float("inf"), 1.0


def _fill_caches(
    session: Session, stage: Stage, batches: Batches
) -> list[tuple[Activations, Tensor]]:
    """Compute what the frozen part makes of both splits; return that of the validation split."""
    count = session.progress.counter(stage.name, progress.CACHING)
    session.model.eval()
    for images in batches.fill_cache():
        _check_stop(session)
        count(images)
    validation = []
    for inputs, labels in validation_batches(session.model, session.val, stage.first_group):
        _check_stop(session)
        validation.append((inputs, labels))
        count(len(labels))
    return validation


def _train_epoch(
    session: Session,
    stage: Stage,
    part: torch.nn.Module,
    batches: Batches,
    optimizer: torch.optim.Optimizer,
) -> dict[str, Any]:
    """Train on every batch once; return those fields of EpochResult that come of it.

    A step whose gradient is not finite is left out.
    """
    config, state, model, scaler = session.config, session.state, session.model, session.scaler
    epoch = len(state.history) + 1
    # dropout and stochastic depth, which are each process's own
    torch.manual_seed(config.seed * 1_000_003 + epoch + (parallel.rank() << 40))
    mixing = seeded(config.seed, 2000 + epoch)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    count = session.progress.counter(stage.name, progress.TRAINING[stage.name])
    meter = EpochMeter(len(batches), config.batch_size, parallel.size())
    train_mode(model, stage)
    for step, (inputs, labels, teacher) in enumerate(batches.epoch(epoch)):
        _check_stop(session)

        # learning rate
        done = (state.stage_epoch + step / len(batches)) / stage.epochs
        rate = config.peak_rate * state.plateau_share * rate_share(config.schedule, done)
        set_rates(optimizer, rate)

        # forward and backward
        targets = smooth_targets(labels, len(CLASS_NAMES), config.label_smoothing)
        # A teacher's answers and pooled values mix as targets do.
        beside = torch.cat([targets, teacher, inputs.pooled], 1)
        maps, beside = mix(inputs.maps, beside, config.mixup, config.cutmix, mixing)
        widths = [targets.shape[1], teacher.shape[1], inputs.pooled.shape[1]]
        targets, teacher, pooled = beside.split(widths, 1)
        inputs = Activations(maps, pooled)
        with mixed_precision(model.mean.device, config.precision):
            logits = part(inputs).float()
        loss = session.loss(logits, targets)
        if teacher.shape[1]:
            share, softness = config.distillation_weight, config.distillation_temperature
            loss = distilled_loss(loss, logits, teacher, share, softness)
        if parallel.agreed(not torch.isfinite(loss)):
            raise NonFiniteLossError(
                f"The loss became {loss.item()} in epoch {epoch}, step {step + 1}. "
                f"Lower learning_rate ({config.learning_rate}) or gradient_clip."
            )
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()

        # clip and step
        scaler.unscale_(optimizer)
        limit = config.gradient_clip or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(parameters, limit).item()
        finite = math.isfinite(norm)
        if finite or scaler.is_enabled():  # a scaler leaves such steps out itself, and learns
            scaler.step(optimizer)
            scaler.update()
        if finite:
            session.average.update(model)

        # measure
        right = (logits.argmax(1) == labels).sum().item()
        meter.add(loss.item(), None if scaler.is_enabled() and not finite else norm, right)
        session.observer.on_step(meter.step_result(epoch, config.epochs, _rates(optimizer)))
        count(config.batch_size)
    if meter.non_finite == len(meter.losses):
        raise NonFiniteLossError(
            f"No gradient of epoch {epoch} was finite. "
            f"Lower learning_rate ({config.learning_rate})."
        )
    values = meter.epoch_values()
    means = torch.tensor([values["train_loss"], values["train_accuracy"]]).double()
    shared = parallel.total(means / parallel.size()).tolist()
    return values | {"train_loss": shared[0], "train_accuracy": shared[1]}


@torch.no_grad()
def _validate(
    session: Session, stage: Stage, cached: list[tuple[Activations, Tensor]] | None
) -> dict[str, Any]:
    """Return the plain cross-entropy, accuracy and confusion counts on the validation split."""
    parallel.equalize(session.model)  # batch norm saw another part of each batch in each process
    parallel.equalize(session.average.model)
    model = session.evaluated.eval()
    batches = cached or validation_batches(model, session.val, stage.first_group)
    count = session.progress.counter(stage.name, progress.VALIDATION[stage.name])
    classes = len(CLASS_NAMES)
    loss, confusion = 0.0, torch.zeros(classes * classes, dtype=torch.int64)
    for inputs, labels in batches:
        _check_stop(session)
        logits = model.suffix(inputs, stage.first_group)
        loss += torch.nn.functional.cross_entropy(logits, labels, reduction="sum").item()
        pairs = labels * classes + logits.argmax(1)
        confusion += torch.bincount(pairs.cpu(), minlength=classes * classes)
        count(len(labels))
    sums = torch.cat([torch.tensor([loss], dtype=torch.float64), confusion.double()])
    loss, *cells = parallel.total(sums).tolist()
    if not math.isfinite(loss):
        raise NonFiniteLossError(
            f"The validation loss became {loss} in epoch {len(session.state.history) + 1}. "
            f"Lower learning_rate ({session.config.learning_rate})."
        )
    counts = torch.tensor(cells).long().view(classes, classes)
    return {
        "val_loss": loss / len(session.val),
        "val_accuracy": counts.trace().item() / len(session.val),
        "val_confusion": counts.tolist(),
    }


def _finish_epoch(
    session: Session, stage: Stage, measured: dict[str, Any], optimizer: torch.optim.Optimizer
) -> None:
    """Take an epoch into the state, write checkpoints, and tell the observer."""
    state = session.state
    rate, backbone_rate = _rates(optimizer)
    result = EpochResult(
        epoch=len(state.history) + 1,
        stage=stage.name,
        learning_rate=rate,
        backbone_learning_rate=backbone_rate,
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **measured,
    )
    state.history.append(asdict(result))
    state.stage_epoch += 1
    state.average_steps = session.average.steps
    state.work = session.progress.done
    state.stale_epochs = 0 if result.val_loss < state.stage_best_loss else state.stale_epochs + 1
    state.stage_best_loss = min(state.stage_best_loss, result.val_loss)
    if session.config.schedule == "plateau" and state.stale_epochs > _PLATEAU_PATIENCE:
        state.plateau_share *= _PLATEAU_FACTOR
    if result.val_loss < state.best_loss or session.config.keep == "last":
        state.best_loss, state.best_epoch = result.val_loss, result.epoch
        if parallel.rank() == 0:
            best = session.evaluated.state_dict()
            checkpoint.save_checkpoint(session.folder / checkpoint.BEST, best, asdict(result))
    if parallel.rank() == 0:
        save_session(session, optimizer)
    session.observer.on_epoch(result)


def save_session(session: Session, optimizer: torch.optim.Optimizer) -> None:
    """Write the checkpoint from which `restore_session` goes on."""
    parts = {
        "model": session.model.state_dict(),
        "average": session.average.model.state_dict(),
        "optimizer": checkpoint.optimizer_tensors(optimizer),
    }
    tensors = {f"{part}/{name}": t for part, named in parts.items() for name, t in named.items()}
    path = session.folder / checkpoint.LAST
    state = {
        "state": asdict(session.state),
        "config": session.config.to_json(),
        "scaler": session.scaler.state_dict(),
    }
    checkpoint.save_checkpoint(path, tensors, state)
    session.observer.on_checkpoint(path)


def restore_session(session: Session) -> None:
    """Go back to the last finished epoch of an earlier session.

    Raises:
        CheckpointError: if the checkpoint is broken or of a run with other settings.
    """
    tensors, saved = checkpoint.load_checkpoint(session.folder / checkpoint.LAST)
    if TrainingConfig.from_json(saved["config"]) != session.config:
        raise CheckpointError("The checkpoint belongs to a run with other settings.")
    session.state = TrainingState(**saved["state"])
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "average": {}, "optimizer": {}}
    for key, tensor in tensors.items():
        part, name = key.split("/", 1)
        parts[part][name] = tensor
    session.model.load_state_dict(parts["model"])
    session.average.model.load_state_dict(parts["average"])
    session.average.steps = session.state.average_steps
    session.optimizer_tensors = parts["optimizer"]
    if saved.get("scaler"):
        session.scaler.load_state_dict(saved["scaler"])
    session.progress.resume_at(session.state.work)


def _rates(optimizer: torch.optim.Optimizer) -> tuple[float, float]:
    """Return the learning rates of the head and of the backbone: 0 while it is frozen."""
    groups = optimizer.param_groups  # the head's weights and biases first
    return groups[0]["lr"], groups[-1]["lr"] if len(groups) > 2 else 0.0


def _check_stop(session: Session) -> None:
    if parallel.agreed(session.observer.should_stop()):
        raise TrainingStoppedError


def train_mode(model: LogoClassifier, stage: Stage) -> None:
    """Set train mode on what a stage trains; the frozen part stays in evaluation mode."""
    model.eval()
    model.features[stage.first_group :].train()
    model.pooled_norm.train()
    model.head.train()
