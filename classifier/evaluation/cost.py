"""What serving a model file costs: time to load it, time to answer, peak memory, bytes."""

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.inference.engine import Engine

_WARM_UP = 3
_TIMEOUT_SECONDS = 300
# Imports count: a process that starts pays for them, too.
_FRESH = """
import json, pathlib, sys, time
started = time.perf_counter()
from classifier.inference.engine import Engine
engine = Engine.load(pathlib.Path(sys.argv[1]), file=sys.argv[2] or None)
seconds = time.perf_counter() - started
import numpy as np
size = engine.manifest.input_size
for count in (1, int(sys.argv[3])):
    engine.probabilities(np.zeros((count, size, size, 3), np.uint8))
status = pathlib.Path("/proc/self/status")
if status.exists():  # Linux hands a parent's maxrss down to its children
    peak = next(int(l.split()[1]) for l in status.read_text().splitlines() if "VmHWM" in l) * 1024
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, peak]))
"""


@dataclass(frozen=True)
class FreshProcess:
    """What a new process pays: seconds to import and load the engine, and its peak memory."""

    load_seconds: float
    peak_mb: float  # 10**6 bytes, resident, after one image and one batch


@dataclass(frozen=True)
class Speed:
    """Median milliseconds of the network for one image, and per image in batches."""

    ms_one: float
    ms_batch: float


def fresh_process(
    folder: Path, file: str = "", batch: int = 16, repetitions: int = 3
) -> FreshProcess:
    """Load a version in processes of their own, and let each answer; return the medians.

    Args:
        folder: of the version.
        file: one of its graphs; empty for the one that serves.
        batch: images of the larger of the two calls.
        repetitions: how many processes.

    Raises:
        RuntimeError: if a process fails, with what it said.
    """
    found = [_start(folder, file, batch) for _ in range(repetitions)]
    seconds, peaks = zip(*found, strict=True)
    return FreshProcess(statistics.median(seconds), statistics.median(peaks) / 1e6)


def speeds(engines: dict[str, Engine], images: np.ndarray, rounds: int = 20) -> dict[str, Speed]:
    """Time engines in alternation, so that whatever else the machine does hits all alike.

    Args:
        engines: by name.
        images: uint8 [N, S, S, 3]; the first one is the single image, all are the batch.
        rounds: how often each is timed.
    """
    one: dict[str, list[float]] = {name: [] for name in engines}
    many: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(rounds + _WARM_UP):
        for name, engine in engines.items():
            one[name].append(_milliseconds(engine, images[:1]))
            many[name].append(_milliseconds(engine, images) / len(images))
    return {
        name: Speed(
            statistics.median(one[name][_WARM_UP:]), statistics.median(many[name][_WARM_UP:])
        )
        for name in engines
    }


def _milliseconds(engine: Engine, images: np.ndarray) -> float:
    started = time.perf_counter()
    engine.probabilities(images)
    return (time.perf_counter() - started) * 1000


def _start(folder: Path, file: str, batch: int) -> tuple[float, float]:
    root = Path(__file__).resolve().parents[2]  # where the package `classifier` can be imported
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    result = subprocess.run(
        [sys.executable, "-c", _FRESH, str(folder), file, str(batch)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"The model could not be measured: {result.stderr.strip()[-500:]}")
    seconds, peak = json.loads(result.stdout)
    return seconds, peak
