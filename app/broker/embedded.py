"""Real Apache Kafka on this machine: one KRaft node, for `carebeat demo` and the tests."""

import atexit
import contextlib
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from app.broker.errors import EmbeddedBrokerError
from app.broker.jars import Say, class_path, java
from app.broker.kraft import answers, complaints, format_once, log_settings_path, settings_path, write_settings
from app.broker.ports import free_port

START_LIMIT_SECONDS = 120.0  # three to five on an idle machine, but this one may be busy
STOP_LIMIT_SECONDS = 20.0
_POLL_SECONDS = 0.05

# The broker must not outlive us, not even when we are killed hard: this shell waits for the end of a pipe that only we
# hold open. (Linux' parent-death signal needs no process, but it fires when the starting *thread* ends.)
_WATCHER = 'read -r _; kill -9 "$0" 2>/dev/null; [ -z "$1" ] || rm -rf -- "$1"'


class EmbeddedKafka:
    """One Kafka node with its own data folder and ports; a context manager that starts and closes it.

    Without a folder it makes a temporary one, which `close` (and the death of this process) removes; a given folder
    stays. The port is chosen once, so that `start` after `stop` or `kill` comes back at the same address with the same
    data. All calls block: in a coroutine use `asyncio.to_thread`.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int | None = None,
        heap_megabytes: int = 512,
        say: Say = lambda _: None,
    ) -> None:
        self._temporary = folder is None
        self.folder = (folder or Path(tempfile.mkdtemp(prefix="carebeat-kafka-"))).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_path = self.folder / "kafka.log"
        self._port = port
        self._heap_megabytes = heap_megabytes
        self._say = say
        self._broker: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    @property
    def bootstrap(self) -> str:
        """Where clients connect; known from the first `start` on."""
        if self._port is None:
            raise EmbeddedBrokerError("the embedded broker has no address before its first start: call start()")
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process id of the running broker; None while there is none."""
        return self._broker.pid if self._broker is not None and self._broker.poll() is None else None

    def start(self) -> None:
        """Start the broker and return when it answers; nothing if it runs already.

        Raises EmbeddedBrokerError (with the end of Kafka's log) when it does not come up.
        """
        if self.pid is not None:
            return
        self._end(hard=True)  # what is left of a broker that ended by itself
        command = self._java()
        self._port = port = self._port or free_port()
        write_settings(self.folder, port, free_port())
        self._say("preparing Kafka's data folder")
        cluster = format_once(command, self.folder)
        self._say(f"starting Kafka on {self.bootstrap}")
        broker = self._launch(command)
        self._wait_until_it_answers(broker, port, cluster)

    def stop(self) -> None:
        """Shut the broker down cleanly; its data stays. Killed when that takes longer than STOP_LIMIT_SECONDS."""
        self._end(hard=False)

    def kill(self) -> None:
        """End the broker as a crash would (SIGKILL); its data stays."""
        self._end(hard=True)

    def close(self) -> None:
        """End the broker for good: cleanly, or at once if the folder is temporary, which then goes too."""
        atexit.unregister(self.close)
        self._end(hard=self._temporary)
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _java(self) -> list[str]:
        return [
            str(java()),
            f"-Xmx{self._heap_megabytes}m",
            "-XX:+UseSerialGC",  # least memory and threads; pauses are short with so small a heap
            "-XX:+ExitOnOutOfMemoryError",
            f"-Dlog4j2.configurationFile={log_settings_path(self.folder)}",
            "-cp",
            class_path(self._say),
        ]

    def _launch(self, java_command: list[str]) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            self._broker = subprocess.Popen(
                [*java_command, "kafka.Kafka", str(settings_path(self.folder))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; the broker goes last
            )
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHER, str(self._broker.pid), str(self.folder) if self._temporary else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self._broker

    def _wait_until_it_answers(self, broker: subprocess.Popen[bytes], port: int, cluster: str) -> None:
        for _ in range(int(START_LIMIT_SECONDS / _POLL_SECONDS)):
            if answers(port, cluster):
                return
            if broker.poll() is not None:
                break
            time.sleep(_POLL_SECONDS)
        self._end(hard=True)
        raise EmbeddedBrokerError(
            f"Kafka ended, or did not answer within {START_LIMIT_SECONDS:.0f} s. Its log is {self.log_path}:\n"
            + complaints(self.log_path)
        )

    def _end(self, *, hard: bool) -> None:
        if self._watcher is not None:  # first, so that it cannot kill a later process of the same number
            self._watcher.kill()
            self._watcher.communicate()
            self._watcher = None
        if self._broker is None:
            return
        if not hard:
            self._broker.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._broker.wait(STOP_LIMIT_SECONDS)
        self._broker.kill()
        self._broker.wait()
        self._broker = None
