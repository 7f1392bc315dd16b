"""The load of this machine, as `metric.sample` and heartbeats tell of it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

from .envelope import now_ms
from .serving import Call

MIB, GIB = 1_048_576, 1_073_741_824


def cpu_percent() -> float:
    """How busy the processors are, over the last minute."""
    return min(100.0, 100 * os.getloadavg()[0] / (os.cpu_count() or 1))


def ram_mb() -> tuple[float, float]:
    """The memory of the machine and what of it is free, in MiB."""
    page = os.sysconf("SC_PAGE_SIZE")
    total, free = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_AVPHYS_PAGES")
    return total * page / MIB, free * page / MIB


def sample() -> dict[str, Any]:
    cores, percent = os.cpu_count() or 1, cpu_percent()
    total_mb, free_mb = ram_mb()
    disk = shutil.disk_usage("/")
    ram = {"total_mb": total_mb, "available_mb": free_mb}
    return {
        "timestamp": now_ms(),
        "cpu": {
            "total_cores": cores,
            "available_cores": cores * (100 - percent) / 100,
            "percent_used": percent,
        },
        "ram": {**ram, "percent_used": 100 * (total_mb - free_mb) / total_mb},
        "disk": {
            "total_gb": disk.total / GIB,
            "available_gb": disk.free / GIB,
            "percent_used": 100 * disk.used / disk.total,
        },
        "instances": [],
    }


async def samples(call: Call, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Answers `metric.subscribe`, for as long as the reader wants."""
    while True:
        yield sample()
        await asyncio.sleep(data.get("interval_ms", 1000) / 1000)
