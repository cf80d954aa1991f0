"""Why a request is not taken, in words for whoever sent it."""

from typing import Final, Literal

RefusalReason = Literal[
    "unknown-path",
    "method",
    "content-encoding",
    "content-type",
    "too-large",
    "too-slow",
    "disconnected",
    "rate-account",
    "rate-peer",
    "signature",
    "malformed",
    "invalid-event",
    "too-many-bodies",
    "spool-full",
    "kafka-silent",
]

STATUS: Final[dict[RefusalReason, int]] = {
    "unknown-path": 404,
    "method": 405,
    "content-encoding": 415,
    "content-type": 415,
    "too-large": 413,
    "too-slow": 408,
    "disconnected": 400,
    "rate-account": 429,
    "rate-peer": 429,
    "signature": 401,
    "malformed": 400,
    "invalid-event": 400,
    "too-many-bodies": 503,
    "spool-full": 503,
    "kafka-silent": 503,
}
"""A temporary fault is never a 4xx but 429: some sources stop sending after one."""


class Refusal(Exception):
    """A request that is not taken. `detail` tells the sender what to change; it never repeats what was sent."""

    def __init__(
        self, reason: RefusalReason, detail: str, *, status: int | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: RefusalReason = reason
        self.detail = detail
        self.status = STATUS[reason] if status is None else status
        self.retry_after_seconds = retry_after
