"""Prometheus, Alertmanager and their tools, as Debian has them (prometheus, prometheus-alertmanager)."""

import shutil
import subprocess

import pytest

_PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
}


def program(name: str) -> str:
    """Where a program is. Skips the test, and says what is not tested, where it is not."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(
            f"NO {name.upper()}, rules, routes and the form of metrics are not tested: apt-get install {_PACKAGES[name]}"
        )
    return path


def run(name: str, *arguments: str) -> tuple[int, str]:
    """Exit status and all that a program says."""
    done = subprocess.run([program(name), *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr
