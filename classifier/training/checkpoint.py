"""Checkpoints: one safetensors file each, with the rest of the state as JSON in its metadata."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from classifier.training.errors import CheckpointError

LAST = "last.safetensors"
BEST = "best.safetensors"


def save_checkpoint(path: Path, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    """Write a checkpoint beside `path` and rename it into place.

    Raises:
        OSError: if it cannot be written; nothing of it remains.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".partial")
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        with draft.open("wb") as file:
            # Its own writer would hide the system's error, such as a full disk.
            file.write(save(contiguous, metadata={"state": json.dumps(state)}))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return a checkpoint's tensors and state.

    Raises:
        CheckpointError: if the file is missing or broken.
    """
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads(file.metadata()["state"])
            return {name: file.get_tensor(name) for name in file.keys()}, state  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"The checkpoint {path.name} cannot be read: {error}") from error


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return an optimiser's tensors, named by the parameter's number and the tensor's name."""
    return {
        f"{number}.{name}": value
        for number, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` gave, in the memory layout of the parameters."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for key, value in tensors.items():
        number, name = key.split(".", 1)
        parameter = parameters[int(number)]
        if value.shape == parameter.shape:
            value = torch.empty_like(parameter).copy_(value).detach()
        optimizer.state[parameter][name] = value
