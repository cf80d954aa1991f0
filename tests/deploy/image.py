"""The image, built as anybody without a container engine can: buildah, chroot isolation, a storage of its own that goes afterwards.

Its base is debootstrapped, since a registry may not be reachable; CAREBEAT_IMAGE_BASE names another (any image that
buildah can pull, or `docker-archive:PATH`).
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = "bookworm"
PACKAGES = "python3,python3-venv,ca-certificates"
_TAG = "localhost/carebeat:test"
_BASE_TAG = "localhost/carebeat-base:test"
_MEGABYTE = 1_000_000
_PIP_SETTINGS = {"cert", "index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout"}


class Image(NamedTuple):
    """What was built: its file system, its configuration as the Dockerfile says it, and figures."""

    root: Path
    config: Mapping[str, Any]
    megabytes: float
    """Of the whole image."""
    own_megabytes: float
    """Of what is added to the base."""
    base_seconds: float
    build_seconds: float


@contextmanager
def built_image() -> Iterator[Image]:
    """Build it. Skips, and says what is not tested, where the programs are not there. Nothing stays."""
    _need_programs()
    with tempfile.TemporaryDirectory(prefix="carebeat-image-") as name:
        folder = Path(name)
        builder = _Builder(folder)
        try:
            began = time.monotonic()
            base = os.environ.get("CAREBEAT_IMAGE_BASE") or builder.base()
            base_seconds = time.monotonic() - began
            began = time.monotonic()
            builder.build(base)
            yield builder.look(base_seconds, time.monotonic() - began)
        finally:
            builder.close()


def _need_programs() -> None:
    missing = [name for name in ("buildah", "debootstrap", "unshare", "setpriv") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"NO {', '.join(missing).upper()}, the image is not tested: apt-get install buildah debootstrap")
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT, the image is not tested: debootstrap, chroot and mounts need root")


class _Builder:
    """buildah with a storage in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._storage = [f"--root={folder}/storage", f"--runroot={folder}/run", "--storage-driver=vfs"]

    def buildah(self, *arguments: str) -> str:
        return _run("buildah", *self._storage, *arguments, TMPDIR=str(self._folder))

    def base(self) -> str:
        """A base with Python, from Debian's packages."""
        system, archive = self._folder / "base", self._folder / "base.tar"
        _run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(system))
        _run("tar", "-C", str(system), "-cf", str(archive), ".")
        shutil.rmtree(system)
        container = self.buildah("from", "scratch")
        self.buildah("add", "--quiet", container, str(archive), "/")
        self.buildah("commit", "--quiet", "--format=docker", "--rm", container, _BASE_TAG)
        archive.unlink()
        return _BASE_TAG

    def build(self, base: str) -> None:
        """Build the Dockerfile on a base, with pip as it is set up on this machine."""
        settings = _pip_settings()
        pip = self._folder / "pip.conf"
        pip.write_text("\n".join(["[global]", *(f"{name} = {value}" for name, value in settings.items()), ""]))
        certificates = [f"--volume={settings['cert']}:{settings['cert']}:ro"] if "cert" in settings else []
        self.buildah(
            "build",
            "--isolation=chroot",
            "--format=docker",  # OCI's own format has no health check
            f"--build-arg=BASE={base}",
            f"--secret=id=pip,src={pip}",
            *certificates,
            f"--file={ROOT}/deploy/Dockerfile",
            f"--tag={_TAG}",
            str(ROOT),
        )

    def look(self, base_seconds: float, build_seconds: float) -> Image:
        """Mount what was built."""
        described = json.loads(self.buildah("inspect", "--type=image", _TAG))
        root = Path(self.buildah("mount", self.buildah("from", _TAG)))
        layers = [layer["size"] / _MEGABYTE for layer in json.loads(described["Manifest"])["layers"]]
        return Image(root, described["Docker"]["config"], sum(layers), layers[-1], base_seconds, build_seconds)

    def close(self) -> None:
        """Unmount and forget all."""
        self.buildah("umount", "--all")
        self.buildah("rm", "--all")
        self.buildah("rmi", "--all", "--force")


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout.strip()


def _pip_settings() -> dict[str, str]:
    """How pip reaches packages from here: a mirror, certificates."""
    said = _run(sys.executable, "-m", "pip", "config", "list")
    found = re.findall(r"^(?:global|:env:)\.([\w-]+)=(.*)$", said, re.MULTILINE)
    return {name: str(ast.literal_eval(value)) for name, value in found if name in _PIP_SETTINGS}
