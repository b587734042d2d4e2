"""Where a run computes, and with which precision."""

import os
from contextlib import AbstractContextManager
from typing import Any

import torch

# On CPUs, bfloat16 was measured slower than float32 (depthwise convolutions).
_DTYPES = {"cuda": torch.float16, "mps": torch.float16}


def pick_device() -> torch.device:
    """Return the graphics card (this process's own, under torchrun), Apple's, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def mixed_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Return a context in which the device computes in half precision where that is safe."""
    dtype = _DTYPES.get(device.type)
    return torch.autocast(device.type, dtype, enabled=dtype is not None)


def gradient_scaler(device: torch.device) -> torch.amp.GradScaler:
    """Return what keeps small half-precision gradients from vanishing; it does nothing on a CPU."""
    return torch.amp.GradScaler(device.type, enabled=device.type in _DTYPES)
