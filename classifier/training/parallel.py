"""Training one run in several processes: each takes its share of every batch.

Processes are started by torchrun and find each other through its environment variables. Without
it there is one process, and everything here does nothing. Processes share a file system.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn

_LONGEST_WAIT = timedelta(hours=2)  # for a process that decodes, exports or validates


@contextmanager
def joined() -> Iterator[None]:
    """Join the processes that torchrun started, until the block ends."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=_LONGEST_WAIT)
    try:
        yield
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """Return this process's number; 0 writes checkpoints and reports."""
    return dist.get_rank() if dist.is_initialized() else 0


def size() -> int:
    """Return the number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def share(rows: Tensor) -> Tensor:
    """Return this process's part of some indices."""
    return rows.tensor_split(size())[rank()]


def total(value: Tensor) -> Tensor:
    """Return the sum of all processes' tensors, in place."""
    if dist.is_initialized():
        dist.all_reduce(value)
    return value


def agreed(flag: bool | Tensor) -> bool:
    """Answer whether the flag is set in any process. All have to ask."""
    return bool(total(torch.tensor(float(flag))))


def from_first(value: int) -> int:
    """Return the first process's number, whatever the others' are."""
    return int(total(torch.tensor(0 if rank() else value)))


def equalize(module: nn.Module) -> None:
    """Give every process the first one's weights and statistics."""
    if dist.is_initialized():
        for tensor in module.state_dict().values():
            dist.broadcast(tensor, 0)


def wait() -> None:
    """Wait until every process has come here."""
    total(torch.zeros(1))


@contextmanager
def first_goes_ahead() -> Iterator[None]:
    """Let the first process do the block before the others, who find what it left on disk."""
    if rank():
        wait()
    yield
    if not rank():
        wait()


def synchronized(module: nn.Module) -> nn.Module:
    """Return the module so that backward averages the gradients of all processes."""
    return nn.parallel.DistributedDataParallel(module) if dist.is_initialized() else module
