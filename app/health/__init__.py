"""Whether the worker lives and is ready, told over HTTP next to `/metrics`; and what ends one that hangs."""

from app.health.rules import Health, Limits, Stop, lag_records, still, why_not_live, why_not_ready
from app.health.server import TEXT, Answer, Pages, PageServer, Request, pages
from app.health.watchdog import HANGING_EXIT_CODE, Watchdog, end_process

__all__ = [
    "HANGING_EXIT_CODE",
    "TEXT",
    "Answer",
    "Health",
    "Limits",
    "PageServer",
    "Pages",
    "Request",
    "Stop",
    "Watchdog",
    "end_process",
    "lag_records",
    "pages",
    "still",
    "why_not_live",
    "why_not_ready",
]
