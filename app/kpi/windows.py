"""Windows of one partition: which windows an instant belongs to, what each holds, and when it can no longer change.

Theory of operation
===================
Windows are half-open and aligned: minutes and hours in UTC, days in the reporting zone (23 or 25 hours long when clocks change). A window is
*open* until stream time has passed its end by its lateness (10 minutes for minutes, 24 hours for hours and days); then it is *final*: the
cell is forgotten, and what would still belong to it is counted as late.

                 10:00       10:01                            10:11
    minute 10:00   |--- fills --|--- late events still count ---|  final from here on

Whether a window is final depends on the time reached when a figure arises, not on when cells are written: so nothing depends on batching.
Figures first gather by minute (`Gathering`), three cells less to touch for each; `roll` moves them into minutes, hours and days.

Figures of a dimension (`agent:anna` in place of the channel) stand beside those of the channel: they have no minutes, are not told as late,
where each figure counts once, and to flow metrics only where somebody asks for that dimension.
"""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from app.kpi.aggregate import Cell, Slowest, Spread
from app.kpi.effects import Effects
from app.kpi.instants import HOUR_MS, LATE_LIMIT_MS, MINUTE_MS
from app.kpi.measures import apart, parts_of

LATENESS_MS: Final = {"minute": 10 * MINUTE_MS, "hour": LATE_LIMIT_MS, "day": LATE_LIMIT_MS}
"""How long after its end a window stays open."""
_FRESH_MS: Final = MINUTE_MS + LATENESS_MS["minute"]
DIMENSION_SIGN: Final = ":"
"""In the name of an agent, team, topic or tag; never in that of a channel."""
_SLOWEST_OF: Final = "response"
"""The duration of which windows of a dimension keep the slowest sample."""


class Window(NamedTuple):
    """One channel's window. A day keeps its end: the reporting zone may be another one by then."""

    channel: str
    kind: str
    start_ms: int
    end_ms: int

    @property
    def final_from_ms(self) -> int:
        """It is final when stream time is past this."""
        return self.end_ms + LATENESS_MS[self.kind]


class Days:
    """Where days begin and end in the reporting zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._by_minute: dict[int, tuple[int, int]] = {}
        self._kept: dict[int, int] = {}

    def keep(self, start_ms: int, end_ms: int) -> None:
        """A day that has begun, in this zone or another one: it ends where it was to end, for two windows of one start could not be told apart."""
        self._kept[start_ms] = end_ms

    def around(self, at_ms: int) -> tuple[int, int]:
        """(start, end) of the day that an instant falls in. Looked up by minute: no zone's day begins elsewhere."""
        minute = at_ms // MINUTE_MS
        known = self._by_minute.get(minute)
        if known is None:
            if len(self._by_minute) > 100_000:
                self._by_minute.clear()
            start_ms, end_ms = self._compute(minute * MINUTE_MS)
            known = self._by_minute[minute] = start_ms, self._kept.get(start_ms, end_ms)
        return known

    def _compute(self, at_ms: int) -> tuple[int, int]:
        day = datetime.fromtimestamp(at_ms / 1000, self._zone).date()
        start_ms, end_ms = self.midnight_ms(day), self.midnight_ms(day + timedelta(days=1))
        if at_ms < end_ms:
            return start_ms, end_ms
        # clocks were set back over midnight: the evening that comes again belongs to the day that had begun
        return end_ms, self.midnight_ms(day + timedelta(days=2))

    def midnight_ms(self, day: date) -> int:
        """Where a date begins."""
        return int(datetime.combine(day, time(), self._zone).timestamp() * 1000)


class Gathering:
    """Figures of one (channel, minute) since the last roll: counts, and durations as plain lists."""

    __slots__ = ("counts", "durations", "first_reply_ms", "slowest")

    def __init__(self) -> None:
        self.counts: defaultdict[str, int] = defaultdict(int)
        self.durations: defaultdict[str, list[int]] = defaultdict(list)
        self.slowest: Slowest | None = None
        self.first_reply_ms: int | None = None

    def cell(self) -> Cell:
        """The same as a cell; figures that arose together come apart."""
        cell = Cell(first_reply_ms=self.first_reply_ms)
        for measure, count in apart(self.counts):
            if count:
                cell.counts[measure] = cell.counts.get(measure, 0) + count
        for name, durations_ms in self.durations.items():
            spread = Spread()
            spread.add_samples(durations_ms)
            for measure in parts_of(name):
                cell.durations.setdefault(measure, Spread()).add(spread)
        if self.slowest is not None:
            cell.slowest[_SLOWEST_OF] = self.slowest
        return cell

    def note_slowest(self, duration_ms: int, ticket_id: str) -> None:
        """As `Cell.note_slowest`."""
        known = self.slowest
        if known is None or (-duration_ms, ticket_id) < (-known[0], known[1]):
            self.slowest = duration_ms, ticket_id


_NOWHERE: Final = Gathering()
"""Stays empty."""
_Slot = tuple[str, int]
_Gatherings = dict[_Slot, Gathering]
_ByOpen = tuple[_Gatherings, _Gatherings, _Gatherings, _Gatherings]


class Windows:
    """The open windows of one partition. `told`: dimensions, such as agent, whose figures `roll` returns too."""

    def __init__(self, zone: str, told: frozenset[str] = frozenset()) -> None:
        self.days = Days(zone)
        self._told = told
        self.cells: dict[Window, Cell] = {}
        self.changed: dict[Window, None] = {}
        self.late = 0
        # By which kinds are still open (`_KINDS`); and the same for what revisions take out.
        self._gathered: _ByOpen = ({}, {}, {}, {})
        self._removed: _ByOpen = ({}, {}, {}, {})

    def load(self, window: Window, cell: Cell | None) -> None:
        """Take a window as it was stored; None: it is gone."""
        if cell is None:
            self.cells.pop(window, None)
            return
        self.cells[window] = cell
        if window.kind == "day":
            self.days.keep(window.start_ms, window.end_ms)

    def add(self, effects: Effects, now_ms: int, ticket_id: str = "") -> None:
        """Count effects of a ticket that arise at stream time `now_ms`."""
        fresh, oldest_ms = self._gathered[0], now_ms - _FRESH_MS
        # The figures of one event mostly share instant and channel
        last_ms, last_channel, is_late, into = -1, "", False, _NOWHERE
        for at_ms, channel, measure in effects.counts:
            if at_ms != last_ms or channel is not last_channel:
                last_ms, last_channel = at_ms, channel
                minute_ms = at_ms - at_ms % MINUTE_MS
                is_late = minute_ms < oldest_ms
                into = (not is_late and fresh.get((channel, minute_ms))) or self._into(channel, minute_ms, now_ms)
            if is_late:
                self._count_late(channel, measure)
            into.counts[measure] += 1
        for at_ms, channel, measure, duration_ms, _, _ in effects.durations:
            if at_ms != last_ms or channel is not last_channel:
                last_ms, last_channel = at_ms, channel
                minute_ms = at_ms - at_ms % MINUTE_MS
                is_late = minute_ms < oldest_ms
                into = (not is_late and fresh.get((channel, minute_ms))) or self._into(channel, minute_ms, now_ms)
            if is_late:
                self._count_late(channel, measure)
            into.durations[measure].append(duration_ms)
            if DIMENSION_SIGN in channel and _SLOWEST_OF in parts_of(measure):
                into.note_slowest(duration_ms, ticket_id)
        for at_ms, channel, measure, amount in effects.amounts:
            minute_ms = at_ms - at_ms % MINUTE_MS
            if minute_ms < oldest_ms:
                self._count_late(channel, measure)
            self._into(channel, minute_ms, now_ms).counts[measure] += amount
        for at_ms, name in effects.human_replies:
            if name:
                into = self._into(name, at_ms - at_ms % MINUTE_MS, now_ms)
                into.first_reply_ms = min(at_ms, into.first_reply_ms or at_ms)
        if effects.removed_counts or effects.removed_durations or effects.removed_amounts:
            self._remove(effects, now_ms)

    def _into(self, channel: str, minute_ms: int, now_ms: int) -> Gathering:
        """Where a figure of that minute gathers. Where all its windows are final, nobody asks what becomes of it."""
        slots = self._slots(self._gathered, minute_ms, now_ms)
        return Gathering() if slots is None else _gather(slots, channel, minute_ms)

    def _count_late(self, channel: str, measure: str) -> None:
        if DIMENSION_SIGN not in channel:
            self.late += len(parts_of(measure))

    def _remove(self, effects: Effects, now_ms: int) -> None:
        for at_ms, channel, measure in effects.removed_counts:
            gathering = self._removing(at_ms, channel, now_ms)
            if gathering is not None:
                gathering.counts[measure] += 1
        for at_ms, channel, measure, duration_ms, _, _ in effects.removed_durations:
            gathering = self._removing(at_ms, channel, now_ms)
            if gathering is not None:
                gathering.durations[measure].append(duration_ms)
        for at_ms, channel, measure, amount in effects.removed_amounts:
            gathering = self._removing(at_ms, channel, now_ms)
            if gathering is not None:
                gathering.counts[measure] += amount

    def _removing(self, at_ms: int, channel: str, now_ms: int) -> Gathering | None:
        """Where a figure that is taken out gathers; None if all its windows are final."""
        minute_ms = at_ms - at_ms % MINUTE_MS
        slots = self._slots(self._removed, minute_ms, now_ms)
        self.late += slots is not self._removed[0] and DIMENSION_SIGN not in channel
        return None if slots is None else _gather(slots, channel, minute_ms)

    def _slots(self, by_open: _ByOpen, minute_ms: int, now_ms: int) -> _Gatherings | None:
        """Where a figure of that minute gathers, by which of its windows are still open; None if all are final."""
        if now_ms <= minute_ms + _FRESH_MS:
            return by_open[0]
        hour_is_open = now_ms <= minute_ms - minute_ms % HOUR_MS + HOUR_MS + LATENESS_MS["hour"]
        if now_ms <= self.days.around(minute_ms)[1] + LATENESS_MS["day"]:
            return by_open[1 if hour_is_open else 2]
        return by_open[3] if hour_is_open else None

    def size(self) -> int:
        """How many windows the next `roll` touches, at most."""
        return sum(len(kinds) * len(slots) for kinds, slots in zip(_KINDS, self._gathered, strict=True)) + len(
            self.changed
        )

    def roll(self) -> list[tuple[str, Gathering]]:
        """Move what gathered into minutes, hours and days. Returns (channel, figures) of what was added, for flow metrics."""
        added: list[tuple[str, Gathering]] = []
        for kinds, slots in zip(_KINDS, self._gathered, strict=True):
            for slot, gathering in slots.items():
                self._pour(slot, gathering, kinds, 1)
                kind, is_dimension, _ = slot[0].partition(DIMENSION_SIGN)
                if not is_dimension or kind in self._told:
                    added.append((slot[0], gathering))
        for kinds, slots in zip(_KINDS, self._removed, strict=True):
            for slot, gathering in slots.items():
                self._pour(slot, gathering, kinds, -1)
        self._gathered, self._removed = ({}, {}, {}, {}), ({}, {}, {}, {})
        return added

    def _pour(self, slot: _Slot, gathering: Gathering, kinds: tuple[str, ...], sign: int) -> None:
        channel, minute_ms = slot
        cell = gathering.cell()
        if kinds[0] == "minute" and DIMENSION_SIGN in channel:
            kinds = kinds[1:]
        for kind in kinds:
            window = self.window(channel, kind, minute_ms)
            into = self.cells.get(window)
            if into is None:
                into = self.cells[window] = Cell()
            into.add(cell, sign)
            self.changed[window] = None

    def window(self, channel: str, kind: str, minute_ms: int) -> Window:
        """The channel's window of a kind that a minute is in."""
        if kind == "day":
            return Window(channel, kind, *self.days.around(minute_ms))
        length_ms = MINUTE_MS if kind == "minute" else HOUR_MS
        start_ms = minute_ms - minute_ms % length_ms
        return Window(channel, kind, start_ms, start_ms + length_ms)

    def close(self, now_ms: int) -> tuple[list[Window], list[tuple[Window, Cell]]]:
        """Forget the windows that are final at `now_ms`: (all of them, those that changed and were not told). Call after `roll`."""
        final = [window for window in self.cells if now_ms > window.final_from_ms]
        untold = [(window, self.cells[window]) for window in final if window in self.changed]
        for window in final:
            self.changed.pop(window, None)
            del self.cells[window]
        return final, untold


_KINDS: Final = (("minute", "hour", "day"), ("hour", "day"), ("day",), ("hour",))
"""Which windows can be open together. The last: in zones whose days begin within an hour of UTC."""


def _gather(slots: _Gatherings, channel: str, minute_ms: int) -> Gathering:
    gathering = slots.get((channel, minute_ms))
    if gathering is None:
        gathering = slots[channel, minute_ms] = Gathering()
    return gathering
