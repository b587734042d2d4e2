"""Where a run computes, and with which precision."""

import os
from contextlib import AbstractContextManager
from typing import Any

import torch

from classifier.training.config import InvalidConfigError, TrainingConfig

# Without being told otherwise. bfloat16 pays on some CPUs only, and rounds its answers.
_DTYPES = {"cuda": torch.float16, "mps": torch.float16}
_NAMED = {"float32": None, "bfloat16": torch.bfloat16}


def pick_device() -> torch.device:
    """Return the graphics card (this process's own, under torchrun), Apple's, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def check_precision(config: TrainingConfig, device: torch.device) -> None:
    """Check that a device computes in the precision that was asked for, in its hardware.

    Raises:
        InvalidConfigError: if it does not.
    """
    if config.precision == "bfloat16" and not _has_bfloat16(device):
        reason = f"bfloat16 needs hardware that this {device.type} does not have; take float32"
        raise InvalidConfigError({"precision": reason})


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cpu":  # emulation works everywhere, and is slower than float32
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def mixed_precision(device: torch.device, precision: str = "auto") -> AbstractContextManager[Any]:
    """Return a context in which the device computes in half precision where that is safe.

    `precision` is that of a config: "auto" takes what is usual for the device.
    """
    dtype = _dtype(device, precision)
    return torch.autocast(device.type, dtype, enabled=dtype is not None)


def gradient_scaler(device: torch.device, precision: str = "auto") -> torch.amp.GradScaler:
    """Return what keeps small float16 gradients from vanishing; with others it does nothing."""
    enabled = _dtype(device, precision) == torch.float16
    return torch.amp.GradScaler(device.type, enabled=enabled)


def _dtype(device: torch.device, precision: str) -> torch.dtype | None:
    return _DTYPES.get(device.type) if precision == "auto" else _NAMED[precision]
