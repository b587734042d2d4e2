"""The machine that a benchmark ran on, in one line."""

import os
import platform
from pathlib import Path


def machine_line() -> str:
    """Return processor, cores, instruction sets that matter to inference, and Python."""
    model, flags = platform.processor() or platform.machine(), set()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        values = dict(
            (part.strip() for part in line.split(":", 1))
            for line in cpuinfo.read_text().splitlines()
            if ":" in line
        )
        model, flags = values.get("model name", model), set(values.get("flags", "").split())
    sets = [name for name in ("avx2", "avx512f", "avx_vnni", "avx512_vnni") if name in flags]
    return (
        f"{model}, {os.cpu_count()} cores ({', '.join(sets) or 'no AVX2'}), "
        f"{platform.system()}, Python {platform.python_version()}"
    )
