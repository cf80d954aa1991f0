"""The newest windows: of each channel and kind the last final one and the running one, and their figures.

stream time             v
minutes   |-----|-----|---  |
    final ^             ^ running

The window that stream time is in is running; those before it wait for late events (minutes for 10 minutes, hours and
days for 24 hours) and are on no gauge until they are final. Weeks, months, quarters and dimensions are on no gauge.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from app.kpi.levels import ALL
from app.kpi.merge import MergedWindow
from app.kpi.sketch import quantiles_ms
from app.metrics.labels import Channels

WindowState = Literal["final", "running"]
_KINDS: Final = ("minute", "hour", "day")
_QUANTILES: Final = (0.5, 0.95)
_Slot = tuple[str, str, bool]


class WindowBoard:
    """What the merge gave, as far as it is still the newest. Empty where the merge is another worker's."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._newest: dict[_Slot, MergedWindow] = {}
        self._stream_ms = 0

    def see(self, windows: Iterable[MergedWindow], stream_ms: int) -> None:
        """New versions of windows, at the stream time of the merge."""
        self._stream_ms = stream_ms
        for window in windows:
            if window.span.kind not in _KINDS:
                continue
            # `all` would be counted twice; what has no label of its own cannot be added up to one
            if window.channel != ALL and self._channels.label(window.channel) == window.channel:
                self._keep(window)

    def _keep(self, window: MergedWindow) -> None:
        slot = window.channel, window.span.kind, window.final
        known = self._newest.get(slot)
        if known is None or known.span.start_ms <= window.span.start_ms:
            self._newest[slot] = window

    def forget(self) -> None:
        """The merge is no longer ours."""
        self._newest.clear()

    def newest(self) -> tuple[MergedWindow, ...]:
        """The last final and the running windows."""
        return tuple(window for window in self._newest.values() if window.final or window.end_ms > self._stream_ms)


class WindowFigures(NamedTuple):
    """What gauges say of one window."""

    channel: str
    kind: str
    state: WindowState
    end_ms: int
    counts: dict[str, int]
    """By measure, labels added up; only what there is."""
    samples: dict[str, int]
    quantiles_ms: dict[str, tuple[float, ...]]
    """By duration: the values of `catalogue.WINDOW_QUANTILES`."""
    attainment: dict[str, float]
    """By SLA metric, over all policies and versions."""


def figures_of(window: MergedWindow) -> WindowFigures:
    """The figures of a window. Not cheap: quantiles are read from sketches."""
    spreads = {name: spread for name, spread in window.cell.durations.items() if spread.count > 0}
    return WindowFigures(
        window.channel,
        window.span.kind,
        "final" if window.final else "running",
        window.end_ms,
        _counts(window.cell.counts),
        {name: spread.count for name, spread in spreads.items()},
        {name: tuple(quantiles_ms(spread.sketch, _QUANTILES)) for name, spread in spreads.items()},
        _attainment(window.cell.counts),
    )


def _counts(counts: dict[str, int]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for measure, count in counts.items():
        name = measure.partition("|")[0]
        summed[name] = summed.get(name, 0) + count
    return summed


def _attainment(counts: dict[str, int]) -> dict[str, float]:
    met: dict[str, int] = {}
    judged: dict[str, int] = {}
    for measure, count in counts.items():
        if measure.startswith("sla|"):
            metric, outcome = measure.rsplit("|", 2)[1:]
            if outcome in ("met", "breached"):
                judged[metric] = judged.get(metric, 0) + count
                met[metric] = met.get(metric, 0) + count * (outcome == "met")
    return {metric: met[metric] / of for metric, of in judged.items() if of > 0}
