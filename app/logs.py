"""What a worker's or gateway's log looks like: one line a message, ours in full, the libraries' only when it matters and not over and over."""

import logging
from collections.abc import Callable

_LIBRARIES = ("aiokafka", "asyncio", "faust", "httpcore", "httpx", "mode", "uvicorn")
_REPEAT_SECONDS = 10.0
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class OncePerWhile(logging.Filter):
    """Lets a message pass once in `_REPEAT_SECONDS`: with a broker away, aiokafka says the same a hundred times a second.

    Messages are the same if logger, level and wording are, whatever is filled in.
    """

    def __init__(self, monotonic_seconds: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic_seconds = monotonic_seconds
        self._passed: dict[tuple[str, int, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if not record.name.startswith(_LIBRARIES):
            return True
        message = record.name, record.levelno, str(record.msg)
        now_seconds = self._monotonic_seconds()
        before_seconds = self._passed.get(message)
        if before_seconds is not None and now_seconds - before_seconds < _REPEAT_SECONDS:
            return False
        self._passed[message] = now_seconds
        return True


def set_up(level: str, monotonic_seconds: Callable[[], float]) -> None:
    """Log to standard error from now on. Libraries are heard from warnings up, unless `level` is debug."""
    logging.basicConfig(level=level.upper(), format=_FORMAT)
    logging.captureWarnings(True)
    for handler in logging.getLogger().handlers:
        handler.addFilter(OncePerWhile(monotonic_seconds))
    if level != "debug":
        for library in _LIBRARIES:
            logging.getLogger(library).setLevel(logging.WARNING)
