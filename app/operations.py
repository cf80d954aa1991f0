"""How the deployment is watched: what `carebeat render` needs besides channels and promises. It changes no figure."""

from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.config_part import Part, empty_if_null
from app.spans import PositiveSpan, write_span

_STALLED_INTERVALS: Final = 4
SHORTEST_WINDOW: Final = timedelta(minutes=5)
"""Over which rules look at how fast counters grow."""
_INTERVALS_A_WINDOW: Final = 4
"""Two samples make a rate; twice as many are there when a scrape is late or fails."""


def _url(text: str) -> str:
    """An address without anything secret in it: these files are committed and mounted where many can read."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PydanticCustomError("url", "is no address: write http://host:port/path or https://...")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise PydanticCustomError(
            "url", "must hold no user, password, query or #: put a secret into a file and name it in `token_file`"
        )
    return text.rstrip("/")


Url = Annotated[str, AfterValidator(_url)]


class Receiver(Part):
    """A webhook that Alertmanager calls."""

    url: Url = Field(examples=["http://127.0.0.1:9095/page"])
    token_file: str | None = Field(None, pattern="^/.+", examples=["/etc/alertmanager/page.token"])
    """Sent as a bearer token; a file on Alertmanager's machine, read at each call."""


class Receivers(Part):
    """Who is told, by how urgent it is."""

    page: Receiver = Field(Receiver(url="http://127.0.0.1:9095/page"), examples=["{url: http://127.0.0.1:9095/page}"])
    ticket: Receiver = Field(
        Receiver(url="http://127.0.0.1:9095/ticket"), examples=["{url: http://127.0.0.1:9095/ticket}"]
    )
    watchdog: Receiver = Field(
        Receiver(url="http://127.0.0.1:9095/watchdog"), examples=["{url: http://127.0.0.1:9095/watchdog}"]
    )
    """Hears from Alertmanager all the time, and must raise an alarm of its own when it does not."""


class Operations(Part):
    """How the deployment is watched."""

    interval: PositiveSpan = Field(timedelta(seconds=15), examples=["15s"])
    """How often Prometheus scrapes and evaluates, at most 75 s; how long alerts hold follows from it."""
    stalled_after: PositiveSpan = Field(timedelta(minutes=2), examples=["2m"])
    """How far stream time may be behind before the pipeline is paged and pages of SLAs are held back."""
    grafana_url: Url = Field("http://127.0.0.1:3000", examples=["http://127.0.0.1:3000"])
    """As people reach it: pages link there."""
    prometheus_url: Url = Field("http://prometheus:9090", examples=["http://prometheus:9090"])
    """As Grafana reaches it."""
    runbook_url: Url | None = Field(None, examples=["https://wiki.example.org/carebeat"])
    """Where `deploy/runbook.md` can be read; its own board in Grafana unless named."""
    receivers: Annotated[Receivers, BeforeValidator(empty_if_null)] = Field(
        Receivers(), examples=["{page: {url: http://127.0.0.1:9095/page}}"]
    )

    @model_validator(mode="after")
    def _can_be_kept(self) -> "Operations":
        if self.interval % timedelta(seconds=1):
            raise PydanticCustomError("span", "`interval` must be whole seconds, such as 15s")
        if self.stalled_after < _STALLED_INTERVALS * self.interval:
            raise PydanticCustomError(
                "span",
                "`stalled_after` ({stalled}) must be at least {times} times `interval` ({interval})",
                {
                    "stalled": write_span(self.stalled_after),
                    "times": _STALLED_INTERVALS,
                    "interval": write_span(self.interval),
                },
            )
        return self

    @model_validator(mode="after")
    def _can_be_seen(self) -> "Operations":
        if self.interval > SHORTEST_WINDOW / _INTERVALS_A_WINDOW:
            raise PydanticCustomError(
                "span",
                "`interval` ({interval}) must be at most {most}, a quarter of the shortest window that alerts look at "
                "({window}): with fewer scrapes in it they might never fire",
                {
                    "interval": write_span(self.interval),
                    "most": write_span(SHORTEST_WINDOW / _INTERVALS_A_WINDOW),
                    "window": write_span(SHORTEST_WINDOW),
                },
            )
        return self

    def intervals(self, count: int) -> str:
        """So many intervals, as Prometheus and Alertmanager write durations."""
        return write_span(count * self.interval)
