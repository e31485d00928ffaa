"""On what it was measured."""

import os
import platform
from pathlib import Path


def describe(cluster):
    """Describe machine and software.

    :param cluster: the running PostgreSQL
    :return: {what: text} (dict)
    """
    processor = _find("/proc/cpuinfo", "model name")
    memory_kib = int(_find("/proc/meminfo", "MemTotal").split()[0])
    return {
        "processor": f"{processor}, {os.cpu_count()} cores",
        "memory": f"{memory_kib / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": cluster.sql("show server_version")[0],
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def _find(file, key):
    """Return what stands behind a key in a file of Linux (text)."""
    for line in Path(file).read_text().splitlines():
        name, _colon, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "unknown"
