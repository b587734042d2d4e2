"""What this machine does while it trains: processor, memory, temperature, graphics card."""

import sys
from typing import Any

import psutil


def machine_figures() -> dict[str, Any]:
    """Return percentages, megabytes and degrees Celsius; what the machine does not tell is absent.

    `cpu_percent` is of all cores since the last call: 0.0 on the first one.
    """
    figures: dict[str, Any] = {
        "cpu_percent": psutil.cpu_percent(),
        "process_mb": round(psutil.Process().memory_info().rss / 2**20),
        "memory_percent": psutil.virtual_memory().percent,
    }
    return figures | _temperature() | _graphics_card()


def _temperature() -> dict[str, float]:
    """Return the hottest sensor, where the system has any."""
    read = getattr(psutil, "sensors_temperatures", None)  # not on Windows and macOS
    readings = [
        reading.current for sensor in (read() if read else {}).values() for reading in sensor
    ]
    return {"temperature": max(readings)} if readings else {}


def _graphics_card() -> dict[str, float]:
    """Return use and memory of the card that torch trains on, if torch is loaded and sees one."""
    torch = sys.modules.get("torch")  # never loads it: a process without torch has no card in use
    # Another thread may be loading it: it is there already then, and `cuda` is not.
    if torch is None or not hasattr(torch, "cuda") or not torch.cuda.is_available():
        return {}
    free, total = torch.cuda.mem_get_info()
    figures = {"gpu_memory_percent": 100 * (1 - free / total)}
    try:
        return {**figures, "gpu_percent": float(torch.cuda.utilization())}
    except (ModuleNotFoundError, RuntimeError):  # needs NVIDIA's management library
        return figures
