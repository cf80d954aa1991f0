"""A container without an engine: the image's file system read-only, its user, environment, command and volumes.

    unshare (own mounts and processes) -> mounts -> no new privileges -> chroot as the image's user -> the command

The network is this machine's, so that the tests' Kafka is reached. The command is process 1, as in any container, and
what it started ends with it.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

_ENTER = """
set -e
root=$1 user=$2 folder=$3 volumes=$4
shift 4
mount --make-rprivate /
mount --bind "$root" "$root"
mount --options remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755,size=64k dev "$root/dev"
for node in null zero full random urandom; do
  : > "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
mount --options remount,ro "$root/dev"
for volume in $volumes; do mount --bind "${volume%%:*}" "$root${volume#*:}"; done
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" /usr/bin/env -i -C "$folder" "$@"
"""


class Container:
    """What an image's configuration says, on its file system. `volumes`: path in the container -> folder here."""

    def __init__(
        self, root: Path, config: Mapping[str, Any], volumes: Mapping[str, Path], environment: Mapping[str, str]
    ) -> None:
        self._root, self._config, self._volumes = root, config, volumes
        self.environment = {**dict(pair.split("=", 1) for pair in config["Env"]), **environment}

    def command(self, *arguments: str) -> list[str]:
        """What runs when these arguments are given; without, the image's own."""
        return [*self._config["Entrypoint"], *(arguments or self._config["Cmd"])]

    def run(self, *command: str, limit_seconds: float = 60) -> tuple[int, str]:
        """Exit status and all that a command says."""
        done = subprocess.run(self._enter(command), capture_output=True, text=True, timeout=limit_seconds, check=False)
        return done.returncode, done.stdout + done.stderr

    def start(self, command: Sequence[str], log: Path) -> "Running":
        """Start a command that stays."""
        with log.open("ab") as file:
            outer = subprocess.Popen(
                self._enter(command), stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
            )
        return Running(outer, log)

    def _enter(self, command: Sequence[str]) -> list[str]:
        volumes = " ".join(f"{folder}:{path}" for path, folder in self._volumes.items())
        place = [str(self._root), self._config["User"], self._config["WorkingDir"], volumes]
        environment = [f"{name}={value}" for name, value in self.environment.items()]
        isolation = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        return [*isolation, "sh", "-c", _ENTER, "enter", *place, *environment, *command]


class Running:
    """A command under way."""

    def __init__(self, outer: subprocess.Popen[bytes], log: Path) -> None:
        self._outer, self._log = outer, log

    def said(self) -> str:
        """Its log so far."""
        return self._log.read_text(errors="replace")

    def processes(self) -> list[psutil.Process]:
        """All processes in the container."""
        return psutil.Process(self._outer.pid).children(recursive=True)

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._outer.poll() is None

    def stop(self, how: signal.Signals, limit_seconds: float) -> int:
        """Ask the first process to stop, as an engine does; the exit status."""
        os.kill(self.processes()[0].pid, how)
        return self._outer.wait(limit_seconds)

    def close(self) -> None:
        """End it at once, whatever it does: all its processes go with the first, and its mounts with them."""
        if self.is_running():
            processes = self.processes()
            for process in processes[:1]:
                process.kill()
            psutil.wait_procs(processes, timeout=10)
            self._outer.kill()
        self._outer.wait()
